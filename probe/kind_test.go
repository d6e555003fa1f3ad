package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// texts are the targets and verdicts of results.
func texts(results []*Result) string {
	var words []string
	for _, r := range results {
		words = append(words, r.Target+"="+r.Status.String())
	}
	return strings.Join(words, " ")
}

func TestAllAddresses(t *testing.T) {
	s := &stub{check: func(_ context.Context, t Target, r *Result) error {
		return r.Run("one", func(*Step) error {
			r.Reached(netip.AddrPortFrom(t.Addr, t.Port))
			if t.Addr.Is6() {
				return errBroken
			}
			return nil
		})
	}}
	c := s.prepared(t, "--all-addresses")
	c.Options.DNS = fakeDNS{addrs: []string{"192.0.2.2", "2001:db8::1", "192.0.2.1"}}
	results := c.Do(t.Context(), Target{Text: "mx", Host: "mx", Port: 25})
	if got := texts(results); got != "mx[192.0.2.2]:25=OK mx[2001:db8::1]:25=CRITICAL mx[192.0.2.1]:25=OK" {
		t.Errorf("results %s", got)
	}
	if results[1].Address != "[2001:db8::1]:25" {
		t.Errorf("address %s", results[1].Address)
	}
	c.Options.DNS = fakeDNS{err: errBroken}
	s.check = func(ctx context.Context, t Target, r *Result) error {
		return r.Run("one", func(s *Step) error { _, err := c.Options.Resolve(ctx, t, s); return err })
	}
	if got := texts(c.Do(t.Context(), Target{Text: "mx", Host: "mx", Port: 25})); got != "mx=UNKNOWN" {
		t.Errorf("without resolver: %s", got)
	}
}

// TestExpand: the leading steps are those of every result, each of its own.
func TestExpand(t *testing.T) {
	s := &stub{
		expand: func(t Target, r *Result) ([]Target, error) {
			err := r.Run("mx", func(s *Step) error { s.Learn(Text("exchangers", "a, b, c")); return nil })
			return []Target{{Text: "a"}, {Text: "b"}, {Text: "c"}}, err
		},
		check: func(_ context.Context, t Target, r *Result) error {
			r.Transcript.Hide("exch", "secret"+"123")
			if t.Text == "b" {
				return nil // nothing more: the time is learned by the leading step
			}
			return r.Run("one", func(*Step) error { return nil })
		},
	}
	results := s.prepared(t).Do(t.Context(), Target{Text: "example.org"})
	if got := texts(results); got != "a=OK b=OK c=OK" {
		t.Errorf("results %s", got)
	}
	for _, r := range results {
		if n := len(r.Step("mx").Facts); n != 1 && r.Target != "b" || n != 2 && r.Target == "b" {
			t.Errorf("%s has %d facts in its leading step", r.Target, n)
		}
	}
}

func TestExpandFails(t *testing.T) {
	fail := &stub{expand: func(_ Target, r *Result) ([]Target, error) {
		return nil, r.Run("mx", func(*Step) error { return &Failure{Status: Unknown, Err: errors.New("the resolver is out")} })
	}}
	none := &stub{expand: func(_ Target, r *Result) ([]Target, error) {
		return nil, r.Run("mx", func(*Step) error { return nil })
	}}
	if got := texts(fail.prepared(t).Do(t.Context(), Target{Text: "x"})); got != "x=UNKNOWN" {
		t.Errorf("a failed expansion: %s", got)
	}
	if got := texts(none.prepared(t).Do(t.Context(), Target{Text: "x"})); got != "x=OK" {
		t.Errorf("an expansion to nothing: %s", got)
	}
}

// TestTooManyTargets: a domain with a thousand exchangers is cut, and that is said.
func TestTooManyTargets(t *testing.T) {
	s := &stub{
		expand: func(Target, *Result) ([]Target, error) { return make([]Target, 1000), nil },
		check: func(_ context.Context, _ Target, r *Result) error {
			return r.Run("one", func(*Step) error { return nil })
		},
	}
	results := s.prepared(t).Do(t.Context(), Target{Text: "x"})
	if len(results) != maxTargets || results[0].Status != Warning || !strings.Contains(results[0].Summary, "1000 are too many, the first 256 are checked") {
		t.Errorf("%d results, the first is %s %s", len(results), results[0].Status, results[0].Summary)
	}
}

func TestDoIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{check: func(ctx context.Context, _ Target, r *Result) error {
			return r.Run("one", func(*Step) error { <-ctx.Done(); return fmt.Errorf("too slow: %w", ctx.Err()) })
		}}
		if r := s.do(t, "--timeout", "7s"); r.Elapsed != 7*time.Second || r.Status != Critical || r.Step("interrupted") != nil {
			t.Errorf("%s %s after %s", r.Status, r.Summary, r.Elapsed)
		}
	})
}

func TestPrepareFails(t *testing.T) {
	s := &stub{prepare: errBroken}
	if _, err := s.parsed(); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	if err := steps(nil).prepared(t).Close(); err != nil {
		t.Error(err)
	}
}
