package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// nagiosLine is what the monitoring plug-ins' guidelines allow, in our form of
// it: labels are always quoted, and empty fields at the end are left out.
var nagiosLine = regexp.MustCompile(
	`^[^|\n]+ (OK|WARNING|CRITICAL|UNKNOWN)( - [^|\n]+)? \|( '[^'=| ]+'=-?[0-9]+(\.[0-9]+)?(s|B|%|c)?(;(@?[-~0-9.:]*)){0,2}(;-?[0-9.]*){0,2})+\n([^|\n]*\n)*$`)

func TestNagiosSyntax(t *testing.T) {
	for name, text := range hostileTexts {
		for _, results := range [][]*probe.Result{{hostile(t, text)}, {hostile(t, text), session(t), hostile(t, text)}} {
			got := printed(t, "nagios", Options{}, results...)
			if !nagiosLine.MatchString(got) {
				t.Errorf("%s: not a plug-in's line: %q", name, got)
			}
			first, more, _ := strings.Cut(got, "\n")
			if len(first) > maxNagiosLine || len(more) > maxNagiosMore+maxNagiosSummary*4 {
				t.Errorf("%s: %d bytes in a line, %d in the others", name, len(first), len(more))
			}
			if strings.ContainsAny(got, "<>\"\\") {
				t.Errorf("%s: HTML, double quotes or backslashes: %q", name, got)
			}
		}
	}
}

// TestNagiosQuotation: a quoted quotation mark or backslash of a server is one character.
func TestNagiosQuotation(t *testing.T) {
	got := printed(t, "nagios", Options{}, failed("a", probe.Critical, `the server answered RCPT with "550 \"carol\" \\c"`))
	if want := "with '550 'carol' /c'"; !strings.Contains(got, want) {
		t.Errorf("%q is not in %s", want, got)
	}
}

// TestNagiosSkipped: a check that was skipped has no numbers.
func TestNagiosSkipped(t *testing.T) {
	got := printed(t, "nagios", Options{}, failed("a", probe.Skipped, "x"), failed("b", probe.OK, "x"))
	if strings.Contains(got, "'a/") || !strings.Contains(got, "'b/total'") {
		t.Error(got)
	}
	if got := printed(t, "nagios", Options{}, failed("a", probe.Skipped, "x")); strings.Contains(got, "=0s") {
		t.Error(got)
	}
}

