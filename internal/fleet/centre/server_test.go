package centre

import (
	"strings"
	"testing"
	"time"

	"mailprobe/internal/fleet"
)

// TestEarly: who comes while the centre begins finds nobody, and is not refused.
func TestEarly(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, state: t.TempDir(), url: "tls://" + freeAddress(t), checks: newChecks()}
	fingerprint, err := Fingerprint(s.state)
	if err != nil {
		t.Fatal(err)
	}
	register, err := OpenRegister(s.state)
	if err != nil {
		t.Fatal(err)
	}
	token, err := register.Invite("fra", false, fingerprint, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	joined := make(chan error, 1)
	go func() {
		err := s.connect(s.newAgent("fra"), &token)
		for err != nil && strings.Contains(err.Error(), "nothing listens") && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
			err = s.connect(s.newAgent("fra"), &token)
		}
		joined <- err
	}()
	s.open()
	if err := <-joined; err != nil {
		t.Error(err)
	}
}

// TestUnanswered: a server whose centre does not say who may connect is told from one that
// refuses.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, s *stage, fingerprint []byte) {
		t.Helper()
		token := fleet.NewToken("fra", fingerprint)
		if err := s.connect(s.newAgent("fra"), &token); err == nil || !strings.Contains(err.Error(), "the centre behind it does not say who may connect") {
			t.Errorf("it says %v", err)
		}
	}
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		s := &stage{t: t, state: t.TempDir(), url: "tls://" + freeAddress(t)}
		keys, err := loadKeys(s.state)
		if err != nil {
			t.Fatal(err)
		}
		server, err := startServer(s.state, strings.TrimPrefix(s.url, "tls://"), keys, s.warn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.stop)
		if err := server.listen(); err != nil {
			t.Fatal(err)
		}
		fingerprint, err := Fingerprint(s.state)
		if err != nil {
			t.Fatal(err)
		}
		ask(t, s, fingerprint)
	})
	t.Run("nats-server", func(t *testing.T) {
		t.Parallel()
		ask(t, newStage(t), nil)
	})
}
