package pop3check

import (
	"testing"

	"mailprobe/probe/probetest"
)

// play begins a session with a server that follows a script. The test fails
// where the client does not follow it, too.
func play(t *testing.T, script string) *Session {
	t.Helper()
	return NewSession(probetest.Play(t, script))
}

// greeted is play after the greeting "+OK ready".
func greeted(t *testing.T, script string) *Session {
	t.Helper()
	s := play(t, "S: +OK ready\n"+script)
	if _, err := s.Greeting(); err != nil {
		t.Fatal(err)
	}
	return s
}
