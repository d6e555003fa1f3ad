package notify

import (
	"slices"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// TestFilter: a notifier receives what it asks for, each by itself if it
// says so.
func TestFilter(t *testing.T) {
	c, problems := read(t, `
notify:
  - {name: all, command: x}
  - {name: night, command: x, only: night}
  - {name: berlin, command: x, only: [berlin], on: recovery}
  - {name: bad, command: x, status: critical, each: true}
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	a, b := Origin{Words: []string{"a", "night"}}, Origin{Words: []string{"b", "berlin"}}
	run := Run{Record: &Record{}, Overview: func([]Event) string { return "" }}
	made, errs := run.Notifications(c.Notifiers, []Event{
		{Kind: Failure, Check: "a", origin: a, Status: probe.Warning, Was: probe.OK, identity: "1"},
		{Kind: Recovery, Check: "b", origin: b, Status: probe.OK, Was: probe.Critical, identity: "2"},
		{Kind: Worse, Check: "a", origin: a, Status: probe.Critical, Was: probe.Warning, identity: "3"},
	})
	if len(errs) > 0 {
		t.Error(errs)
	}
	var got []string
	ids := map[string]bool{}
	for _, n := range made {
		m, err := decode(n)
		if err != nil {
			t.Fatal(err)
		}
		words := n.Notifier
		for _, e := range m.Events {
			words += " " + string(e.Kind)
		}
		got = append(got, words)
		ids[n.ID] = true
	}
	if want := []string{"all failure recovery worse", "night failure worse", "berlin recovery", "bad worse", "bad recovery"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if len(ids) != len(got) {
		t.Error("identifiers are not unique")
	}
}

// TestIdentity: what is reported again after the states could not be written has the same
// identifier; another change of the same check has another.
func TestIdentity(t *testing.T) {
	ids := map[string]string{}
	told := func(what string, old history.State, now probe.Status, at time.Time) string {
		from := Origin{File: "/checks.yaml", Check: "a"}
		kind := map[bool]EventKind{true: Recovery, false: Failure}[now == probe.OK]
		id := NewEvent(kind, from, &probe.Result{Status: now}, old, history.State{Status: now, Since: at, LastRun: at}).identity
		if was := ids[id]; was != "" && was != what {
			t.Errorf("%s is taken for %s", what, was)
		}
		ids[id] = what
		return id
	}
	at := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	well := history.State{Status: probe.OK, Since: at, LastRun: at}
	if told("down", well, probe.Critical, at.Add(time.Hour)) != told("down", well, probe.Critical, at.Add(2*time.Hour)) {
		t.Error("the same failure seen by two runs has two identifiers")
	}
	told("warning", well, probe.Warning, at.Add(time.Hour))
	down := history.State{Status: probe.Critical, Since: at.Add(time.Hour), LastRun: at.Add(time.Hour), Announced: at.Add(time.Hour)}
	told("up", down, probe.OK, at.Add(3*time.Hour))
	again := history.State{Status: probe.OK, Since: at.Add(3 * time.Hour), LastRun: at.Add(3 * time.Hour), Announced: at.Add(3 * time.Hour)}
	told("down again", again, probe.Critical, at.Add(4*time.Hour))
}
