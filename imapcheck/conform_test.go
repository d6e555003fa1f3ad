package imapcheck_test

import (
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/probe/probetest"
)

func TestConform(t *testing.T) {
	probetest.Conform(t, imapcheck.Kind(), "--auth-without-tls", "-u", "alice", "--password-file", "$PASSWORD", "--warn=newest_age=24h", "imap.example.org")
}

func TestConformSession(t *testing.T) {
	for _, script := range []string{"whole", "auth-fallback", "search-body"} {
		probetest.ConformSession(t, imapcheck.Kind(), "testdata/"+script+".txtar")
	}
}
