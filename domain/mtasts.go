package domain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/transport"
)

// shortAge is the life of a policy in seconds below which it hardly protects.
const shortAge = 86400

// stsOutcome is what is known of the MTA-STS policy: the step that judges it, and the
// policy, nil for none.
type stsOutcome struct {
	step   probe.Step
	policy *policy.STSPolicy
	leaf   string // the certificate of its server
	err    error
}

// mtaSTS judges the MTA-STS policy (RFC 8461).
func (q *inquiry) mtaSTS(ctx context.Context, s *probe.Step) error {
	o := q.sts(ctx)
	o.step.Name, o.step.Group = s.Name, s.Group
	*s = o.step
	if o.policy != nil && o.policy.Mode == "enforce" && q.connects() {
		q.holdSessions(ctx, s, o)
	}
	return o.err
}

// holdSessions holds a policy that senders enforce against the sessions with the
// exchangers. What was not reached is judged elsewhere.
func (q *inquiry) holdSessions(ctx context.Context, s *probe.Step, o stsOutcome) {
	for _, h := range q.sessions(ctx) {
		for _, one := range h.all {
			cause, text := q.violation(h.name, one)
			if cause != nil && o.enforces(h.name) && one.reached() {
				s.RaiseFor(advise(cause), fmt.Sprintf("senders that heed the policy do not deliver to %s (%s): %s", h.name, one.addr, text))
			}
		}
	}
}

// askSTS finds and judges the policy.
func (q *inquiry) askSTS(ctx context.Context) (o stsOutcome) {
	o.step.Status = probe.OK
	o.policy, o.err = q.findSTS(ctx, &o)
	return o
}

// enforces reports whether senders that heed MTA-STS demand a good certificate of an
// exchanger.
func (o stsOutcome) enforces(exchanger string) bool {
	return o.policy != nil && o.policy.Mode == "enforce" && o.policy.Permits(exchanger)
}

// findSTS returns the policy, nil where there is none or it is not known.
func (q *inquiry) findSTS(ctx context.Context, o *stsOutcome) (*policy.STSPolicy, error) {
	s := &o.step
	name := "_mta-sts." + q.domain
	texts, err := q.text(ctx, name, policy.IsSTS)
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil, nil
	case len(texts) == 0:
		return nil, q.withoutSTS(ctx, s, name)
	case len(texts) > 1:
		q.publishSTS(ctx, s)
		return nil, probe.Because(CauseSTSUnusable.Advise("leave one record"), fmt.Errorf("%s has %d records, so that senders find no policy", name, len(texts)))
	}
	if _, err := policy.ParseSTSRecord(texts[0]); err != nil {
		q.publishSTS(ctx, s)
		return nil, probe.Because(CauseSTSUnusable.Advise("publish a record with another id"), err)
	}
	p, err := q.fetchPolicy(ctx, o)
	if err != nil {
		return nil, err
	}
	s.Learn(probe.Text("sts_mode", p.Mode), probe.Number("sts_max_age", float64(p.MaxAge), probe.Seconds))
	s.Say(p.Mode + " " + strings.Join(p.MX, " "))
	q.judgePolicy(ctx, s, p)
	return p, nil
}

// judgePolicy holds a policy against the exchangers.
func (q *inquiry) judgePolicy(ctx context.Context, s *probe.Step, p *policy.STSPolicy) {
	if p.Mode != "enforce" {
		if q.requires("enforce") {
			s.RaiseFor(CauseRequiredAbsent, "the mode is "+p.Mode+", and --require enforce was given")
		}
		s.RaiseFor(CauseSTSWeak, "the mode is "+p.Mode+", which protects nothing")
	}
	if p.MaxAge < shortAge && p.Mode != "none" {
		s.RaiseFor(CauseSTSWeak, fmt.Sprintf("max_age is %d s, less than a day", p.MaxAge))
	}
	m := q.exchangers(ctx)
	if m.err != nil {
		unknown(s, m.err, "the exchangers are not known: "+m.err.Error())
		return
	}
	q.matchPolicy(ctx, s, p, m.hosts)
}

