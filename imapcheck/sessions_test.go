package imapcheck_test

import (
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/probe/probetest"
)

func TestSessions(t *testing.T) {
	probetest.Sessions(t, imapcheck.Kind(), "testdata")
}
