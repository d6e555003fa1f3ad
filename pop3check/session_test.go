package pop3check

import (
	"bytes"
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"mailprobe/transport"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

func isProtocolError(err error) bool {
	var fault *ProtocolError
	return errors.As(err, &fault)
}

// A session as a mail program has it, with the verbs that the check does not use.
func TestSessionThatDeletes(t *testing.T) {
	s := greeted(t, `
C: USER alice
S: +OK
C: PASS ***
S: +OK
C: DELE 1
S: +OK deleted
C: DELE 1
S: -ERR already deleted
C: RSET
S: +OK
C: NOOP
S: +OK
C: DELE 2
S: +OK
C: QUIT
S: +OK gone
`)
	var got []string
	for _, verb := range []func() (Reply, error){
		func() (Reply, error) { return s.User("alice") },
		func() (Reply, error) { return s.Pass("secret") },
		func() (Reply, error) { return s.Dele(1) },
		func() (Reply, error) { return s.Dele(1) },
		s.Rset,
		s.Noop,
		func() (Reply, error) { return s.Dele(2) },
		s.Quit,
	} {
		reply, err := verb()
		if reply.OK != (err == nil) || err != nil && !transport.IsRefusal(err) {
			t.Errorf("%+v with error %v", reply, err)
		}
		got = append(got, reply.Line)
	}
	want := "+OK|+OK|+OK deleted|-ERR already deleted|+OK|+OK|+OK|+OK gone"
	if strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestPasswordIsNotRecorded(t *testing.T) {
	s := greeted(t, "C: USER alice\nS: +OK\nC: PASS correct horse\nS: -ERR not Correct Horse\n")
	_, _ = s.User("alice")
	_, err := s.Pass("correct horse")
	if !transport.IsRefusal(err) {
		t.Fatal(err)
	}
	var recorded bytes.Buffer
	_, _ = s.Conn.Transcript.WriteTo(&recorded)
	if strings.Contains(strings.ToLower(recorded.String()), "horse") {
		t.Errorf("the transcript has the password:\n%s", &recorded)
	}
}

func TestSTLS(t *testing.T) {
	s := greeted(t, `
C: CAPA
S: +OK
S: SASL PLAIN
S: .
C: STLS
S: +OK
* starttls
C: USER alice
S: +OK
C: PASS ***
S: +OK
`)
	if _, err := s.Capa(); err != nil || !s.offered.Has(TagSASL) {
		t.Fatal(s.offered, err)
	}
	if _, err := s.STLS(); err != nil {
		t.Fatal(err)
	}
	if s.offered != nil {
		t.Errorf("after STLS there still is %v", s.offered)
	}
	if err := s.Conn.StartTLS(&tls.Config{ServerName: wiretest.HostName, InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	_, _ = s.User("alice")
	if _, err := s.Pass("secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.STLS(); !errors.Is(err, ErrLoggedIn) {
		t.Errorf("STLS after the login: %v", err)
	}
}

// After a broken answer nothing may be asked, because the rest of it would be
// taken for the next one.
func TestOutOfStep(t *testing.T) {
	s := greeted(t, "C: USER alice\nS: +OK\nS: +OK twice\nC: QUIT\n")
	if _, err := s.User("alice"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(); !isProtocolError(err) {
		t.Errorf("STAT after one answer too many: %v", err)
	}
	if _, err := s.Stat(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("STAT after that: %v", err)
	}
	if _, err := s.Quit(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("QUIT: %v", err)
	}
}

func TestNothingIsAskedBeforeTheGreeting(t *testing.T) {
	s := play(t, "* close\n")
	if _, err := s.Capa(); !errors.Is(err, transport.ErrOwed) {
		t.Error(err)
	}
}

func TestInput(t *testing.T) {
	s := greeted(t, "C: QUIT\nS: +OK\n")
	for _, name := range []string{"a\r\nDELE 1", "a\nb", "a\x00b"} {
		if _, err := s.User(name); !errors.Is(err, wire.ErrInput) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Quit(); err != nil {
		t.Error("after refused input:", err)
	}
}
