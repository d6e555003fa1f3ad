package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/probe"
)

// dashboard is what a test reads of contrib/grafana/mailprobe.json.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []struct {
		ID      int
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

// expressions are those of all panels, with the variables of Grafana replaced.
func (d *dashboard) expressions() map[string]string {
	all := map[string]string{}
	for _, p := range d.Panels {
		for i, target := range p.Targets {
			all[fmt.Sprintf("%s %d", p.Title, i)] = strings.NewReplacer("$__range", "1h", "$entry", ".*", "$group", ".*").Replace(target.Expr)
		}
	}
	return all
}

func readDashboard(t *testing.T) *dashboard {
	t.Helper()
	text, err := os.ReadFile("../../contrib/grafana/mailprobe.json")
	if err != nil {
		t.Fatal(err)
	}
	d := new(dashboard)
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// exposed runs a file of checks and returns the labels of each metric in its textfile.
func exposed(t *testing.T) map[string][]string {
	t.Helper()
	_, arguments := monitored(t)
	file := strings.Fields(arguments["check_mailprobe_file"][0])[0]
	dir := filepath.Dir(file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(strings.Replace(string(text), "name: relay", "name: relay, group: far", 1), "checks: [", "textfile: x.prom\nchecks: [{name: down, kind: smtp, group: far, target: \"127.0.0.1:1\"}, ", 1) + "groups: {far: {timeout: 5s}}\n"
	writeFiles(t, dir, map[string]string{"checks.yaml": more})
	var out strings.Builder
	if code := run([]string{"check", "--state", dir, file}, strings.NewReader(""), &out, &out); code != 2 {
		t.Fatalf("%d\n%s", code, out.String())
	}
	metrics, err := os.ReadFile(filepath.Join(dir, "x.prom"))
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)\{(.*)\} `).FindAllStringSubmatch(string(metrics), -1) {
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(m[2], -1) {
			labels[m[1]] = append(labels[m[1]], l[1])
		}
	}
	return labels
}

// TestDashboard: the panels of the dashboard ask for metrics, labels and facts that there
// are, do not overlap, and use variables that are declared.
func TestDashboard(t *testing.T) {
	d, labels := readDashboard(t), exposed(t)
	selector := regexp.MustCompile(`(mailprobe_\w+)(?:\{([^}]*)\})?`)
	for title, expr := range d.expressions() {
		for _, m := range selector.FindAllStringSubmatch(expr, -1) {
			if labels[m[1]] == nil {
				t.Errorf("%s: no metric is called %s", title, m[1])
			}
			for _, l := range regexp.MustCompile(`(\w+)(?:=~?)"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(labels[m[1]], l[1]) {
					t.Errorf("%s: %s has no label %s", title, m[1], l[1])
				}
				if l[1] == "name" && !learned(l[2]) {
					t.Errorf("%s: no kind learns %s", title, l[2])
				}
			}
		}
	}
	for i, p := range d.Panels {
		if p.ID != i+1 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d, %s: its number or its place", p.ID, p.Title)
		}
		for _, q := range d.Panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("the panels %s and %s overlap", p.Title, q.Title)
			}
		}
	}
}

// learned reports whether a kind declares a fact that is a number.
func learned(fact string) bool {
	return slices.ContainsFunc(kinds(), func(k probe.Kind) bool {
		_, ok := k.Measure(fact)
		return ok
	})
}

// TestDashboardExpressions has Prometheus' own tool parse the expressions of the dashboard.
func TestDashboardExpressions(t *testing.T) {
	promtool := reporttest.Tool(t, "promtool")
	rules := "groups:\n  - name: dashboard\n    rules:\n"
	for title, expr := range readDashboard(t).expressions() {
		rules += fmt.Sprintf("      - record: r%x\n        expr: %q\n", title, expr)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
