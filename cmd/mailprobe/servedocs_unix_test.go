//go:build unix

package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"
)

// TestServeDocs: docs/serve.md has every flag, and every metric that docs/prometheus.md does not
// have, and no metric that there is not; nor do the alert rules ask for one.
func TestServeDocs(t *testing.T) {
	docs, checks := readAll(t, "../../docs/serve.md"), readAll(t, "../../docs/prometheus.md")
	newServe(&app{}).Flags().VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(docs, "`--"+f.Name+" ") && !strings.Contains(docs, "`--"+f.Name+"`") {
			t.Errorf("--%s is missing", f.Name)
		}
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "checks.yaml")
	checksFile(t, file, "a")
	s := startServer(t, serverCommand(t, dir, file))
	s.get(t, "GET", "/-/healthy")
	_, text := s.get(t, "GET", "/metrics")
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (mailprobe_\w+)`).FindAllStringSubmatch(text, -1) {
		there[m[1]] = true
		if !strings.Contains(docs, "`"+m[1]+"`") && !strings.Contains(docs, "`"+m[1]+"{") && !strings.Contains(checks, m[1]) {
			t.Errorf("%s is missing", m[1])
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(mailprobe_\\w+)").FindAllStringSubmatch(docs, -1) {
		if !there[m[1]] && m[1] != "mailprobe_step_latency_seconds" { // nothing may have run yet
			t.Errorf("%s is not served", m[1])
		}
	}
	for _, name := range metricName.FindAllString(readAll(t, alertRules+"/mailprobe.rules.yml"), -1) {
		if metricOfServer.MatchString(name) && !there[strings.TrimSuffix(name, "_bucket")] {
			t.Errorf("the alert rules ask for %s, which is not served", name)
		}
	}
	s.end(t, syscall.SIGTERM)
}
