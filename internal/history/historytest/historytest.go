// Package historytest generates histories as of checks that ran for months, for tests and
// benchmarks. A Plan always generates the same history.
package historytest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Plan describes a history.
type Plan struct {
	// Checks is the number of checks; each runs every Every for Days days until Until.
	Checks int
	Days   int
	Every  time.Duration
	Until  time.Time
	// Banner is the greeting of the servers.
	Banner string
}

// Fill commits every run of the plan. Each check fails twice in the time, once for
// an hour and once, a third of them, until the end of the time.
func (p Plan) Fill(ctx context.Context, s *history.Store) error {
	f := &filler{Plan: p, random: rand.New(rand.NewPCG(1, 2)), states: map[string]history.State{}}
	start := p.Until.Add(-time.Duration(p.Days) * 24 * time.Hour)
	for at := start.Add(p.Every); !at.After(p.Until); at = at.Add(p.Every) {
		if err := s.Commit(ctx, f.Batch(at)); err != nil {
			return err
		}
	}
	return nil
}

// Maker returns a function that returns the batches of the plan, one run after the other.
func (p Plan) Maker() func(at time.Time) history.Batch {
	f := &filler{Plan: p, random: rand.New(rand.NewPCG(1, 2)), states: map[string]history.State{}}
	return f.Batch
}

// Result returns a result of the i-th check at a time, without what the others need.
func (p Plan) Result(i int, at time.Time) *probe.Result {
	f := &filler{Plan: p, random: rand.New(rand.NewPCG(uint64(i), uint64(at.Unix())))}
	return f.result(i, at)
}

type filler struct {
	Plan
	random *rand.Rand
	states map[string]history.State
}

// Batch returns the batch of one run.
func (f *filler) Batch(at time.Time) history.Batch {
	b := history.Batch{Start: at, Elapsed: 800 * time.Millisecond}
	for i := range f.Checks {
		name := Name(i)
		r := f.result(i, at.Add(time.Duration(i)*time.Millisecond))
		b.Entries = append(b.Entries, history.Entry{Name: name, Result: r})
		f.advance(&b, name, r)
	}
	return b
}

// Name returns the name of the i-th check.
func Name(i int) string {
	return []string{"relay", "submission", "inbound mx", "mailbox", "backup"}[i%5] + strings.TrimSuffix(fmt.Sprintf(" %d", i/5+1), " 1")
}

// failing returns the status of the i-th check at a time.
func (f *filler) failing(i int, at time.Time) probe.Status {
	left := f.Until.Sub(at)
	whole := time.Duration(f.Days) * 24 * time.Hour
	first := whole * time.Duration(1+i%7) / 9
	switch {
	case left <= first && left > first-time.Hour:
		return probe.Critical
	case i%3 == 2 && left < 40*time.Minute:
		return probe.Warning
	case i%11 == 3 && left < 3*time.Hour:
		return probe.Critical
	}
	return probe.OK
}

// The steps of a session, with the milliseconds that each usually takes.
var walk = []struct {
	name string
	ms   float64
}{{"resolve", 2}, {"connect", 12}, {"greeting", 14}, {"ehlo", 12}, {"starttls", 31}, {"ehlo-tls", 12}, {"mail", 13}, {"rcpt", 22}, {"quit", 12}}

func (f *filler) result(i int, at time.Time) *probe.Result {
	host := fmt.Sprintf("mx%d.example.org", i+1)
	r := &probe.Result{
		Name: Name(i), Check: "smtp", Target: host, Address: fmt.Sprintf("192.0.2.%d:25", i%250+1), Start: at,
		Status: f.failing(i, at), Transcript: &wire.Transcript{},
	}
	// Days are busier than nights, and some hosts are farther away.
	load := 1 + 0.5*max(0, 1-abs(float64(at.Hour())-14)/8) + float64(i%5)*0.4
	for _, w := range walk {
		took := time.Duration(w.ms * load * (0.8 + f.random.ExpFloat64()*0.25) * float64(time.Millisecond))
		step := probe.Step{Name: w.name, Status: probe.OK, Elapsed: took.Round(time.Microsecond)}
		f.learn(&step, host, i, at)
		r.Elapsed += step.Elapsed
		r.Steps = append(r.Steps, step)
	}
	f.judge(r, i)
	return r
}

func abs(v float64) float64 { return max(v, -v) }