// matchPolicy compares the names in a policy with those of the exchangers.
func (q *inquiry) matchPolicy(ctx context.Context, s *probe.Step, p *policy.STSPolicy, hosts []mailHost) {
	var missing []string
	used := map[string]bool{}
	for _, h := range hosts {
		for _, pattern := range p.MX {
			used[pattern] = used[pattern] || policy.MatchesSTS(pattern, h.name)
		}
		if !p.Permits(h.name) {
			missing = append(missing, h.name)
		}
	}
	if len(missing) > 0 && p.Mode != "none" {
		cause := CauseSTSMismatch
		if lines := policyLines(missing); len(lines) == len(missing) {
			cause = cause.Advise("add to the policy " + strings.Join(lines, ", ") + " and then publish the record with its new id, or remove the exchanger from the MX records")
			q.publishSTS(ctx, s)
		}
		if p.Mode == "testing" {
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(cause, "the policy does not have the exchanger "+strings.Join(missing, ", "))
	}
	for _, pattern := range p.MX {
		if !used[pattern] {
			s.RaiseFor(CauseSTSWeak, fmt.Sprintf("no exchanger is called %s", pattern))
		}
	}
}

// policyLines are the lines of a policy for exchangers, of those whose names are legible.
func policyLines(hosts []string) (lines []string) {
	for _, name := range hosts {
		if isHost(name) {
			lines = append(lines, "mx: "+name)
		}
	}
	return lines
}

// withoutSTS ends the step of a domain without a record, with what to set up where the
// user requires it.
func (q *inquiry) withoutSTS(ctx context.Context, s *probe.Step, name string) error {
	thing := "mta-sts"
	if q.requires("enforce") {
		thing = "enforce"
	}
	err := q.absent(s, thing, "there is no record at "+name)
	var required *probe.Failure
	if errors.As(err, &required) {
		var names []string
		for _, h := range q.exchangers(ctx).hosts {
			names = append(names, h.name)
		}
		lines := slices.Concat([]string{"version: STSv1", "mode: testing", "max_age: 604800"}, policyLines(names))
		required.Hint = fmt.Sprintf("serve https://mta-sts.%s/.well-known/mta-sts.txt with the lines %s; then publish the record, and once the reports are good another with mode: enforce",
			q.domain, strings.Join(lines, ", "))
		q.publishSTS(ctx, s)
	}
	return err
}

// publishSTS proposes a record with a new id, which makes senders fetch the policy.
func (q *inquiry) publishSTS(ctx context.Context, s *probe.Step) {
	q.propose(ctx, s, "_mta-sts."+q.domain, "v=STSv1; id="+time.Now().UTC().Format("20060102150405"))
}

// fetchPolicy gets the policy as senders do: without redirects, from a server with a
// good certificate of its own, and in bounds of time and size.
func (q *inquiry) fetchPolicy(ctx context.Context, o *stsOutcome) (*policy.STSPolicy, error) {
	host := "mta-sts." + q.domain
	url := "https://" + host + "/.well-known/mta-sts.txt"
	got, err := q.fetch(ctx, url)
	var failure *probe.Failure
	switch {
	case errors.As(err, &failure):
		return nil, err
	case errors.Is(err, errNoHost):
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("there is a record and no policy: %s has no address", host))
	case errors.Is(err, errUnanswered):
		return nil, probe.Because(CauseSTSUnreachable, fmt.Errorf("%s does not answer: is HTTPS blocked here?", url))
	case err != nil:
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("the policy cannot be fetched from %s: %w", url, err))
	}
	if got.tls != nil && len(got.tls.PeerCertificates) > 0 {
		leaf := got.tls.PeerCertificates[0]
		o.leaf = string(leaf.Raw)
		o.step.Learn(transport.DaysLeft("sts_cert_days_left", leaf))
	}
	return readPolicy(&o.step, url, got)
}

// readPolicy reads the answer.
func readPolicy(s *probe.Step, url string, got page) (*policy.STSPolicy, error) {
	if got.status != http.StatusOK {
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("%s answers %d, which is no policy; senders follow no redirects", url, got.status))
	}
	p, err := policy.ParseSTSPolicy(string(got.body))
	if err != nil {
		return nil, probe.Because(CauseSTSUnusable, fmt.Errorf("the policy at %s cannot be used: %w", url, err))
	}
	if got.media != "text/plain" {
		s.RaiseFor(CauseSTSWeak, fmt.Sprintf("the policy is sent as %q, not text/plain", got.media))
	}
	return p, nil
}
