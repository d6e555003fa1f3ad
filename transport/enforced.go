package transport

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
)

// EnforcedStep is the name of the step that asks what a server does in clear text.
const EnforcedStep = "enforced-tls"

// DeclareEnforced returns the option that asks whether the server demands TLS.
func (o *Options) DeclareEnforced(what string) []probe.Option {
	return probe.Under("TLS", probe.Option{Name: EnforcedStep, Type: probe.TypeBool, Value: &o.Enforced,
		Usage: "the server must refuse " + what + " in clear text, which is tried on a connection of its own without any secret"})
}

// PrepareTarget returns an error if there is no clear text to ask for.
func (o *Options) PrepareTarget(t probe.Target) error {
	if o.Enforced && (o.TLS == Implicit || t.Scheme.TLS && o.TLS != Off) {
		return probe.OptionErrorf("%s asks what a server does before STARTTLS, and %s begins with TLS: leave it out", probe.OptionName(EnforcedStep), t.Text)
	}
	return nil
}

// ClearText is what a server did in clear text.
type ClearText struct {
	// Accepted is what it offered or accepted that should need TLS, in words; none where it
	// demands TLS.
	Accepted []string
	// Refused quotes its refusal; Unclear is why it is not known whether that was for want of
	// TLS, nil where it is.
	Refused string
	Unclear error
	// Cause is that of what was accepted; nil for CauseClearTextAccepted.
	Cause *probe.Cause
}

// Offers adds the mechanisms that show the secret to whoever listens.
func (c *ClearText) Offers(mechanisms []string) {
	telling := slices.DeleteFunc(slices.Clone(mechanisms), func(name string) bool {
		return !slices.Contains([]string{"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}, name)
	})
	if len(telling) > 0 {
		c.Accepted = append(c.Accepted, "offers "+strings.Join(telling, " "))
	}
}

// Enforced returns the step that calls ask with a link of its own to the server, which never
// uses TLS. An error of ask means that nothing was learned.
func (l *Link) Enforced(ask func(*Link) (ClearText, error)) Step {
	return Step{
		Name:   EnforcedStep,
		Due:    func() bool { return l.options.Enforced },
		Spares: func(error) bool { return true },
		Do: func(s *probe.Step) error {
			ctx, cancel := context.WithTimeout(l.ctx, l.probe.StepTimeout(l.ctx)/2) // the session itself has the rest
			defer cancel()
			clear := l.inClear(ctx)
			defer clear.Close()
			found, err := ask(clear)
			found.judge(s, err)
			return nil
		},
	}
}

// inClear returns a link to the addresses of this one that never uses TLS.
func (l *Link) inClear(ctx context.Context) *Link {
	o := &Options{TLS: Off, Proxy: l.options.Proxy, ConnectTimeout: l.options.ConnectTimeout}
	other := NewLink(ctx, l.probe, o, l.Target, &probe.Result{Transcript: l.Result.Transcript})
	other.addrs = l.addrs
	return other
}

// judge ends the step.
func (c ClearText) judge(s *probe.Step, err error) {
	switch failure := cmp.Or(err, c.Unclear); {
	case len(c.Accepted) > 0:
		s.RaiseFor(cmp.Or(c.Cause, CauseClearTextAccepted), "in clear text the server "+strings.Join(c.Accepted, ", "))
	case failure != nil:
		var f *probe.Failure
		hint := "see the other steps for what keeps the server from an answer"
		if errors.As(failure, &f) {
			hint = cmp.Or(f.Hint, hint)
		}
		s.RaiseFor(probe.CauseNotJudged.Advise(hint), "not known whether the server demands TLS: "+failure.Error())
	default:
		s.Say("refused in clear text: " + c.Refused)
	}
}

// BeforeConnect returns steps with another one before the connection.
func BeforeConnect(steps []Step, more Step) []Step {
	at := slices.IndexFunc(steps, func(s Step) bool { return s.Name == "connect" })
	if at < 0 {
		return steps
	}
	return slices.Insert(slices.Clone(steps), at, more)
}
