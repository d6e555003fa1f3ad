package probetest

import (
	"context"
	"slices"
	"time"

	"mailprobe/probe"
)

// outcome is what came of a command line.
type outcome struct {
	results []*probe.Result
	// late is how long a check went on when its time was over.
	late time.Duration
}

// check puts a kind with the arguments of a command line to its targets. An error
// is the user's.
func check(ctx context.Context, kind probe.Kind, n *network, args []string) (outcome, error) {
	check := probe.New(kind)
	rest, err := probe.ParseArgs(check.Declared, slices.Concat(n.args, args))
	if err != nil {
		return outcome{}, err
	}
	if check.Options.Dial = n.dial; n.resolver == "" {
		check.Options.DNS = n.zone
	}
	if err := check.Prepare(ctx); err != nil {
		return outcome{}, err
	}
	targets, err := targetsOf(check, rest)
	if err != nil {
		return outcome{}, err
	}
	var out outcome
	for _, target := range targets {
		begin := time.Now()
		out.results = append(out.results, check.Do(ctx, target)...)
		out.late = max(out.late, time.Since(begin)-check.Options.Timeout)
	}
	return out, check.Close()
}

// targetsOf reads the targets of a command line.
func targetsOf(check *probe.Check, args []string) ([]probe.Target, error) {
	if target, ok := check.Target(); ok {
		return []probe.Target{target}, nil
	}
	var targets []probe.Target
	for _, arg := range args {
		target, err := check.Kind.ParseTarget(arg)
		if err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	return targets, nil
}
