package pop3check_test

import (
	"testing"

	"mailprobe/pop3check"
	"mailprobe/probe/probetest"
)

func TestSessions(t *testing.T) {
	probetest.Sessions(t, pop3check.Kind(), "testdata")
}
