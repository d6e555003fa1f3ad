package web

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mailprobe/internal/history"
	"mailprobe/internal/report/reporttest"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// checked is a server with two checks that have run: nobody listens at port 1.
func checked(t *testing.T) *serving {
	t.Helper()
	checks, problems := suite.Parse("checks.yaml", []byte(`
labels: {site: 'a "b"'}
checks:
  - {name: a, kind: smtp, target: "127.0.0.1:1", tags: [x]}
  - {name: b, kind: smtp, target: ["127.0.0.1:1", "127.0.0.2:1"], group: g}
groups: {g: {}}
`), []probe.Kind{smtpcheck.Kind()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	dir := t.TempDir()
	store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), checks.History())
	if err != nil {
		t.Fatal(err)
	}
	m := NewMetrics(nil)
	scheduler := suite.NewScheduler(suite.ScheduleOptions{
		Suite: checks, Store: store, Dir: dir, Runner: suite.Runner{Jobs: 4, PerHost: 4}, OnStart: m.Started, OnOutcome: m.Ended,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = scheduler.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended; _ = store.Close() })
	for _, i := range checks.Items() {
		for scheduler.Stats().Looked.Year() == 1970 {
			time.Sleep(time.Millisecond)
		}
		if err := scheduler.RunNow(i.ID); err != nil {
			t.Fatal(err)
		}
	}
	for done := 0; done < 3; {
		time.Sleep(10 * time.Millisecond)
		done = 0
		for _, i := range scheduler.Items() {
			done += len(i.Results)
		}
	}
	r := NewReloader("checks.yaml", func(context.Context) error { return nil })
	s := serve(t, Config{Address: Address{Base: "/"}, Metrics: m, Scheduler: scheduler, Reloader: r})
	s.store = store
	return s
}

// TestMetrics: promtool finds no fault; the checks are as in the textfile; the histograms
// are classic in the text formats and native, too, in the binary one.
func TestMetrics(t *testing.T) {
	s := checked(t)
	ask(t, plain, "GET", s.url+"/-/healthy") // a request to count
	text := ask(t, plain, "GET", s.url+"/metrics").text
	for _, want := range []string{
		`mailprobe_status{site="a \"b\"",check="smtp",target="127.0.0.1:1",entry="a",tags=",x,"} 2`,
		`mailprobe_step_latency_seconds_count{site="a \"b\"",check="smtp",group="g",step="connect"} 2`,
		`mailprobe_scheduler_checks 3`, `mailprobe_config_last_reload_successful 1`, `mailprobe_notifier_failures_total 0`,
		`mailprobe_http_requests_total{code="200",method="GET",route="/-/healthy"} 1`, `mailprobe_scheduler_lag_seconds_count 3`,
		`mailprobe_run_status{site="a \"b\"",file="`, `mailprobe_build_info{site="a \"b\"",version=`, `go_goroutines `, `process_start_time_seconds `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	s.config.Metrics.Forget(&suite.Suite{Checks: []*suite.Check{{Name: "a", Kind: smtpcheck.Kind()}}})
	if text := ask(t, plain, "GET", s.url+"/metrics").text; strings.Contains(text, `group="g",step="connect",le=`) || !strings.Contains(text, `group="",step="connect",le=`) {
		t.Error("the histograms of a check that is gone are left, or others are not")
	}
	lint(t, text)
}

// TestStepLatency: only steps of the kind have a histogram, whatever the results of another place
// name.
func TestStepLatency(t *testing.T) {
	m := NewMetrics(nil)
	r := &probe.Result{Check: "smtp"}
	for _, name := range []string{"connect", "rcpt-2", "rcpt-12345", "made-up", "connect-", "hop-1"} {
		r.Steps = append(r.Steps, probe.Step{Name: name, Status: probe.OK, Elapsed: time.Second})
	}
	m.Ended(&suite.Outcome{Item: &suite.Item{Check: &suite.Check{Kind: smtpcheck.Kind()}}, Results: []*probe.Result{r}})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, one := range f.GetMetric() {
			for _, l := range one.GetLabel() {
				if f.GetName() == stepLatency && l.GetName() == "step" {
					got = append(got, l.GetValue())
				}
			}
		}
	}
	if want := []string{"connect", "rcpt-2"}; !slices.Equal(got, want) {
		t.Errorf("the steps are %q, want %q", got, want)
	}
}

