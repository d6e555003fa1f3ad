package history

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a clock that tests set.
type clock struct{ ms atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.ms.Store(t.UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// outbox returns a store with one notification.
func outbox(t *testing.T) (*Store, *clock, string) {
	t.Helper()
	c := newClock(begin)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	n := Notification{ID: NotificationID("mail", "mx"), Notifier: "mail", Payload: []byte("it is down"), Created: begin}
	for range 2 { // the same thing decided twice is one notification
		if err := s.Commit(t.Context(), Batch{Notifications: []Notification{n}}); err != nil {
			t.Fatal(err)
		}
	}
	return s, c, n.ID
}

func pending(t *testing.T, s *Store) []Notification {
	t.Helper()
	all, err := s.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func claim(t *testing.T, s *Store, id string) Claim {
	t.Helper()
	c, ok, err := s.Claim(t.Context(), id, time.Minute)
	if !ok || err != nil {
		t.Fatalf("the claim: %t, %v", ok, err)
	}
	return c
}

func TestSentOnce(t *testing.T) {
	s, now, id := outbox(t)
	if all := pending(t, s); len(all) != 1 || string(all[0].Payload) != "it is down" || all[0].Doubt {
		t.Fatalf("pending: %+v", all)
	}
	c := claim(t, s, id)
	if _, ok, err := s.Claim(t.Context(), id, time.Minute); ok || err != nil {
		t.Errorf("it can be claimed twice: %v", err)
	}
	if err := errors.Join(s.HandOver(t.Context(), c), s.Sent(t.Context(), c)); err != nil {
		t.Error(err)
	}
	now.advance(time.Hour)
	if _, ok, _ := s.Claim(t.Context(), id, time.Minute); ok || len(pending(t, s)) > 0 {
		t.Error("what was sent is pending again")
	}
	again := Notification{ID: id, Notifier: "mail", Created: now.now()}
	if err := s.Commit(t.Context(), Batch{Notifications: []Notification{again}}); err != nil || len(pending(t, s)) > 0 {
		t.Errorf("what was sent is pending when it is written again: %v", err)
	}
}

// TestClaimEnds: a process slower than its lease must not send.
func TestClaimEnds(t *testing.T) {
	s, now, id := outbox(t)
	slow := claim(t, s, id)
	now.advance(2 * time.Minute)
	fast := claim(t, s, id)
	for name, err := range map[string]error{
		"hand over": s.HandOver(t.Context(), slow), "sent": s.Sent(t.Context(), slow),
		"failed": s.Failed(t.Context(), slow, errors.New("slow"), time.Time{}), "drop": s.Drop(t.Context(), slow, errors.New("slow")),
	} {
		if !errors.Is(err, ErrLost) {
			t.Errorf("%s after the end of the claim: %v", name, err)
		}
	}
	if err := s.HandOver(t.Context(), fast); err != nil {
		t.Error(err)
	}
}

func TestFailedIsTriedAgain(t *testing.T) {
	s, now, id := outbox(t)
	c := claim(t, s, id)
	if err := errors.Join(s.HandOver(t.Context(), c), s.Failed(t.Context(), c, errors.New("451 try later"), now.now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if len(pending(t, s)) > 0 {
		t.Error("it is tried before it is due")
	}
	now.advance(time.Hour)
	all := pending(t, s)
	if len(all) != 1 || all[0].Error != "451 try later" || all[0].Attempts != 1 || all[0].Doubt {
		t.Errorf("pending: %+v", all)
	}
	c = claim(t, s, id)
	if err := s.Drop(t.Context(), c, errors.New("gone")); err != nil || len(pending(t, s)) > 0 {
		t.Errorf("what was dropped is pending: %v", err)
	}
}

// TestDoubt: only the death between HandOver and Sent sets Doubt, and a later failure does
// not clear it.
func TestDoubt(t *testing.T) {
	s, now, id := outbox(t)
	claim(t, s, id) // the process ends here
	now.advance(2 * time.Minute)
	if all := pending(t, s); len(all) != 1 || all[0].Doubt {
		t.Fatalf("after an end before the hand-over: %+v", all)
	}
	if err := s.HandOver(t.Context(), claim(t, s, id)); err != nil { // and here the next one
		t.Fatal(err)
	}
	now.advance(2 * time.Minute)
	if all := pending(t, s); len(all) != 1 || !all[0].Doubt {
		t.Fatalf("after an end behind the hand-over: %+v", all)
	}
	if err := s.Failed(t.Context(), claim(t, s, id), errors.New("refused"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if all := pending(t, s); len(all) != 1 || !all[0].Doubt || all[0].ID != id {
		t.Errorf("after a failure: %+v", all)
	}
}

// TestOneClaims: of several that claim a notification, one gets it.
func TestOneClaims(t *testing.T) {
	s, _, id := outbox(t)
	var won atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, ok, err := s.Claim(t.Context(), id, time.Minute); err != nil {
				t.Error(err)
			} else if ok {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d have it", won.Load())
	}
}
