package smtpcheck

import (
	"slices"
	"sync"

	"mailprobe/probe"
	"mailprobe/transport"
)

// causes are what a row of the table means.
type causes = []*probe.Cause

// table says what refusals of SMTP and LMTP servers mean: first by unambiguous words,
// group by group, then by enhanced status codes, reply codes and steps. Its last row
// matches every refusal.
var table = sync.OnceValue(func() transport.Table {
	return slices.Concat(partRows, becauseRows, greylistRows, misfitRows, authRows, loginRows, limitRows, vouchingRows, formRows,
		storageRows, nameRows, serverRows, hostRows, senderRows, recipientRows, messageRows, delayRows, enhancedRows, codeRows)
})
