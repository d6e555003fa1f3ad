package smtpcheck

import (
	"slices"
	"sync"

	"mailprobe/probe"
	"mailprobe/transport"
)

// causes are what a row of the table means.
type causes = []*probe.Cause

// table is what the refusals of SMTP and LMTP servers mean: first what words say
// beyond doubt, group by group, then what is left to the enhanced status codes, the
// reply codes and the steps. Its last row is for every refusal.
var table = sync.OnceValue(func() transport.Table {
	return slices.Concat(partRows, becauseRows, greylistRows, misfitRows, authRows, loginRows, limitRows, vouchingRows, formRows,
		storageRows, nameRows, serverRows, hostRows, senderRows, recipientRows, messageRows, delayRows, enhancedRows, codeRows)
})
