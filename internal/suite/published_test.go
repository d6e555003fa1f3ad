package suite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// TestPublished: a record that has changed is announced once, with what it was and what
// it is. A run that did not see it says nothing of it and forgets nothing.
func TestPublished(t *testing.T) {
	const unseen = ""
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return now }}
	o.Store = openHistory(t, o.Now)
	record := ""
	f := &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
		return r.Run("look", func(s *probe.Step) error {
			s.Learn(probe.Text("ttl", now.String()))
			if record == unseen {
				return probe.Because(causeFull.As(probe.Unknown), errors.New("no answer"))
			}
			s.Learn(probe.Text("spf", record).As(probe.Published))
			return nil
		})
	}}
	out := filepath.Join(t.TempDir(), "messages")
	s := "checks: [{name: a, kind: fake, target: x}]\nnotify: {command: cat >> " + out + "}"
	var changes []string
	var begun []time.Time
	for _, record = range []string{"one", "one", "two", unseen, "two", unseen, "one", "one", "two"} {
		for _, e := range run(t, f.parse(t, s), o).Events {
			if e.Kind != notify.Published || len(e.Changes) != 1 || e.Status != probe.OK {
				t.Errorf("%+v", e)
				continue
			}
			begun = append(begun, e.Result.Start)
			changes = append(changes, e.Changes[0].Was+">"+e.Changes[0].Now)
			if text := e.Text(); !strings.Contains(text, "CHANGED  a: spf changed") || !strings.Contains(text, "was       "+e.Changes[0].Was) {
				t.Error(text)
			}
		}
		now = now.Add(time.Hour)
	}
	if got := strings.Join(changes, " "); got != "one>two two>one one>two" {
		t.Errorf("announced was %s", got)
	}
	if sent, err := os.ReadFile(out); err != nil || strings.Count(string(sent), "\n") != 3 || !strings.Contains(string(sent), `"changes":[{"name":"spf","was":"one","now":"two"}]`) {
		t.Errorf("sent was %s, %v", sent, err)
	}
	// Results with changes are stored in full, although all were OK within hours.
	for _, at := range begun {
		if all, err := o.Store.At(t.Context(), "a", at); err != nil || len(all) != 1 || !all[0].Whole {
			t.Errorf("%+v, %v", all, err)
		}
	}
}

// TestPublishedWithFailure: a failure that is announced in the same run has the changes,
// so that there is one message.
func TestPublishedWithFailure(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return now }}
	o.Store = openHistory(t, o.Now)
	record := "good"
	f := &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
		return r.Run("look", func(s *probe.Step) error {
			s.Learn(probe.Text("spf", record).As(probe.Published))
			if record == "bad" {
				return probe.Because(causeFull, errors.New("bad record"))
			}
			return nil
		})
	}}
	var events []notify.Event
	for _, record = range []string{"good", "bad"} {
		events = run(t, f.parse(t, "checks: [{name: a, kind: fake, target: x, alert_after: 1}]"), o).Events
		now = now.Add(time.Hour)
	}
	if len(events) != 1 || events[0].Kind != notify.Failure || len(events[0].Changes) != 1 || !strings.Contains(events[0].Text(), "was       good") {
		t.Errorf("%+v", events)
	}
}
