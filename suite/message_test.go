package suite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mailprobe/probe"
	"mailprobe/wire"
)

// TestMessageSchema: what notifiers send is what the schema says, for every kind of
// event.
func TestMessageSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("message.schema.json")
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
	for _, word := range EventKinds() {
		if !strings.Contains(messages, `"event":"`+string(word)+`"`) {
			t.Errorf("no message tells of a %s", word)
		}
	}
	for line := range strings.Lines(messages) {
		if err := valid(line); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		for from, to := range map[string]string{`"id":`: `"key":`, `"at":"`: `"at":"about `, `"status":"`: `"status":"very `, `"incident":`: `"trouble":`} {
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
	var status probe.Status
	f := reporting(func(string) probe.Status { return status })
	check := f.check
	f.check = func(ctx context.Context, host string, r *probe.Result) error {
		r.Transcript.Record(wire.Server, "220 mx <ESMTP>")
		return check(ctx, host, r)
	}
	file := "defaults: {alert_after: 1, tags: [a]}\nchecks: [{name: a, kind: fake, target: x}]\ntitle: t\nnotify: {command: cat >> " + out + "}"
	for _, status = range []probe.Status{probe.Warning, probe.Critical, probe.Critical, probe.Critical, probe.Warning, probe.OK} {
		if r := run(t, f.parse(t, file), o); len(r.Troubles) > 0 {
			t.Fatal(r.Troubles)
		}
		now = now.Add(5 * time.Minute)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
