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
	`^[^|\n]+ (OK|WARNING|CRITICAL|UNKNOWN)( - [^|\n]+)? \|( '[^'=| ]+'=-?[0-9]+(\.[0-9]+)?(s|B|%|c)?(;(@?[-~0-9.:]*)){0,2}(;-?[0-9.]*){0,2})+\n$`)

func TestNagiosSyntax(t *testing.T) {
	for name, text := range hostileTexts {
		for _, results := range [][]*probe.Result{{hostile(t, text)}, {hostile(t, text), session(t), hostile(t, text)}} {
			got := printed(t, "nagios", Options{}, results...)
			if !nagiosLine.MatchString(got) {
				t.Errorf("%s: not a plug-in's line: %q", name, got)
			}
			if len(got) > maxNagiosLine+1 {
				t.Errorf("%s: %d bytes in a line", name, len(got))
			}
			if strings.ContainsAny(got, "<>") {
				t.Errorf("%s: HTML in the line: %q", name, got)
			}
		}
	}
}

func TestNagiosNumbers(t *testing.T) {
	r := ping()
	r.Steps[0].Facts = []probe.Fact{
		probe.Number("big", 1e21, probe.Bytes), probe.Number("negative", -3, probe.None),
		probe.Duration("tiny", time.Nanosecond).Within("50us", "@10485760:"),
	}
	got := printed(t, "nagios", Options{}, r)
	for _, want := range []string{
		"'total'=4s;;;0", "'big'=1000000000000000000000B;;;0", "'negative'=-3",
		"'tiny'=0.000000001s;0.00005;@10485760:", "'time_echo'=4s;;;0",
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
// time told, and that a repeated one has each label once.
func TestNagiosMany(t *testing.T) {
	var results []*probe.Result
	for i := range 1000 {
		r := session(t)
		r.Target = fmt.Sprintf("mx%d.example.org", i%900)
		results = append(results, r)
	}
	got := printed(t, "nagios", Options{}, results...)
	if !nagiosLine.MatchString(got) || len(got) > maxNagiosLine+1 {
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
