package suite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// fake is a kind whose checks do what a function says, by the target's host.
type fake struct {
	check   func(ctx context.Context, host string, r *probe.Result) error
	prepare func() error // nil for no error

	files []string
	state string
	count int
}

func (f *fake) Prepare(context.Context) error {
	if f.prepare == nil {
		return nil
	}
	return f.prepare()
}

func (f *fake) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	return f.check(ctx, t.Host, r)
}

// kinds are the fake one, and the one that notifiers use.
func (f *fake) kinds() []probe.Kind {
	return []probe.Kind{smtpcheck.Kind(), {
		Name: "fake", Short: "do as a test says", Schemes: []probe.Scheme{{Name: "fake", Port: 7}},
		Steps: []string{"greeting", "look"},
		New: func(o *probe.Options) (probe.Checker, []probe.Option) {
			each := &fake{check: f.check, prepare: f.prepare, count: 5}
			return each, append(o.ReplyOptions(),
				probe.Option{Name: "look-at", Type: probe.TypeFile, List: true, Value: &each.files},
				probe.Option{Name: "state", Type: probe.TypeDirectory, Value: &each.state},
				probe.Option{Name: "count", Short: "c", Type: probe.TypeNumber, Value: &each.count})
		},
	}}
}

// parse reads a file that is right.
func (f *fake) parse(t *testing.T, text string) *Suite {
	t.Helper()
	s, problems := Parse("checks.yaml", []byte(text), f.kinds())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	return s
}

// reporting is a fake whose step "look" has the status that a function says.
func reporting(status func(host string) probe.Status) *fake {
	return &fake{check: func(_ context.Context, host string, r *probe.Result) error {
		_ = r.Run("greeting", func(*probe.Step) error { return nil })
		return r.Run("look", func(s *probe.Step) error {
			if now := status(host); now != probe.OK {
				return probe.Because(causeFull.As(now), errors.New(`the server answered "452 full"`))
			}
			s.Say("all is well")
			return nil
		})
	}}
}

// causeFull is what is wrong with a fake server.
var causeFull = &probe.Cause{
	Name: "full", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
	Meaning: "The fake server is full.", Hint: "make room", Source: "the tests",
}

// failing is a fake whose checks end as a function says, by how often they were run.
func failing(end func(try int, r *probe.Result) error) *fake {
	try := 0
	return &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
		try++
		return r.Run("look", func(*probe.Step) error { return end(try, r) })
	}}
}

// openHistory opens a history of the test's own.
func openHistory(t *testing.T, now func() time.Time) *history.Store {
	t.Helper()
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), history.FileName), history.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// run runs a whole file.
func run(t *testing.T, s *Suite, o Options) *Report {
	t.Helper()
	o.Items = s.Items()
	if o.Runner.Jobs == 0 {
		o.Runner.Jobs, o.Runner.PerHost = 8, 8
	}
	r, err := s.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
