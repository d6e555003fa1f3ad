package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// repeating is a kind whose sessions take a second, and whose nth session is that of do.
func repeating(do func(n int, r *Result) error) Kind {
	s := &stub{}
	n := 0
	s.check = func(ctx context.Context, _ Target, r *Result) error {
		n++
		if !Pause(ctx, time.Second) {
			return ctx.Err()
		}
		return do(n, r)
	}
	k := s.kind()
	k.Steps, k.Offers = []string{"ehlo", "starttls", "auth", RepeatStep}, Listing{"extensions", ", "}
	k.Measures = func() []Measure { return nil }
	k.New = func(o *Options) (Checker, []Option) { return s, append(o.ReplyOptions(), o.RepeatOption()...) }
	return k
}

func doRepeated(t *testing.T, ctx context.Context, kind Kind, args ...string) *Result {
	t.Helper()
	c := New(kind)
	if _, err := ParseArgs(c.Declared, args); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	return c.Do(ctx, Target{Text: "host", Host: "192.0.2.1", Port: 7})[0]
}

func ehlo(r *Result, extensions string) {
	_ = r.Run("ehlo", func(s *Step) error {
		s.Learn(Text("extensions", extensions))
		return nil
	})
}

var errNoTLS = Because(&Cause{Name: "tls-not-offered", Blame: BlameServer, Status: Critical, Hint: "enable TLS"}, errors.New("no STARTTLS"))

// sometimes lacks STARTTLS in every fourth session.
func sometimes(n int, r *Result) error {
	if n%4 != 0 {
		ehlo(r, "SIZE 1000, STARTTLS")
		r.Summary = "fine"
		return nil
	}
	ehlo(r, "SIZE 1000")
	return r.Run("starttls", func(*Step) error { return errNoTLS })
}

func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      func(int, *Result) error
		args    []string
		cancel  time.Duration
		status  Status
		summary string
		says    string
		facts   string
	}{
		{"now and then", sometimes, []string{"--repeat=12"}, 0, Critical, "starttls: in 3 of 12 sessions: no STARTTLS (+1 more)",
			"12 sessions, 3 failed; 3: starttls: no STARTTLS; not offered every time: STARTTLS at ehlo in 9 of 12 sessions", "12 3 1.00 s 1.00 s 1.00 s"},
		{"never", func(_ int, r *Result) error { return sometimes(1, r) }, []string{"--repeat=3"}, 0, OK, "fine, in 3 of 3 sessions", "3 sessions, 0 failed", "3 0"},
		{"differs and does not fail", func(n int, r *Result) error { ehlo(r, fmt.Sprintf("SIZE %d", 1000*(n%2))); return nil }, []string{"--repeat=4"}, 0, Warning,
			"repeat: not offered every time: SIZE 0 at ehlo in 2 of 4 sessions, SIZE 1000 at ehlo in 2 of 4 sessions", "4 sessions, 0 failed", "4 0"},
		{"no time", sometimes, []string{"--repeat=20", "--timeout=9700ms"}, 0, Critical, "starttls: in 1 of 6 sessions: no STARTTLS (+1 more)", "there was time for 6 of 20 sessions in the 9.70 s of --timeout", "6 1"},
		{"no time, no failure", func(_ int, r *Result) error { return sometimes(1, r) }, []string{"--repeat=20", "--timeout=9700ms"}, 0, Unknown,
			"repeat: there was time for 6 of 20 sessions in the 9.70 s of --timeout", "", "6 0"},
		{"interrupted", func(_ int, r *Result) error { return sometimes(1, r) }, []string{"--repeat=20"}, 3900 * time.Millisecond, Unknown,
			"interrupted: stopped early; the steps above are complete", "2 sessions, 0 failed; interrupted before the other 18", "2 0"},
		{"log-in refused", func(_ int, r *Result) error {
			return r.Run("auth", func(*Step) error { return RefuseBecause(CauseUsage.As(Critical), errors.New("wrong password")) })
		}, []string{"--repeat=20"}, 0, Critical, "auth: in 1 of 1 sessions: wrong password", "no more of the 20, as the log-in was refused", "1 1"},
		{"slower than permitted", sometimes, []string{"--repeat=3", "--warn=session_median=500ms"}, 0, Warning, "repeat: session_median 1.00 s is outside warning range 500ms", "", "3 0"},
		{"a session slower than permitted", sometimes, []string{"--repeat=3", "--warn=500ms"}, 0, Warning, "ehlo: in 3 of 3 sessions: total 1.00 s is outside warning range 500ms", "3 sessions, 3 failed", "3 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					time.AfterFunc(c.cancel, cancel)
				}
				r := doRepeated(t, ctx, repeating(c.do), c.args...)
				if r.Status != c.status || r.Summary != c.summary {
					t.Errorf("%s %q, not %s %q", r.Status, r.Summary, c.status, c.summary)
				}
				step := r.Step(RepeatStep)
				if step == nil || !strings.Contains(step.Detail, c.says) {
					t.Fatalf("the step is %+v, not %q", step, c.says)
				}
				var facts []string
				for _, f := range step.Facts {
					facts = append(facts, f.Text)
				}
				if got := strings.Join(facts, " "); !strings.HasPrefix(got, c.facts) {
					t.Errorf("the facts are %q, not %q", got, c.facts)
				}
			})
		})
	}
}

// A session that hangs is a finding where it had some time, and none where it was begun
// shortly before the end.
func TestRepeatHangs(t *testing.T) {
	for hangs, want := range map[int]string{3: "3 1", 10: "9 0"} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			s := &stub{check: func(ctx context.Context, _ Target, r *Result) error {
				if n++; n == hangs {
					return r.Run("ehlo", func(*Step) error { <-ctx.Done(); return ctx.Err() })
				}
				Pause(ctx, time.Second)
				return r.Run("ehlo", func(*Step) error { return nil })
			}}
			kind := repeating(nil)
			kind.New = func(o *Options) (Checker, []Option) { return s, append(o.ReplyOptions(), o.RepeatOption()...) }
			r := doRepeated(t, t.Context(), kind, "--repeat=20", "--timeout=16s")
			made, _ := r.Fact("sessions")
			failed, _ := r.Fact("sessions_failed")
			if got := made.Text + " " + failed.Text; got != want {
				t.Errorf("session %d hangs: sessions and failures are %s, not %s: %s", hangs, got, want, r.Step(RepeatStep).Detail)
			}
		})
	}
}

func TestRepeatUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--repeat=-1":                "--repeat -1 is not a number of sessions from 1 to 1000",
		"--repeat=1001":              "--repeat 1001 is not a number of sessions from 1 to 1000",
		"--repeat=61":                "--repeat 61 takes more than the 30.0 s of --timeout, as there is a pause of 500 ms after each session",
		"--repeat=100 --timeout=49s": "--repeat 100 takes more than the 49.0 s of --timeout, as there is a pause of 500 ms after each session",
		"--repeat=two":               `--repeat: "two" is not a whole number`,
	} {
		c := New(repeating(sometimes))
		_, err := ParseArgs(c.Declared, strings.Fields(args))
		if err == nil {
			err = c.Prepare(t.Context())
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, not %s", args, err, want)
		}
	}
}
