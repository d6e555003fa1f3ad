package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// start is when every result of the tests began.
var start = time.Date(2026, 3, 14, 3, 15, 9, 265_000_000, time.UTC)

func parse(t testing.TB, script string) *wire.Transcript {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// session is a result with everything a result can have.
func session(t testing.TB) *probe.Result {
	days := probe.Number("cert_days_left", 9, probe.None).Within("14:", "3:")
	days.Status = probe.Warning
	return &probe.Result{
		Check: "smtp", Target: "mx.example.org", Address: "192.0.2.25:25", Start: start, Elapsed: ms(143.2),
		Status: probe.Warning, Summary: "starttls: the certificate expires in 9 days, on 23 Mar 2026 (warning below 14)",
		Transcript: parse(t, "+ 12ms\nS: 220 mx.example.org ESMTP ready\nC: EHLO client.example.net\nS: 250-mx.example.org\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 2.0.0 Ready\n* starttls\nC: QUIT\nS: 221 2.0.0 Bye\n* close"),
		Steps: []probe.Step{
			{Name: "resolve", Status: probe.OK, Elapsed: ms(1.234), Detail: "192.0.2.25, 2001:db8::25"},
			{Name: "connect", Status: probe.OK, Elapsed: ms(12.3), Detail: "192.0.2.25:25",
				Facts: []probe.Fact{probe.Text("address", "192.0.2.25:25")}},
			{Name: "greeting", Status: probe.OK, Elapsed: ms(35), Detail: `"220 mx.example.org ESMTP ready"`,
				Facts: []probe.Fact{probe.Number("code", 220, probe.None), probe.Text("banner", "mx.example.org ESMTP ready")}},
			{Name: "ehlo", Status: probe.OK, Elapsed: ms(12.1), Detail: "9 extensions",
				Facts: []probe.Fact{
					probe.Text("extensions", "PIPELINING SIZE 10485760 VRFY ETRN STARTTLS AUTH PLAIN LOGIN ENHANCEDSTATUSCODES 8BITMIME"),
					probe.Number("size_limit", 10485760, probe.Bytes).Within("1048576:", "")}},
			{Name: "starttls", Status: probe.Warning, Elapsed: ms(41.9),
				Detail: "TLS 1.3, TLS_AES_128_GCM_SHA256; the certificate expires in 9 days, on 23 Mar 2026 (warning below 14)",
				Hint:   "renew the certificate, and reload the server so that it takes the new one into use",
				Facts: []probe.Fact{probe.Text("tls_version", "TLS 1.3").As(probe.Label), probe.Text("cipher", "TLS_AES_128_GCM_SHA256").As(probe.Label),
					probe.Text("cert_subject", "CN=mx.example.org"), probe.Text("cert_sha256", "00ff").As(probe.Identifier),
					probe.Text("cert_not_after", "2026-03-23T12:00:00Z").As(probe.Moment), days}},
			{Name: "auth", Status: probe.Skipped, Detail: "no user was given"},
			{Name: "quit", Status: probe.OK, Elapsed: ms(0.98), Detail: `"221 2.0.0 Bye"`,
				Facts: []probe.Fact{probe.Duration(probe.TotalFact, ms(143.2)).Within("1", "5")}},
		},
	}
}

// ping is a result with percentages, counters and no transcript.
func ping() *probe.Result {
	return &probe.Result{
		Check: "ping", Target: "192.0.2.1", Address: "192.0.2.1", Start: start, Elapsed: 4 * time.Second,
		Status: probe.OK, Summary: "5 sent, 4 received, 20% loss, 11.9 ms on average",
		Steps: []probe.Step{{Name: "echo", Status: probe.OK, Elapsed: 4 * time.Second, Detail: "5 sent, 4 received, 20% loss",
			Facts: []probe.Fact{
				probe.Number("sent", 5, probe.Counter), probe.Number("received", 4, probe.Counter),
				probe.Number("loss", 20, probe.Percent).Within("20", "60"),
				probe.Duration("rtt_min", ms(11.2)), probe.Duration("rtt_avg", ms(11.9)), probe.Duration("rtt_stddev", 42*time.Microsecond),
			}}},
	}
}

// route is a result with items, one of which says nothing.
func route() *probe.Result {
	hop := func(name, address, detail string, loss, rtt float64) probe.Step {
		lossFact := probe.Number("loss", loss, probe.Percent)
		return probe.Step{Name: name, Status: probe.OK, Item: "hop", Address: address, Detail: detail, Elapsed: ms(rtt), Facts: []probe.Fact{
			lossFact, probe.Number("sent", 10, probe.None), probe.Duration("rtt_last", ms(rtt+0.1)), probe.Duration("rtt_avg", ms(rtt)),
			probe.Duration("rtt_min", ms(rtt/2)), probe.Duration("rtt_max", ms(rtt*2)), probe.Duration("jitter", ms(rtt/10)), probe.Number("received", 10-loss/10, probe.None)}}
	}
	return &probe.Result{
		Check: "trace", Target: "mx.example.org", Address: "192.0.2.7", Start: start, Elapsed: ms(1400),
		Status: probe.Warning, Summary: "trace: 20% loss, which begins at hop 3 and lasts",
		Steps: []probe.Step{
			{Name: "trace", Status: probe.Warning, Elapsed: ms(1395), Detail: "4 hops; 20% loss, which begins at hop 3 and lasts",
				Facts: []probe.Fact{probe.Number("hops", 4, probe.None), probe.Number("loss", 20, probe.Percent)}},
			hop("hop-1", "198.51.100.1", "198.51.100.1", 0, 0.412),
			{Name: "hop-2", Item: "hop", Status: probe.Skipped, Detail: "no answer"},
			hop("hop-3", "2001:db8::1", "core1.a-rather-long-name.example.net (2001:db8::1)", 20, 11.9),
			hop("hop-4", "192.0.2.7", "mx.example.org (192.0.2.7)", 20, 123),
		},
	}
}

// health is a result whose steps stand in groups, with records to publish.
func health() *probe.Result {
	const key = "c54743fa93ad8f1c58ef81a1c97bf9b1c22a0b9c3a1f95b3e9b9a0fb1d0c4f6a"
	return &probe.Result{
		Check: "domain", Target: "example.org", Start: start, Elapsed: ms(412),
		Status: probe.Critical, Summary: "dane: no TLSA record matches mx2.example.org; senders that validate defer (+1 more)",
		Steps: []probe.Step{
			{Name: "delegation", Group: "RECEIVING", Status: probe.OK, Elapsed: ms(61), Detail: "DNSSEC secure, signatures good for 12 days"},
			{Name: "mx", Group: "RECEIVING", Status: probe.OK, Elapsed: ms(58), Detail: "10 mx1.example.org, 20 mx2.example.org"},
			{Name: "dane", Group: "RECEIVING", Status: probe.Critical, Elapsed: ms(120), Detail: "no TLSA record matches mx2.example.org; senders that validate defer",
				Hint: "publish the record of the certificate that the server has", Fix: []string{"_25._tcp.mx2.example.org. IN TLSA 3 1 1 " + key}},
			{Name: "spf", Group: "SENDING", Status: probe.Warning, Elapsed: ms(70), Detail: "9 of 10 lookups: mx 1, include:a.example 6, include:b.example 2",
				Facts: []probe.Fact{probe.Number("spf_lookups", 9, probe.None)}},
			{Name: "dmarc", Group: "SENDING", Status: probe.OK, Elapsed: ms(70), Detail: "reject, from _dmarc.example.org"},
			{Name: "tlsrpt", Group: "REPORTING", Status: probe.Skipped, Elapsed: ms(50), Detail: "there is no record at _smtp._tls.example.org"},
		},
	}
}

// failed is a result that ends in its only step.
func failed(target string, status probe.Status, summary string) *probe.Result {
	return &probe.Result{
		Check: "smtp", Target: target, Start: start, Elapsed: ms(5), Status: status, Summary: summary,
		Steps: []probe.Step{{Name: "connect", Status: status, Elapsed: ms(5), Detail: summary, Hint: "see whether the server runs"}},
	}
}

func several(t testing.TB) []*probe.Result {
	ok := failed("郵便.example.jp", probe.OK, "220 日本語のメールサーバーです、こんにちは。ようこそいらっしゃいました。")
	ok.Steps[0].Hint = ""
	return []*probe.Result{
		session(t),
		failed("smtp.mail.a-rather-long-name.example.com:587", probe.Critical,
			`starttls: server does not offer STARTTLS (it said "250 HELP"); use --tls=auto to go on without`),
		ok,
		failed("backup.example.net", probe.Unknown, "resolve: the resolver 192.0.2.53 refused to answer"),
	}
}

// printed is what a format prints of some results.
func printed(t testing.TB, format string, o Options, results ...*probe.Result) string {
	t.Helper()
	var b strings.Builder
	p, err := New(format, &b, o)
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

// build is what differs from one build of the program to the next.
var build = regexp.MustCompile(`(version|commit|goversion)="[^"]*"`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	if strings.HasPrefix(name, "prometheus") {
		got = build.ReplaceAllString(got, `$1="..."`)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update takes it over\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func TestGolden(t *testing.T) {
	sets := map[string][]*probe.Result{
		"one": {session(t)}, "ping": {ping()}, "several": several(t), "none": nil, "mixed": {session(t), ping()}, "route": {route()}, "wide": wide(t), "health": {health()},
	}
	for name, results := range sets {
		for _, format := range Formats() {
			golden(t, format+"-"+name, printed(t, format, Options{}, results...))
		}
		golden(t, "table-"+name+"-120", printed(t, "table", Options{Width: 120}, results...))
		golden(t, "table-"+name+"-verbose", printed(t, "table", Options{Verbose: true}, results...))
		golden(t, "table-"+name+"-color", printed(t, "table", Options{Color: true}, results...))
		golden(t, "json-"+name+"-verbose", printed(t, "json", Options{Verbose: true}, results...))
	}
}

func TestNewUnknown(t *testing.T) {
	_, err := New("xml", nil, Options{})
	if err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Fatalf("New(xml): error %v does not name the format", err)
	}
	for _, f := range Formats() {
		if !strings.Contains(err.Error(), f) {
			t.Errorf("the error %q does not name %s", err, f)
		}
	}
}

func TestQuiet(t *testing.T) {
	fine, skipped := ping(), failed("a.example", probe.Skipped, "not asked for")
	silence := map[string]string{"json": "[]\n"}
	for _, format := range Formats() {
		got := printed(t, format, Options{Quiet: true}, fine, skipped)
		switch {
		case IsPolled(format):
			if got != printed(t, format, Options{}, fine, skipped) {
				t.Errorf("%s is not complete when quiet:\n%s", format, got)
			}
		default:
			if got != silence[format] {
				t.Errorf("%s prints %q of results that are OK", format, got)
			}
		}
		bad := failed("mx.example.org", probe.Critical, "refused")
		if got := printed(t, format, Options{Quiet: true}, fine, bad, skipped); !strings.Contains(got, "mx.example.org") && !strings.Contains(got, "mx_example_org.value 2\n") {
			t.Errorf("%s prints no failure when quiet: %q", format, got)
		}
	}
}

// TestUnchanged makes sure that no printer changes the result it is given.
func TestUnchanged(t *testing.T) {
	r := hostile(t, "\x1b[31m|\n")
	before := fmt.Sprintf("%+v %v", r, r.Transcript.Lines())
	for _, format := range Formats() {
		printed(t, format, Options{Verbose: true, Color: true}, r)
		if after := fmt.Sprintf("%+v %v", r, r.Transcript.Lines()); after != before {
			t.Errorf("%s changed the result\nbefore %s\nafter  %s", format, before, after)
		}
	}
}

// brokenWriter fails as a pipe does whose reader has gone.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteError(t *testing.T) {
	for _, format := range Formats() {
		p, err := New(format, brokenWriter{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Print(session(t)) == nil && p.Close() == nil {
			t.Errorf("%s returns no write error", format)
		}
	}
}
