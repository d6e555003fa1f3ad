package probe

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func glanceResult() *Result {
	v := 1.5
	return &Result{Name: "first", Check: "smtp", Target: "mx.example.org", Address: "192.0.2.1:25", Start: time.Date(2026, 11, 29, 12, 0, 0, 5, time.UTC),
		Elapsed: time.Second, Status: Warning, Summary: `a "quoted" \ text`, Cause: &Cause{Name: "usage", Blame: BlameSender}, Also: []*Cause{CauseUsage}, Refused: true, Request: &Request{"smtp://mx", "abc", 2},
		Steps: []Step{{Name: "look", Status: OK, Detail: "d", Hint: "h", Item: "hop", Address: "192.0.2.1", Group: "g", Fix: []string{"a", "b"},
			Facts: []Fact{{Name: "n", Text: "t", Value: &v, Unit: Seconds, Role: Label, Status: OK}}}, {Name: "other"}}}
}

// TestGlance: a glance tells the same as reading the whole, and everything that is not in the
// form of a result takes the long way.
func TestGlance(t *testing.T) {
	text, err := glanceResult().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if g, ok := GlanceAt(text); !ok || g != (Glance{"smtp", Warning}) {
		t.Fatalf("%s: %+v %v", text, g, ok)
	}
	for _, c := range [][2]string{
		{`"WARNING"`, `"FINE"`}, {`"check":"smtp",`, ``}, {`{"name":`, `{"run":"x","name":`}, {`"target":`, `"target":"a","target":`}, {`"mx.example.org"`, `7`},
		{`"elapsed":1`, `"elapsed":01`}, {`"elapsed":1`, `"elapsed":1e`}, {`"elapsed":1`, `"elapsed":NaN`}, {`"elapsed":1`, `"elapsed":[1]`}, {`2026-11-29T`, `yesterday`}, {`a \"quoted`, `a \u202e`},
		{`mx.example`, "mx\x7fexample"}, {`mx.example`, "müx"}, {`"steps":[`, `"steps":[[`}, {`"fix":["a","b"]`, `"fix":[]`}, {`{"name":"n"`, `{"other":"n"`}, {`true`, `false`}, {`,"name":"other"`, ``},
		{`"check":`, `"check" :`}, {`"refused":true,`, `"silenced":{},`},
	} {
		other := bytes.Replace(text, []byte(c[0]), []byte(c[1]), 1)
		if _, ok := GlanceAt(other); ok && !bytes.Equal(text, other) {
			t.Errorf("%s in the place of %s passes", c[1], c[0])
		}
	}
	for i := range text {
		if _, ok := GlanceAt(text[:i]); ok {
			t.Errorf("%s passes", text[:i])
		}
	}
}

// FuzzGlance: what passes is JSON that reads the same.
func FuzzGlance(f *testing.F) {
	text, err := glanceResult().MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"check":"ping","target":"a","start":"2026-11-29T12:00:00Z","elapsed":-0.5e3,"status":"OK"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, ok := GlanceAt(text)
		if !ok {
			return
		}
		var r Result
		if !json.Valid(text) {
			t.Fatalf("%s is no JSON", text)
		}
		if err := r.UnmarshalJSON(text); err != nil && r.Transcript == nil && !bytes.Contains(text, []byte("transcript")) {
			t.Fatalf("%s: %v", text, err)
		} else if err == nil && (r.Check != g.Check && !bytes.Contains(text, []byte(`\`)) || r.Status != g.Status) {
			t.Errorf("%s: %+v, read %s %s", text, g, r.Check, r.Status)
		}
	})
}

func BenchmarkGlance(b *testing.B) {
	text, _ := glanceResult().MarshalJSON()
	b.Run("glance", func(b *testing.B) {
		for b.Loop() {
			GlanceAt(text)
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			var r Result
			_ = r.UnmarshalJSON(text)
		}
	})
}
