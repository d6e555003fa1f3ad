package smtpcheck_test

import (
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
)

func TestSessions(t *testing.T) { probetest.Sessions(t, smtpcheck.Kind(), "testdata") }
