package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/spf13/pflag"

	"mailprobe/probe"
)

// portion is what a run takes of its targets: those of its shard, without those that an
// earlier run is done with. The zero value takes all.
type portion struct {
	shard  probe.Shard
	resume string // the file with the results of the earlier run, empty for none
	flags  *pflag.FlagSet
	own    []string // the options of the check, besides those of every command
	sweeps bool

	options string   // the hash of the options, empty where results are not marked
	earlier *earlier // what is done, nil for nothing

	given, done atomic.Int64 // targets of all shards; those of this one that were done
	cut         atomic.Bool  // a check was interrupted
}

// bind adds the flags.
func (p *portion) bind(flags *pflag.FlagSet, check *probe.Check) {
	p.flags = flags
	for _, o := range check.Declared {
		p.own = append(p.own, o.Name)
	}
	bindOptions(flags, []probe.Option{
		{Name: "shard", Value: &p.shard, Word: "NUMBER/OF", Usage: "check only the targets of this shard, such as 3/16, which a hash of each target decides"},
		{Name: "resume", Type: probe.TypeFile, Value: &p.resume, Usage: "check only targets that have no result in `FILE`, which an earlier run wrote with -o jsonl; with --fleet, continue the run of this name and print all its results"},
	})
}

// ofSweep are options of ping that change the results of a sweep.
var ofSweep = []string{"retries", "backoff"}

// open reads what an earlier run is done with. It comes before the check is prepared.
func (p *portion) open(ctx context.Context, a *app, out *output, kind string) (err error) {
	if p == nil {
		return nil
	}
	if out.format == "jsonl" || p.resume != "" {
		p.options = p.hash()
	}
	if p.resume == "" {
		return nil
	}
	p.earlier, err = resume(ctx, p.resume, kind, p.options, a.stdout, out)
	if err != nil {
		return fmt.Errorf("--resume %s: %w", p.resume, err)
	}
	for _, line := range p.earlier.notes() {
		fmt.Fprintf(a.stderr, "mailprobe: %s: %s\n", oneLine(errors.New(p.resume)), line)
	}
	return nil
}

// hash returns a hash of the options of the check that were given. Secrets do not enter.
func (p *portion) hash() string {
	var given []string
	p.flags.VisitAll(func(f *pflag.Flag) {
		v, ok := f.Value.(*flagValue)
		if !ok || !slices.Contains(p.own, f.Name) && !(p.sweeps && slices.Contains(ofSweep, f.Name)) {
			return
		}
		if !v.List && v.String() == f.DefValue {
			return
		}
		for _, text := range v.shown() {
			given = append(given, f.Name+"="+masked(v.Option.Type, text))
		}
	})
	sum := sha256.Sum256([]byte(fmt.Sprintf("%v %q", p.sweeps, given)))
	return hex.EncodeToString(sum[:8])
}

// takes reports whether a target is to be checked, by its canonical form.
func (p *portion) takes(canonical string) bool {
	if p == nil {
		return true
	}
	p.given.Add(1)
	if p.shard.Of == 0 && p.earlier == nil {
		return true
	}
	id := probe.TargetID(canonical)
	switch {
	case !p.shard.Has(id):
		return false
	case p.earlier.has(id):
		p.done.Add(1)
		return false
	}
	return true
}

// whole reports whether every target is taken, so that there is no need to ask for each.
func (p *portion) whole() bool { return p == nil || p.shard.Of == 0 && p.resume == "" }

// take yields the targets that are to be checked.
func (p *portion) take(targets iter.Seq[target]) iter.Seq[target] {
	if p.whole() {
		return targets
	}
	return func(yield func(target) bool) {
		for t := range targets {
			if p.takes(t.canonical()) && !yield(t) {
				return
			}
		}
	}
}

// mark notes in the results of a target what they answer. Of one that was interrupted a
// run that can be resumed has none.
func (p *portion) mark(canonical func() string, results []*probe.Result) []*probe.Result {
	if p == nil || p.options == "" {
		return results
	}
	if slices.ContainsFunc(results, isInterrupted) {
		p.cut.Store(true)
		if p.resume != "" {
			return nil
		}
		return results
	}
	for _, r := range results {
		r.Request = &probe.Request{Target: canonical(), Options: p.options, Results: len(results)}
	}
	return results
}

// wasCut reports whether results were left out or are incomplete.
func (p *portion) wasCut() bool { return p != nil && p.cut.Load() }

// isInterrupted reports whether a check was stopped before its end.
func isInterrupted(r *probe.Result) bool {
	return slices.ContainsFunc(r.Steps, func(s probe.Step) bool { return s.Cause == probe.CauseInterrupted })
}

// none says why a run that was given targets checked none of them, empty where it was
// given none.
func (p *portion) none() string {
	if p.whole() || p.given.Load() == 0 {
		return ""
	}
	shard := p.shard.String()
	switch {
	case p.done.Load() == 0:
		return fmt.Sprintf("shard %s has none of the targets given (%d)", shard, p.given.Load())
	case shard != "":
		return fmt.Sprintf("nothing is left to check: %s has a result of each target of shard %s (%d)", oneLine(errors.New(p.resume)), shard, p.done.Load())
	}
	return fmt.Sprintf("nothing is left to check: %s has a result of each target (%d)", oneLine(errors.New(p.resume)), p.done.Load())
}
