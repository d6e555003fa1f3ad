package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// series returns the lines of metrics whose name begins so.
func series(t *testing.T, file, prefix string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestMetricsLabels: the labels of the file, overridden by those of the run, are on every
// series, the group and the tags on those of their checks, and the file on those of the run.
func TestMetricsLabels(t *testing.T) {
	start := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	out := filepath.Join(t.TempDir(), "mailprobe.prom")
	s := reporting(func(host string) probe.Status {
		if host == "bad" {
			return probe.Critical
		}
		return probe.OK
	}).parse(t, `
groups: {berlin: {tags: [mx, night]}}
labels: {site: 'a "b"'}
checks:
  - {name: a, kind: fake, target: x, group: berlin}
  - {name: b, kind: fake, target: bad}
  - {name: c, kind: fake, target: x, depends_on: b}
textfile: `+out)
	run(t, s, Options{Labels: s.Labels, Now: func() time.Time { return start }, Store: openHistory(t, nil)})
	const site = `site="a \"b\""`
	equal(t, "status", series(t, out, "mailprobe_status"), []string{
		`mailprobe_status{` + site + `,check="fake",target="x",entry="a",group="berlin",tags=",mx,night,"} 0`,
		`mailprobe_status{` + site + `,check="fake",target="bad",entry="b"} 2`,
	})
	equal(t, "skipped", series(t, out, "mailprobe_skipped{"+site+`,check="fake",target="x",entry="c"`), []string{
		`mailprobe_skipped{` + site + `,check="fake",target="x",entry="c"} 1`,
	})
	path, _ := filepath.Abs("checks.yaml")
	of := "{" + site + `,file="` + path + `"} `
	equal(t, "run", series(t, out, "mailprobe_last_run"), []string{"mailprobe_last_run_timestamp_seconds" + of + "1.7935884e+09"})
	equal(t, "verdict", series(t, out, "mailprobe_run_status"), []string{"mailprobe_run_status" + of + "2"})
	if all := series(t, out, "mailprobe_"); len(all) < 10 {
		t.Errorf("only %q", all)
	} else if i := strings.Index(strings.Join(all, "\n"), "{c"); i >= 0 {
		t.Error("there is a series without the label of the file")
	}
}

// TestMetricsLabelProblems: labels that a series cannot have are refused where they stand.
func TestMetricsLabelProblems(t *testing.T) {
	for text, want := range map[string]string{
		"{file: x}":    `label name "file" is taken: mailprobe or Prometheus sets it`,
		"{target: x}":  `label name "target" is taken: mailprobe or Prometheus sets it`,
		"{my-site: x}": `label name "my-site" is not made of letters, digits and underscores, beginning with a letter`,
		"{site: ''}":   `label "site" has no value`,
		"{site: [a]}":  "site is a single value, no list and no mapping",
		"[site]":       "labels is no mapping of keys and values; write them below it as KEY: VALUE, indented, or as {KEY: VALUE}",
		"{a: 1, a: 2}": "a is here twice, first in line 2",
	} {
		_, problems := Parse("x.yaml", []byte("checks: [{name: a, kind: fake, target: x}]\nlabels: "+text), reporting(nil).kinds())
		if len(problems) != 1 || problems[0].Text != want || problems[0].Line != 2 {
			t.Errorf("%s: %v, want %s", text, problems, want)
		}
	}
}

// TestLastSuccess: the time of the last success stays while a check fails, and while it is
// not due.
func TestLastSuccess(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	out := filepath.Join(t.TempDir(), "mailprobe.prom")
	status := probe.OK
	f := reporting(func(string) probe.Status { return status })
	store := openHistory(t, func() time.Time { return now })
	var last string
	once := func(what string, is probe.Status, same bool) {
		t.Helper()
		status = is
		s := f.parse(t, "defaults: {every: 10m}\nchecks: [{name: a, kind: fake, target: x}]\ntextfile: "+out)
		run(t, s, Options{Now: func() time.Time { return now }, Store: store})
		got := strings.Join(series(t, out, "mailprobe_last_success_timestamp_seconds"), "")
		if (got == last) != same {
			t.Errorf("%s: the last success is %q, before %q", what, got, last)
		}
		last, now = got, now.Add(10*time.Minute)
		time.Sleep(2 * time.Millisecond) // results have the time of the system
	}
	once("never", probe.Critical, true)
	once("first", probe.OK, false)
	once("failure", probe.Critical, true)
	once("confirmed", probe.Critical, true)
	now = now.Add(-9 * time.Minute)
	once("not due", probe.OK, true)
	once("recovery", probe.OK, false)
	once("again", probe.Critical, true)
	if !strings.HasPrefix(last, `mailprobe_last_success_timestamp_seconds{check="fake",target="x",entry="a"} 1.`) {
		t.Error(last)
	}
}

// TestMetricsOfPart: a run of some checks says nothing of the whole file.
func TestMetricsOfPart(t *testing.T) {
	s := reporting(func(string) probe.Status { return probe.OK }).parse(t, "checks: [{name: a, kind: fake, target: x}, {name: b, kind: fake, target: y}]")
	for n, want := range map[int]bool{1: false, 2: true} {
		r, err := s.Run(t.Context(), Options{Items: s.Items()[:n], Runner: Runner{Jobs: 1}})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := r.Metrics(report.Labels{}).Write(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "mailprobe_last_run_timestamp_seconds"); got != want || strings.Count(b.String(), "mailprobe_status{") != n {
			t.Errorf("%s of 2 checks:\n%s", fmt.Sprint(n), b.String())
		}
	}
}
