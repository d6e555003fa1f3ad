package smtpcheck_test

import (
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
)

func TestSessions(t *testing.T) { probetest.Sessions(t, smtpcheck.Kind(), "testdata") }

func TestConform(t *testing.T) {
	probetest.Conform(t, smtpcheck.Kind(), "--tls=auto", "-u", "alice", "--password-file", "$PASSWORD", "--ca-file", "$CA", "-t", "bob@example.org", "mx.example.org")
}

func TestConformInSession(t *testing.T) {
	for _, name := range []string{"starttls-envelope", "auth-login", "auth-fallback", "lmtp", "pipeline"} {
		t.Run(name, func(t *testing.T) {
			probetest.ConformSession(t, smtpcheck.Kind(), "testdata/"+name+".txtar")
		})
	}
}
