package report

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestFit has a wide table narrowed: addresses are broken behind marks, and columns that
// are narrow anyway keep their width.
func TestFit(t *testing.T) {
	rows := [][]string{
		{"mx", "submission://mail.subdomain.example.org:9993", "100 %"},
		{"a check with a long name", "192.0.2.1", "0 %"},
	}
	o := Options{Width: 40}
	o.Fit([]string{"NAME", "TARGET", "UPTIME"}, rows, 0, 1)
	if want := "submission://\nmail.subdomain.\nexample.org:\n9993"; rows[0][1] != want {
		t.Errorf("the target is wrapped to %q", rows[0][1])
	}
	if rows[0][0] != "mx" || rows[1][1] != "192.0.2.1" {
		t.Errorf("narrow cells become %q", rows)
	}
	for line := range strings.Lines(o.Grid([]string{"NAME", "TARGET", "UPTIME"}, rows, 2)) {
		if len(line) > 41 {
			t.Errorf("a line is too wide: %q", line)
		}
	}
	wide := [][]string{{"mx", "mx.example.org", "1"}}
	o.Fit([]string{"NAME", "TARGET", "UPTIME"}, wide, 0, 1)
	if !slices.Equal(wide[0], []string{"mx", "mx.example.org", "1"}) {
		t.Errorf("what fits becomes %q", wide)
	}
}

// TestTallyNames counts targets, checks of a file, and their results.
func TestTallyNames(t *testing.T) {
	for want, names := range map[string][]string{
		"2 targets: 2 OK":             {"", ""},
		"2 checks: 2 OK":              {"a", "b"},
		"3 results of 2 checks: 3 OK": {"a", "b", "b"},
	} {
		var sum tally
		for _, name := range names {
			sum.add(&probe.Result{Name: name, Status: probe.OK})
		}
		if got := sum.String(); got != want {
			t.Errorf("%q is counted as %q, want %q", names, got, want)
		}
	}
}

// TestHintNames has hints name what the rows are named by.
func TestHintNames(t *testing.T) {
	a, b := failed("192.0.2.1", probe.Critical, "connect: refused"), failed("192.0.2.2", probe.Critical, "connect: refused")
	a.Name, b.Name = "relay", "backup"
	if got := printed(t, "table", Options{}, a, b); !strings.Contains(got, "\nhint for relay and 1 more: ") {
		t.Errorf("printed\n%s", got)
	}
	if got := printed(t, "table", Options{}, session(t), failed("192.0.2.2", probe.Critical, "x")); !strings.Contains(got, "\nhint for 192.0.2.2: ") {
		t.Errorf("printed\n%s", got)
	}
}

// TestHeadlineTime keeps the number and the unit of the time on one line.
func TestHeadlineTime(t *testing.T) {
	r := failed("mx.example.org", probe.OK, "fine")
	r.Elapsed = ms(8.04)
	for width := 40; width < 60; width++ {
		r.Target = strings.Repeat("m", width-20) + ".example.org"
		if got := printed(t, "table", Options{Width: width}, r); !strings.Contains(got, "8.04 ms") {
			t.Errorf("at %d columns\n%s", width, got)
		}
	}
}

// TestFingerprint: a fingerprint is not broken, so that it can be copied and searched for.
func TestFingerprint(t *testing.T) {
	digits := strings.Repeat("0f", fingerprint/2)
	v := fullView{r: &probe.Result{}, width: 40, scale: 1}
	if got := v.value(probe.Text("cert_sha256", digits), 23); got != digits {
		t.Errorf("it becomes %q", got)
	}
}
