package imapcheck

import (
	"errors"
	"testing"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// play begins a session with a server that follows a script. The test fails
// where the client does not follow it, too.
func play(t *testing.T, script string) *Session {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: transcript, Authority: authority}
	played := make(chan error, 1)
	socket, err := server.Dial(t.Context(), played)
	if err != nil {
		t.Fatal(err)
	}
	conn := wire.NewConn(t.Context(), socket, &wire.Transcript{})
	t.Cleanup(func() {
		_ = conn.Close()
		if err := <-played; err != nil {
			t.Error(err)
		}
	})
	return NewSession(conn)
}

// greeted is play after a greeting with these capabilities.
func greeted(t *testing.T, capabilities, script string) *Session {
	t.Helper()
	s := play(t, "S: * OK [CAPABILITY "+capabilities+"] ready\n"+script)
	if _, err := s.Greeting(); err != nil {
		t.Fatal(err)
	}
	return s
}

func isProtocolError(err error) bool {
	var fault *ProtocolError
	return errors.As(err, &fault)
}
