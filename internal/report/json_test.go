package report_test

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/report"
	"mailprobe/internal/report/reporttest"
	"mailprobe/probe"
)

func sample(t testing.TB) *probe.Result {
	t.Helper()
	var r probe.Result
	const text = `{"check":"pop3","target":"pop.example.org","address":"[2001:db8::1]:110","start":"2026-03-14T03:15:09.265Z",
		"elapsed":0.25,"status":"CRITICAL","summary":"auth: -ERR [AUTH] no such <user@example.org>","steps":[
		{"name":"connect","status":"OK","elapsed":0.0125,"detail":"[2001:db8::1]:110","facts":[{"name":"octets","text":"10 B","value":10,"unit":"B","status":"OK"}]},
		{"name":"auth","status":"CRITICAL","elapsed":0.2,"detail":"refused","hint":"ask for a new password","facts":[{"name":"zero","text":"0","value":0,"status":"WARNING"}]}],
		"transcript":["+ 12ms","S: +OK ready \\x1b[31m","C: USER tom","C: PASS ***","S: -ERR [AUTH] no such <user@example.org>","* close"]}`
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func print(t testing.TB, format string, o report.Options, results ...*probe.Result) string {
	t.Helper()
	var b strings.Builder
	p, err := report.New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if err := p.Print(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSchema(t *testing.T) {
	nothing := &probe.Result{Check: "smtp", Target: "mx.example.org", Status: probe.Unknown}
	infinite := sample(t)
	inf := math.Inf(1)
	infinite.Steps[0].Facts[0].Value = &inf
	for _, format := range []string{"json", "jsonl"} {
		for _, verbose := range []bool{false, true} {
			out := print(t, format, report.Options{Verbose: verbose}, sample(t), nothing, sample(t), infinite)
			results := reporttest.Valid(t, out)
			if len(results) != 4 {
				t.Fatalf("%s: %d results, want 4", format, len(results))
			}
			if _, found := results[0]["transcript"]; found != verbose {
				t.Errorf("%s with Verbose %v: transcript is there: %v", format, verbose, found)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample(t)
	var got probe.Result
	if err := json.Unmarshal([]byte(print(t, "jsonl", report.Options{Verbose: true}, want)), &got); err != nil {
		t.Fatal(err)
	}
	if got, want := got.Transcript.Lines(), want.Transcript.Lines(); !reflect.DeepEqual(got, want) {
		t.Errorf("transcript %q, want %q", got, want)
	}
	got.Transcript, want.Transcript = nil, nil
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("got  %+v\nwant %+v", &got, want)
	}
}

func TestJSONKeepsAngleBrackets(t *testing.T) {
	if out := print(t, "jsonl", report.Options{Verbose: true}, sample(t)); strings.Count(out, "<user@example.org>") != 2 {
		t.Errorf("an address is escaped for HTML: %s", out)
	}
}

// TestStreaming makes sure that the JSON formats print each result at once.
func TestStreaming(t *testing.T) {
	for _, format := range []string{"json", "jsonl", "transcript"} {
		var b strings.Builder
		p, err := report.New(format, &b, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			before := b.Len()
			if err := p.Print(sample(t)); err != nil {
				t.Fatal(err)
			}
			if b.Len() == before {
				t.Errorf("%s keeps result %d back", format, i)
			}
		}
	}
}

func BenchmarkJSONLines10000(b *testing.B) {
	r := sample(b)
	r.Start = time.Now()
	b.ReportAllocs()
	for b.Loop() {
		p, err := report.New("jsonl", io.Discard, report.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for range 10_000 {
			if err := p.Print(r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
