package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mailprobe/internal/notify"
	"mailprobe/probe"
	"mailprobe/wire"
)

// TestMessageSchema: what notifiers send is what the schema says, for every kind of
// event.
func TestMessageSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../notify/message.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	messages := everyEvent(t)
	for _, word := range notify.EventKinds() {
		if !strings.Contains(messages, `"event":"`+string(word)+`"`) {
			t.Errorf("no message tells of a %s", word)
		}
	}
	for line := range strings.Lines(messages) {
		if err := valid(line); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		for from, to := range map[string]string{`"id":`: `"key":`, `"at":"`: `"at":"about `, `"status":"`: `"status":"very `, `"incident":`: `"trouble":`} {
			if from == `"incident":` && strings.Contains(line, `"event":"published"`) { // of no incident
				continue
			}
			if wrong := strings.Replace(line, from, to, 1); wrong == line || valid(wrong) == nil {
				t.Errorf("the schema takes %s for %s", to, from)
			}
		}
	}
}

// everyEvent are the messages that a command gets while a check becomes worse,
// better and well again, one a line.
func everyEvent(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "messages")
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return now }, Remind: 10 * time.Minute}
	o.Store = openHistory(t, o.Now)
	denied := &probe.Cause{Name: "denied", Blame: probe.BlameSender, Status: probe.Critical}
	var cause *probe.Cause
	runs := 0
	f := failing(func(int, *probe.Result) error {
		if cause == nil {
			return nil
		}
		return probe.Because(cause, errors.New("no"), &probe.Cause{Name: "or-this"})
	})
	check := f.check
	f.check = func(ctx context.Context, host string, r *probe.Result) error {
		r.Transcript.Record(wire.Server, "220 mx <ESMTP>")
		_ = r.Run("greeting", func(s *probe.Step) error {
			s.Fix = []string{"example.org. IN TXT \"v=spf1 -all\""}
			s.Learn(probe.Text("spf", fmt.Sprintf("record %d", runs/8)).As(probe.Published))
			return nil
		})
		runs++
		return check(ctx, host, r)
	}
	file := "defaults: {alert_after: 1, tags: [a]}\nchecks: [{name: a, kind: fake, target: x}]\ntitle: t\nnotify: {command: cat >> " + out + "}"
	warning := causeFull.As(probe.Warning)
	for _, cause = range []*probe.Cause{warning, causeFull, causeFull, causeFull, denied, warning, nil, nil, nil} {
		if r := run(t, f.parse(t, file), o); len(r.Problems) > 0 {
			t.Fatal(r.Problems)
		}
		now = now.Add(5 * time.Minute)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEventText: what is reported says why, and in plain words who has to act.
func TestEventText(t *testing.T) {
	texts := map[notify.EventKind]string{}
	for line := range strings.Lines(everyEvent(t)) {
		m, err := readMessage(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		texts[m.Events[0].Kind] = m.Subject + "\n" + m.Text
		if e := m.Events[0]; (e.Cause == "") != (e.Kind == notify.Recovery || e.Kind == notify.Published) || e.Cause != "" && (e.Blame == "" || len(e.Causes) != 1) {
			t.Errorf("%s has the cause %q, blame %q, causes %q", e.Kind, e.Cause, e.Blame, e.Causes)
		}
	}
	for kind, lines := range map[notify.EventKind][]string{
		notify.Failure: {"    cause     full, or or-this\n", "    who acts  the server's administrator\n",
			"    to publish (replaces the records of the same name and type):\n        example.org. IN TXT \"v=spf1 -all\"\n"},
		notify.Changed: {"CRITICAL (changed) a: look: no\n", "    cause     denied, or or-this\n",
			"    who acts  this side: the command line, or the host that mailprobe runs on\n", "    before    CRITICAL: look: no\n"},
	} {
		for _, want := range lines {
			if !strings.Contains(texts[kind], want) {
				t.Errorf("%s lacks %q:\n%s", kind, want, texts[kind])
			}
		}
	}
	if strings.Contains(texts[notify.Recovery], "who acts") {
		t.Errorf("nobody has to act any more:\n%s", texts[notify.Recovery])
	}
}

// TestEventTextOnce: the headline's reason is not repeated below it, what else is wrong
// is there.
func TestEventTextOnce(t *testing.T) {
	f := &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
		_ = r.Run("greeting", func(*probe.Step) error { return probe.Because(causeFull.As(probe.Warning), errors.New("odd")) })
		return r.Run("look", func(*probe.Step) error { return probe.Because(causeFull, errors.New("no room")) })
	}}
	r := run(t, f.parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]"), Options{Store: openHistory(t, nil)})
	text := r.Announcement()
	if strings.Count(text, "no room") != 1 || !strings.Contains(text, "a: look: no room (+1 more)\n") || !strings.Contains(text, "warning   greeting: odd\n") {
		t.Error(text)
	}
}
