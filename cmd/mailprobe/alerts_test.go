package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/internal/report/reporttest"
)

// alertRules is the folder of the alert rules and of their own tests.
const alertRules = "../../contrib/prometheus"

// TestAlertRules has Prometheus' own tool check the alert rules, and run their tests.
func TestAlertRules(t *testing.T) {
	promtool := reporttest.Tool(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", "mailprobe.rules.yml"},
		{"test", "rules", "mailprobe.test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = alertRules
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// metricName is a metric in an expression, and in what is exposed.
var metricName = regexp.MustCompile(`\bmailprobe_[a-z0-9_]+`)

// metricOfServer is a metric that only a server has, by the names of its families.
var metricOfServer = regexp.MustCompile(`^mailprobe_(scheduler|config|notifier|http)_|^mailprobe_problems$`)

// alerts holds the metrics that the alert rules ask for to those of a file.
func alerts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: alerts FILE")
	}
	exposed := map[string]bool{}
	for _, line := range strings.Split(ts.ReadFile(args[0]), "\n") {
		exposed[metricName.FindString(line)] = !strings.HasPrefix(line, "#")
	}
	for _, name := range metricName.FindAllString(ts.ReadFile(ts.Getenv("RULES")), -1) {
		if !exposed[name] && !metricOfServer.MatchString(name) {
			ts.Fatalf("the alert rules ask for %s, which is not in %s", name, args[0])
		}
	}
}

// promtool has Prometheus' own tool check the metrics in a file. What it prints is a
// complaint.
func promtool(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || args[0] != "check" || args[1] != "metrics" {
		ts.Fatalf("usage: promtool check metrics FILE")
	}
	path, err := reporttest.Find("promtool")
	ts.Check(err)
	cmd := exec.Command(path, "check", "metrics")
	cmd.Stdin = strings.NewReader(ts.ReadFile(args[2]))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		ts.Fatalf("promtool: %v\n%s", err, out)
	}
}
