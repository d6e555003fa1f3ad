package domain

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// part is what makes one step.
type part struct {
	name, group string
	do          func(*inquiry, context.Context, *probe.Step) error
}

// The headings of steps.
const (
	before    = "ZONE"
	receiving = "RECEIVING"
	sending   = "SENDING"
	reporting = "REPORTING"
)

// parts returns all steps, in the order of a result.
func parts() []part {
	return []part{
		{zoneStep, before, (*inquiry).lintZone},
		{"delegation", receiving, (*inquiry).delegation},
		{"mx", receiving, (*inquiry).mx},
		{exchanger, receiving, (*inquiry).waitSessions},
		{"dane", receiving, (*inquiry).dane},
		{"mta-sts", receiving, (*inquiry).mtaSTS},
		{"caa", receiving, (*inquiry).caa},
		{"srv", receiving, (*inquiry).srv},
		{autoconfig, receiving, (*inquiry).autoconfig},
		{"ptr", sending, (*inquiry).ptr},
		{"spf", sending, (*inquiry).spf},
		{"dkim", sending, (*inquiry).dkim},
		{"dmarc", sending, (*inquiry).dmarc},
		{"dnsbl", sending, (*inquiry).dnsbl},
		{"bimi", sending, (*inquiry).bimi},
		{"dmarc-reports", reporting, (*inquiry).dmarcReports},
		{"tlsrpt", reporting, (*inquiry).tlsrpt},
	}
}

func stepNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// inquiry is the check of one domain. Its steps run side by side and share the answers.
type inquiry struct {
	*Check
	resolver
	domain string
	file   *dnssec.ZoneFile // that the domain is in, nil for what is published

	// What more than one step needs is found once.
	lint       func(context.Context) *lint
	exchangers func(context.Context) mailHosts
	tlsa       func(context.Context) []daneHost
	sts        func(context.Context) stsOutcome
	sessions   func(context.Context) []hostSessions
	issuers    func(context.Context) []issuing
	audit      func(context.Context) *policy.SPFAudit
	dkimKeys   func(context.Context) []foundKey
	policy     func(context.Context) (policy.DMARCFound, error)
}

// inquire begins the check of a domain, which has no trailing dot.
func (c *Check) inquire(domain string) *inquiry {
	q := &inquiry{Check: c, resolver: resolver{c.client}, domain: domain}
	q.exchangers, q.tlsa = onceWith(q.findExchangers), onceWith(q.findAllTLSA)
	q.lint = onceWith(q.findZoneFaults)
	q.sts, q.sessions = onceWith(q.askSTS), onceWith(q.openSessions)
	q.issuers, q.dkimKeys = onceWith(q.findIssuers), onceWith(q.findKeys)
	q.audit = onceWith(func(ctx context.Context) *policy.SPFAudit { return policy.AuditSPF(ctx, q.resolver, q.domain) })
	discover := onceWith(q.findPolicy)
	q.policy = func(ctx context.Context) (policy.DMARCFound, error) {
		f := discover(ctx)
		return f.DMARCFound, f.err
	}
	return q
}

// onceWith returns a function that calls find once, and gives all who call it what it
// found.
func onceWith[T any](find func(context.Context) T) func(context.Context) T {
	var once sync.Once
	var found T
	return func(ctx context.Context) T {
		once.Do(func() { found = find(ctx) })
		return found
	}
}

// outcome is what a part has come to.
type outcome struct {
	step     probe.Step
	err      error
	took     time.Duration
	panicked any
}

// does reports whether a step is to be done.
func (c *Check) does(name string) bool {
	switch {
	case slices.Contains(c.Skipped, name), c.NoSessions && (name == exchanger || name == autoconfig), name == zoneStep && c.ZoneFile == "":
		return false
	}
	return len(c.Only) == 0 || slices.Contains(c.Only, name)
}

// whole returns the outcome, or panics as the part did.
func (o outcome) whole() outcome {
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o
}

// Check implements probe.Checker.
func (c *Check) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	if err := c.PrepareTarget(t); err != nil { // as of a list
		return probe.Because(probe.CauseUsage.Advise("correct the line; the other targets were checked"), err)
	}
	q := c.inquire(strings.ToLower(strings.TrimSuffix(t.Host, ".")))
	if err := q.takeFile(r); err != nil {
		return err
	}
	chosen := slices.DeleteFunc(parts(), func(p part) bool { return !c.does(p.name) })
	pending := make([]<-chan outcome, len(chosen))
	for i, p := range chosen {
		pending[i] = q.begin(ctx, p)
	}
	for i, p := range chosen {
		switch p.name {
		case zoneStep:
			q.recordZone(ctx, r, pending[i])
			continue
		case exchanger:
			q.recordSessions(ctx, r, pending[i])
			continue
		}
		_ = r.Run(p.name, func(s *probe.Step) error {
			o := (<-pending[i]).whole()
			if isGone(r.Step("delegation")) {
				o = o.ofNothing()
			}
			*s = o.step
			s.Took = max(o.took, 1)
			return o.err
		})
	}
	settleFixes(r)
	summarize(r)
	return nil
}

// begin starts a part. A panic in it is passed to whoever waits for the outcome.
func (q *inquiry) begin(ctx context.Context, p part) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		o := outcome{step: probe.Step{Name: p.name, Group: p.group, Status: probe.OK, FaultsFirst: true}}
		begin := time.Now()
		defer func() {
			o.took, o.panicked = time.Since(begin), recover()
			done <- o
		}()
		o.err = p.do(q, ctx, &o.step)
		q.publish(ctx, &o.step)
	}()
	return done
}

// summarize says in a line what a domain is like where nothing is wrong.
func summarize(r *probe.Result) {
	var texts []string
	for _, s := range r.Steps {
		if s.Status == probe.OK && s.Detail != "" && len(texts) < 3 {
			texts = append(texts, s.Name+": "+s.Detail)
		}
	}
	r.Summary = strings.Join(texts, "; ")
}

// absent ends the step of an optional thing that is not there: it is skipped, unless
// the user requires the thing.
func (q *inquiry) absent(s *probe.Step, thing, why string) error {
	if q.requires(thing) {
		return probe.Because(CauseRequiredAbsent, errors.New(why+", and --require "+thing+" was given"))
	}
	return s.Skip(why)
}
