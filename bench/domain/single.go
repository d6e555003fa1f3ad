//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/domain"
	"mailprobe/probe"
	"mailprobe/transport"
)

// The goals for one domain.
const (
	mostQueries   = 30
	mostChecks    = 45
	mostProcessor = 25e-3 // seconds
	mostBeyond    = 150e-3
	mostDNS       = 1.0 / 15
)

// counts adds the questions, queries and signature checks: of all steps, and of the 22
// questions that the goals are for, about the domain's mail between servers.
func (b *bench) counts() error {
	if err := b.countOnce("a signed domain with two exchangers, all steps"); err != nil {
		return err
	}
	return b.countOnce("the same without the steps "+left, "--skip", left)
}

// left are the steps that are left out of the 22 questions.
const left = "srv,caa,autoconfig,ptr"

// countOnce counts one check. Only the client itself knows of signature checks, so the
// check runs in this process.
func (b *bench) countOnce(figure string, more ...string) error {
	c := probe.New(domain.Kind())
	if rest, err := probe.ParseArgs(c.Declared, b.options(more...)[2:]); err != nil || len(rest) > 0 {
		return fmt.Errorf("%v: %w", rest, err)
	}
	c.Options.Dial = b.far.node.Dial
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Prepare(ctx); err != nil {
		return err
	}
	target, err := c.Kind.ParseTarget("example.org")
	if err != nil {
		return err
	}
	r := c.Do(ctx, target)[0]
	client, ok := c.Options.DNS.(transport.Resolver)
	if !ok || r.Status != probe.OK {
		return fmt.Errorf("the check is %s: %s", r.Status, r.Summary)
	}
	stats := client.Stats()
	row := measure.Row{Figure: figure + ": questions, queries and signature checks", Mine: fmt.Sprintf("%d, %d, %d", b.questions(), stats.Queries, stats.Signatures)}
	if len(more) > 0 {
		row.Goal = measure.Verdict(fmt.Sprintf("at most %d queries and %d checks", mostQueries, mostChecks), stats.Queries <= mostQueries && stats.Signatures <= mostChecks)
	}
	b.table.Add(row)
	return nil
}

// questions returns how many of the queries that came in were not for the chain of trust.
func (b *bench) questions() (n int) {
	for _, q := range b.far.dns.Queries() {
		if b.list {
			fmt.Println(q)
		}
		if q.Type != "DS" && q.Type != "DNSKEY" {
			n++
		}
	}
	return n
}

// processor adds the processor time, on loopback, against that of a start of the program.
func (b *bench) processor() error {
	of := func(command []string) func() (float64, error) {
		return func() (float64, error) {
			u, err := b.far.runThere(command)
			return u.processor.Seconds(), err
		}
	}
	for _, row := range []struct {
		figure     string
		mine, peer []string
		goal       float64
	}{
		{"all steps, processor time, against `mailprobe --version`", b.whole(b.mailprobe), []string{b.mailprobe, "--version"}, 0},
		{"the same without " + left, append(b.whole(b.mailprobe), "--skip", left), []string{b.mailprobe, "--version"}, mostProcessor},
		{"all steps, processor time, against the other build", b.whole(b.mailprobe), b.whole(b.against), 0},
	} {
		if row.peer[0] == "" {
			continue
		}
		c, err := measure.Pairs(b.runs, of(row.mine), of(row.peer))
		if err != nil {
			return err
		}
		r := measure.Row{Figure: row.figure, Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio)}
		if row.goal > 0 {
			r.Goal = measure.Verdict("at most "+measure.Milliseconds(row.goal), c.Mine <= row.goal)
		}
		b.table.Add(r)
	}
	return nil
}

// overNetwork adds the wall time over the cable, against that of a session with the
// exchanger whose address is known: the check of the domain has to find it, and all else.
func (b *bench) overNetwork() error {
	session := []string{b.mailprobe, "smtp", "-o", "json", "--ca-file", b.far.caFile, "--helo", "probe.example.org", "--server-name", "mx1.example.org", exchangers[0]}
	of := func(command []string) func() (float64, error) {
		return func() (float64, error) {
			u, err := run(command)
			if err != nil {
				return 0, err
			}
			return u.elapsed()
		}
	}
	c, err := measure.Pairs(b.runs, of(b.whole(b.mailprobe)), of(session))
	if err != nil {
		return err
	}
	beyond := c.Mine - c.Peer
	b.table.Add(measure.Row{Figure: fmt.Sprintf("all steps where each answer takes %d ms, time, against one session with an exchanger", delay.Milliseconds()),
		Mine: measure.Milliseconds(c.Mine), Peer: measure.Milliseconds(c.Peer), Ratio: "+" + measure.Milliseconds(beyond),
		Goal: measure.Verdict("at most +150 ms", beyond <= mostBeyond)})
	return nil
}

// errNoElapsed is for output that does not have the time.
var errNoElapsed = errors.New("the output has no time")

// dnsAlone adds the wall time of the whole process with DNS alone, on loopback.
func (b *bench) dnsAlone() error {
	wall := func(command []string) func() (float64, error) {
		return func() (float64, error) {
			u, err := b.far.runThere(command)
			return u.wall.Seconds(), err
		}
	}
	mine := append([]string{b.mailprobe, "domain", "--no-sessions"}, b.options("--skip", "mta-sts", "example.org")...)
	row := measure.Row{Figure: "DNS alone, on loopback, wall time of the process"}
	peer, err := b.peer()
	if err != nil {
		row.Peer, peer = "not measured: "+err.Error(), []string{b.mailprobe, "--version"}
	}
	c, failed := measure.Pairs(b.runs, wall(mine), wall(peer))
	if failed != nil {
		return failed
	}
	if err == nil {
		row.Figure += ", against email-domain-check, which only fetches MX, SPF, DKIM and DMARC"
		row.Peer, row.Ratio = measure.Milliseconds(c.Peer), fmt.Sprintf("%.2f", c.Ratio)
	}
	row.Mine, row.Goal = measure.Milliseconds(c.Mine), measure.Verdict("at most 67 ms", c.Mine <= mostDNS)
	b.table.Add(row)
	return nil
}