// TestMetricsSilenced: a silence is in the metrics at once, and its end is, though no check
// has run since.
func TestMetricsSilenced(t *testing.T) {
	s := checked(t)
	scheduler := s.config.Scheduler
	silenced := func() (names []string) {
		text := ask(t, plain, "GET", s.url+"/metrics").text
		for _, m := range regexp.MustCompile(`\nmailprobe_check_silenced\{.*target="([0-9.]+):1",entry="(\w)".*\} 1\n`).FindAllStringSubmatch(text, -1) {
			names = append(names, m[2]+m[1])
		}
		return names
	}
	before := silenced()
	set, err := scheduler.Suite().Silence(t.Context(), s.store, suite.NewSilence{Word: "a", For: time.Hour, By: "alice", Reason: "new disk"}, time.Now())
	if got := silenced(); err != nil || len(before) > 0 || !slices.Equal(got, []string{"a127.0.0.1"}) {
		t.Errorf("silenced are %q, before %q, %v", got, before, err)
	}
	if _, err := s.store.EndSilence(t.Context(), set.ID, time.Now(), "bob"); err != nil || len(silenced()) > 0 {
		t.Errorf("silenced are %q, %v", silenced(), err)
	}
}

func lint(t *testing.T, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), reporttest.Tool(t, "promtool"), "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// TestMetricsFormats: OpenMetrics and the binary format are had by asking, and a name is
// declared once.
func TestMetricsFormats(t *testing.T) {
	s := checked(t)
	open := ask(t, plain, "GET", s.url+"/metrics", "Accept: application/openmetrics-text; version=1.0.0")
	if !strings.HasSuffix(open.text, "# EOF\n") || !strings.HasPrefix(open.Header.Get("Content-Type"), "application/openmetrics-text") {
		t.Errorf("%s: %.100s", open.Header.Get("Content-Type"), open.text)
	}
	binary := ask(t, plain, "GET", s.url+"/metrics", "Accept: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
	found := map[string]*dto.MetricFamily{}
	for d := expfmt.NewDecoder(strings.NewReader(binary.text), expfmt.ResponseFormat(binary.Header)); ; {
		var f dto.MetricFamily
		if err := d.Decode(&f); err != nil {
			break
		}
		if found[f.GetName()] != nil {
			t.Errorf("%s is declared twice", f.GetName())
		}
		found[f.GetName()] = &f
	}
	h := found[stepLatency].GetMetric()[0].GetHistogram()
	if h.GetSchema() == 0 || len(h.GetPositiveSpan()) == 0 || len(h.GetBucket()) != 8 {
		t.Errorf("the histogram is %v", h)
	}
	if n := len(found["mailprobe_status"].GetMetric()); n != 3 {
		t.Errorf("%d checks", n)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	written, err := parser.TextToMetricFamilies(strings.NewReader(ask(t, plain, "GET", s.url+"/metrics").text))
	if names := slices.Sorted(maps.Keys(written)); err != nil || !slices.Equal(names, slices.Sorted(maps.Keys(found))) {
		t.Errorf("%v: the text has %q", err, names)
	}
	if one := ask(t, plain, "GET", s.url+"/metrics?name[]=mailprobe_status").text; strings.Count(one, "# TYPE ") != 1 || strings.Count(one, "\nmailprobe_status{") != 3 {
		t.Error(one)
	}
	packed := ask(t, plain, "GET", s.url+"/metrics", "Accept-Encoding: gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.text) > len(open.text)/4 {
		t.Errorf("%d bytes, %v", len(packed.text), packed.Header)
	}
}

// TestMetricsWithoutFile: the server has its own metrics, and its version.
func TestMetricsWithoutFile(t *testing.T) {
	s := serve(t, Config{Address: Address{Base: "/"}})
	text := ask(t, plain, "GET", s.url+"/metrics").text
	if !strings.Contains(text, "\nmailprobe_build_info{") || strings.Contains(text, "mailprobe_scheduler_checks") || strings.Contains(text, "mailprobe_config") {
		t.Error(text)
	}
	lint(t, text)
}
