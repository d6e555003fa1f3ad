package probetest

import (
	"context"
	"time"

	"github.com/spf13/pflag"

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
	flags := pflag.NewFlagSet(kind.Name, pflag.ContinueOnError)
	check := probe.New(kind, flags)
	if err := flags.Parse(args); err != nil {
		return outcome{}, err
	}
	check.Options.Dial, check.Options.DNS = n.dial, n.zone
	if err := check.Prepare(ctx); err != nil {
		return outcome{}, err
	}
	targets, err := targetsOf(check, flags.Args())
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
