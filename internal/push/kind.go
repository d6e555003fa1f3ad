package push

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/wire"
)

// minToken is the length of the shortest token, in bytes. Sixteen letters and digits that
// were drawn at random cannot be found by trying.
const minToken = 16

// Kind is the kind push.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "push",
		Short: "wait for reports of a job, or of mail that must come",
		Long: `Wait for reports that come to /api/v1/push/TOKEN of mailprobe serve, and fail where
none comes in time. It needs a file of checks, and every: there.`,
		Steps:    []string{step},
		Causes:   Causes,
		Measures: measures,
		New:      newCheck,
	}
}

// step is the one step of the check, ExitCode its fact.
const (
	step     = "push"
	ExitCode = "exit_code"
)

func measures() []probe.Measure { return []probe.Measure{{Name: ExitCode, Unit: probe.None}} }

// Check is the check with its options.
type Check struct {
	// Grace is how much later than its interval a push may come, and how long a job may
	// take that has reported its beginning; 0 is a tenth of the interval, at least a
	// minute.
	Grace time.Duration
	// Secret says where the token is.
	Secret sasl.Source

	options *probe.Options
	token   wire.Secret
}

func newCheck(o *probe.Options) (probe.Checker, []probe.Option) {
	c := &Check{options: o, Secret: sasl.Source{What: "token"}}
	return c, []probe.Option{
		{Name: "token-file", Type: probe.TypeFile, Value: &c.Secret.File, Usage: "read the token from the first line of a `file`"},
		{Name: "token-env", Value: &c.Secret.Env, Usage: "read the token from an environment `variable`"},
		{Name: "token-command", Type: probe.TypeCommand, Value: &c.Secret.Command, Usage: "read the token from the first line that a shell `command` prints"},
		{Name: "token", Value: &c.Secret.Text, Usage: "the `token` itself, which whoever reads the file may then use"},
		{Name: "grace", Type: probe.TypeDuration, Value: &c.Grace, Usage: "how much later than its interval a push may come (a tenth of it, at least 1m)"},
	}
}

// Target implements probe.Targeter: what pushes is not known beforehand.
func (c *Check) Target() probe.Target { return probe.Target{} }

// Prepare reads the token.
func (c *Check) Prepare(ctx context.Context) error {
	if !c.Secret.IsSet() {
		return probe.OptionErrorf("%s is missing: a file with the token in it; %s", probe.OptionName("token-file"), howToMake)
	}
	token, err := c.Secret.Read(ctx, c.options.NoCommands)
	if err != nil || c.options.NoCommands && c.Secret.Command != "" {
		return err
	}
	if err := checkToken(string(token)); err != nil {
		return probe.OptionErrorf("%s: %w", c.Secret.Option(), err)
	}
	c.token = token
	return nil
}

// howToMake ends the errors of a token that is missing or bad.
const howToMake = "`openssl rand -hex 16` makes one"

// checkToken returns what is wrong with a token. It has letters that stand for themselves
// in a URL (RFC 3986 §2.3).
func checkToken(token string) error {
	for i := range len(token) {
		if !isUnreserved(token[i]) {
			return errors.New("a token has letters, digits and -._~ only; " + howToMake)
		}
	}
	switch {
	case len(token) < minToken:
		return fmt.Errorf("a token of %d characters can be guessed, it has at least %d; %s", len(token), minToken, howToMake)
	case len(token) > MaxToken:
		return fmt.Errorf("a token has at most %d characters; %s", MaxToken, howToMake)
	}
	return nil
}

// MaxToken is the length of the longest token, in bytes.
const MaxToken = 256

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// Token implements probe.Passive.
func (c *Check) Token() [sha256.Size]byte { return sha256.Sum256([]byte(c.token)) }

// Check implements probe.Checker, for a rehearsal: there is nothing to try.
func (c *Check) Check(_ context.Context, _ probe.Target, r *probe.Result) error {
	return r.Run(step, func(s *probe.Step) error { return s.Skip("there is nothing to try: it waits for a push") })
}

// grace is how much later than the interval a push may come.
func (c *Check) grace(every time.Duration) time.Duration {
	return cmp.Or(c.Grace, max(every/10, time.Minute))
}

// Deadline implements probe.Passive. A job that has begun must end within the grace,
// counted from the first time it began: one that is started over and over never ends.
func (c *Check) Deadline(every time.Duration, w probe.Wait) time.Time {
	if !w.First.IsZero() {
		return w.First.Add(c.grace(every))
	}
	if w.Last.IsZero() {
		return w.Since.Add(every + c.grace(every))
	}
	return w.Last.Add(every + c.grace(every))
}

// Missing implements probe.Passive.
func (c *Check) Missing(r *probe.Result, every time.Duration, w probe.Wait) error {
	r.Took(0)
	return r.Run(step, func(*probe.Step) error {
		ago := func(t time.Time) string { return probe.FormatSpan(w.Now.Sub(t)) }
		cause, why := CauseMissing, "none ever came, in "+ago(w.Since)
		switch {
		case !w.First.IsZero():
			cause, why = CauseUnfinished, fmt.Sprintf("a job began %s ago and has not ended", ago(w.First))
		case !w.Last.IsZero():
			why = fmt.Sprintf("none came for %s", ago(w.Last))
		}
		why += fmt.Sprintf("; one is due every %s, within %s", probe.FormatSpan(every), probe.FormatSpan(c.grace(every)))
		if w.Listening.IsZero() {
			return probe.Because(CauseUnheard, errors.New(why+"; mailprobe serve, which takes pushes, does not run"))
		}
		if !c.listened(every, w) {
			return probe.Because(CauseUnheard, fmt.Errorf("%s; mailprobe serve took pushes only since %s", why, w.Listening.UTC().Format("2006-01-02 15:04 UTC")))
		}
		return probe.Because(cause, errors.New(why))
	})
}

// listened reports whether a push that came in time would have been heard: deliveries were
// taken from before it was due, or have been for a whole interval by now.
func (c *Check) listened(every time.Duration, w probe.Wait) bool {
	grace := c.grace(every)
	due := c.Deadline(every, w).Add(-2 * grace)
	if !w.First.IsZero() {
		due = w.First
	}
	return !w.Listening.After(due) || w.Now.Sub(w.Listening) >= every+grace
}

// Deliver implements probe.Passive.
func (c *Check) Deliver(r *probe.Result, d probe.Delivery) error {
	r.Transcript.Hide(c.token)
	r.Took(d.Took)
	return r.Run(step, func(s *probe.Step) error {
		s.Took = d.Took
		for _, line := range d.Body {
			r.Transcript.Record(wire.Server, report.Clean(line))
		}
		text := report.Clean(d.Text)
		if d.ExitCode != nil {
			s.Learn(probe.Number(ExitCode, float64(*d.ExitCode), probe.None))
			text = cmp.Or(text, fmt.Sprintf("exit code %d", *d.ExitCode))
		}
		if d.Status != probe.OK {
			return probe.Because(CauseReported.As(d.Status), errors.New(cmp.Or(text, "it reported "+d.Status.String())))
		}
		s.Say(cmp.Or(text, "it reported OK"))
		return nil
	})
}
