package probe

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stub is a kind whose check is a function.
type stub struct {
	check   func(context.Context, Target, *Result) error
	expand  func(Target, *Result) ([]Target, error)
	prepare error
	// preparing is called in the place of prepare, if set.
	preparing func(context.Context) error
	alone     func(Target) string
}

func (s *stub) Alone(t Target) string {
	if s.alone == nil {
		return ""
	}
	return s.alone(t)
}

func (s *stub) Prepare(ctx context.Context) error {
	if s.preparing != nil {
		return s.preparing(ctx)
	}
	return s.prepare
}

func (s *stub) Check(ctx context.Context, t Target, r *Result) error { return s.check(ctx, t, r) }

func (s *stub) Expand(_ context.Context, t Target, r *Result) ([]Target, error) {
	if s.expand == nil {
		return []Target{t}, nil
	}
	return s.expand(t, r)
}

// kind makes a kind of a checker.
func (s *stub) kind() Kind {
	return Kind{
		Name: "stub", Schemes: []Scheme{{Name: "stub", Port: 7}, {Name: "stubs", Port: 8, TLS: true}},
		Steps: []string{"one", "two"},
		New:   func(o *Options) (Checker, []Option) { return s, o.ReplyOptions() },
	}
}

// prepared returns a check with its flags set.
func (s *stub) prepared(t *testing.T, args ...string) *Check {
	t.Helper()
	c, err := s.parsed(args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *stub) parsed(args ...string) (*Check, error) {
	c := New(s.kind())
	if _, err := ParseArgs(c.Declared, args); err != nil {
		return nil, err
	}
	return c, c.Prepare(context.Background())
}

// do checks one target with the flags of args.
func (s *stub) do(t *testing.T, args ...string) *Result {
	t.Helper()
	results := s.prepared(t, args...).Do(t.Context(), Target{Text: "host", Host: "192.0.2.1", Port: 7})
	if len(results) != 1 {
		t.Fatalf("there are %d results", len(results))
	}
	return results[0]
}

// steps is a stub that runs steps, each ending in an error or not.
func steps(names []string, errs ...error) *stub {
	return &stub{check: func(_ context.Context, _ Target, r *Result) error {
		for i, name := range names {
			if err := r.Run(name, func(*Step) error { return errs[i] }); err != nil {
				return err
			}
		}
		return nil
	}}
}

var errBroken = errors.New("it is broken")
