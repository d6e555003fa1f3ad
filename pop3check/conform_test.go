package pop3check_test

import (
	"testing"

	"mailprobe/pop3check"
	"mailprobe/probe/probetest"
)

func TestConform(t *testing.T) {
	probetest.Conform(t, pop3check.Kind(), "--auth-without-tls", "-u", "alice", "--password-file", "$PASSWORD", "--retrieve=latest", "--warn=newest_age=24h", "pop.example.org")
}

func TestConformSession(t *testing.T) {
	for _, script := range []string{"whole", "auth-fallback", "search-pipelined"} {
		probetest.ConformSession(t, pop3check.Kind(), "testdata/"+script+".txtar")
	}
}