func (f *filler) learn(s *probe.Step, host string, i int, at time.Time) {
	switch s.Name {
	case "resolve":
		s.Detail = fmt.Sprintf("192.0.2.%d", i%250+1)
	case "greeting":
		s.Detail = fmt.Sprintf("%q", "220 "+host+" "+f.Banner)
		s.Learn(probe.Text("banner", host+" "+f.Banner))
	case "starttls":
		ends := f.Until.Add(time.Duration(3+i*7%88) * 24 * time.Hour)
		s.Detail = `"220 2.0.0 Ready to start TLS"; TLS 1.3, TLS_AES_128_GCM_SHA256`
		s.Learn(
			probe.Duration("handshake", s.Elapsed/2), probe.Text("key_exchange", "X25519MLKEM768"),
			probe.Text("cert_subject", "CN="+host), probe.Text("cert_issuer", "CN=R11,O=Let's Encrypt,C=US"),
			probe.Text("cert_not_after", ends.Format(time.RFC3339)),
			probe.Number("cert_days_left", float64(int(ends.Sub(at).Hours()/24)), probe.None).Within("14:", "3:"))
	case "ehlo-tls":
		s.Detail = fmt.Sprintf("%q", "250 "+host+" PIPELINING SIZE 10240000 AUTH PLAIN LOGIN 8BITMIME")
		s.Learn(probe.Text("extensions", "8BITMIME, AUTH PLAIN LOGIN, PIPELINING, SIZE 10240000"), probe.Number("size_limit", 10240000, probe.Bytes))
	default:
		s.Detail = `"250 2.1.0 Ok"`
	}
}

// judge records the transcript of a result, and makes the recipient of a failing one
// fail.
func (f *filler) judge(r *probe.Result, i int) {
	const said = "452 4.2.2 <alice@example.org>: Recipient address rejected: Mailbox is full"
	last := &r.Steps[len(r.Steps)-1]
	last.Learn(probe.Duration(probe.TotalFact, r.Elapsed))
	r.Summary = f.Banner + ", TLS 1.3, 1 of 1 recipients accepted"
	for _, line := range []struct{ kind, text string }{
		{"S:", "220 " + r.Target + " " + f.Banner}, {"C:", "EHLO probe.example.net"}, {"S:", "250-" + r.Target},
		{"S:", "250 SIZE 10240000"}, {"C:", "MAIL FROM:<>"}, {"S:", "250 2.1.0 Ok"}, {"C:", "RCPT TO:<alice@example.org>"},
	} {
		r.Transcript.Record(wire.EventKind(line.kind), line.text)
	}
	if r.Status == probe.OK {
		return
	}
	rcpt := r.Step("rcpt")
	rcpt.Status, rcpt.Detail = r.Status, fmt.Sprintf("the server answered RCPT with %q", said)
	rcpt.Hint = "the mailbox is full: make room or raise its quota"
	rcpt.Cause = &probe.Cause{Name: "mailbox-full", Blame: probe.BlameAccount}
	r.Cause = rcpt.Cause
	r.Summary = "rcpt: " + rcpt.Detail
	r.Transcript.Record("S:", said)
}

// advance opens and closes incidents with every change.
func (f *filler) advance(b *history.Batch, name string, r *probe.Result) {
	state, known := f.states[name]
	if known && state.Status == r.Status || !known && r.Status == probe.OK {
		return
	}
	state.Name, state.Since, state.Status, state.Summary = name, r.Start, r.Status, r.Summary
	kind := history.EventClosed
	inc := history.Incident{ID: state.Incident, Name: name, Kind: r.Check, Target: r.Target, Worst: probe.Critical, Status: r.Status, Summary: r.Summary}
	if r.Status != probe.OK && state.Incident == "" {
		kind, inc.ID, inc.Opened, inc.Worst = history.EventOpened, history.IncidentID(name, r.Start), r.Start, r.Status
		state.Incident = inc.ID
	}
	if r.Status == probe.OK {
		inc.Closed, state.Incident = r.Start, ""
		inc.Summary = "the mailbox was full"
	}
	inc.Events = []history.Event{{At: r.Start, Kind: kind, Status: r.Status, Summary: r.Summary, Result: r}}
	b.Incidents = append(b.Incidents, inc)
	b.States = append(b.States, state)
	state.Version++
	f.states[name] = state
}