func TestNagiosNumbers(t *testing.T) {
	r := ping()
	ended := probe.Number("cert_days_left", -6, probe.None).Within("14:", "3:")
	ended.Unjudged = true
	r.Steps[0].Facts = []probe.Fact{
		probe.Number("big", 1e21, probe.Bytes), probe.Number("negative", -3, probe.None),
		probe.Duration("tiny", time.Nanosecond).Within("50us", "@10485760:"),
		ended,
	}
	got := printed(t, "nagios", Options{}, r)
	for _, want := range []string{
		"'total'=4s;;;0", "'big'=1000000000000000000000B;;;0", "'negative'=-3",
		"'tiny'=0.000000001s;0.00005;@10485760:", "'time_echo'=4s;;;0", "'cert_days_left'=-6;14:;3:",
	} {
		if !strings.Contains(got+" ", " "+want+" ") && !strings.Contains(got, " "+want+"\n") {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}

func TestNagiosStatus(t *testing.T) {
	for status, want := range map[probe.Status]string{
		probe.OK: "SMTP OK - x |", probe.Skipped: "SMTP OK - x |", probe.Warning: "SMTP WARNING - x |",
		probe.Critical: "SMTP CRITICAL - x |", probe.Unknown: "SMTP UNKNOWN - x |",
	} {
		if got := printed(t, "nagios", Options{}, failed("a", status, "x")); !strings.HasPrefix(got, want) {
			t.Errorf("%v prints %q, want %q", status, got, want)
		}
	}
	worst := printed(t, "nagios", Options{}, failed("a", probe.OK, "fine"), failed("b", probe.Critical, "refused"), failed("c", probe.Unknown, "?"))
	if want := "SMTP CRITICAL - 3 targets: 1 CRITICAL, 1 UNKNOWN, 1 OK; b: refused | 'a/total'"; !strings.HasPrefix(worst, want) {
		t.Errorf("got %q, want %q", worst, want)
	}
}

// TestNagiosMany makes sure that of many targets as many as possible have their
// time in the line, and that a repeated one has each label once.
func TestNagiosMany(t *testing.T) {
	var results []*probe.Result
	for i := range 1000 {
		r := session(t)
		r.Target = fmt.Sprintf("mx%d.example.org", i%900)
		results = append(results, r)
	}
	got := printed(t, "nagios", Options{}, results...)
	if !nagiosLine.MatchString(got) || strings.Index(got, "\n") > maxNagiosLine {
		t.Errorf("not a plug-in's line of at most %d bytes: %q", maxNagiosLine, got)
	}
	if n := strings.Count(got, "/total'="); n < 100 {
		t.Errorf("only %d targets have their time", n)
	}
	seen := map[string]bool{}
	for _, label := range regexp.MustCompile(`'[^']+'=`).FindAllString(got, -1) {
		if seen[label] {
			t.Errorf("label %s is there twice", label)
		}
		seen[label] = true
	}
}

// refusal is a result of which several steps are wrong, the worst for a cause.
func refusal(target string) *probe.Result {
	return &probe.Result{
		Check: "smtp", Target: target, Start: start, Elapsed: ms(5), Status: probe.Critical,
		Summary: `rcpt: "454 4.7.1 Relay access denied" (+2 more)`,
		Cause:   &probe.Cause{Name: "relay-denied", Blame: probe.BlameServer},
		Also:    []*probe.Cause{{Name: "login-required"}},
		Steps: []probe.Step{
			{Name: "starttls", Status: probe.Warning, Detail: "self-signed", Cause: &probe.Cause{Name: "cert-untrusted", Blame: probe.BlameServer}},
			{Name: "mail", Status: probe.Warning, Detail: "250 <sender> | ok, and slow"},
			{Name: "rcpt", Status: probe.Critical, Detail: `"454 4.7.1 Relay access denied"`},
			{Name: "quit", Status: probe.OK, Aside: true},
		},
	}
}

// TestNagiosReasons makes sure that all that is wrong is named, the worst first, and
// the cause at the end.
func TestNagiosReasons(t *testing.T) {
	text := `rcpt: '454 4.7.1 Relay access denied'; mail: 250 (sender) / ok, and slow; starttls: self-signed [relay-denied] |`
	got := printed(t, "nagios", Options{}, refusal("a"))
	if want := "SMTP CRITICAL - " + text; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = printed(t, "nagios", Options{}, failed("b", probe.Warning, "x"), refusal("a"))
	if want := "SMTP CRITICAL - 2 targets: 1 CRITICAL, 1 WARNING; a: " + text; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNagiosManyReasons makes sure that the line keeps its limits, with the cause.
func TestNagiosManyReasons(t *testing.T) {
	r := refusal("a")
	for i := range 100 {
		r.Steps = append(r.Steps, probe.Step{Name: fmt.Sprintf("rcpt-%d", i+2), Status: probe.Critical, Detail: strings.Repeat("550 no ", 100)})
	}
	got := printed(t, "nagios", Options{}, r)
	text, _, _ := strings.Cut(got, "|")
	if !nagiosLine.MatchString(got) || len(text) > maxNagiosReasons+100 || !strings.HasSuffix(text, " more) [relay-denied] ") {
		t.Errorf("%d bytes before the bar: %q", len(text), text)
	}
}

// TestNagiosFine makes sure that a result that is OK has no cause.
func TestNagiosFine(t *testing.T) {
	r := ping()
	r.Cause = &probe.Cause{Name: "timeout"}
	if got := printed(t, "nagios", Options{}, r); strings.Contains(got, "[") {
		t.Errorf("a cause of a result that is OK: %q", got)
	}
}

// TestNagiosMore: every failure but the one in the first line has a line of its own or is
// counted in the last, wherever the worst one stands.
func TestNagiosMore(t *testing.T) {
	for _, at := range []int{0, 200} {
		var results []*probe.Result
		for i := range 201 {
			status := probe.Warning
			if i == at {
				status = probe.Critical
			}
			results = append(results, failed(fmt.Sprintf("mx%d.example.org", i), status, "it is slow"))
		}
		got := printed(t, "nagios", Options{}, results...)
		lines, more := strings.Count(got, ": WARNING "), 0
		last := got[strings.LastIndex(strings.TrimSuffix(got, "\n"), "\n")+1:]
		if _, err := fmt.Sscanf(last, "and %d more", &more); err != nil || lines+more != 200 {
			t.Errorf("%d lines, and then %q", lines, last)
		}
	}
}
