package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/fleet/agent"
	"mailprobe/internal/release"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// agentFlags are the flags of `mailprobe agent`.
type agentFlags struct {
	join, tokenFile, caFile, state string
}

func (f *agentFlags) bind(flags *pflag.FlagSet) {
	bindOptions(flags, []probe.Option{
		{Name: "join", Value: &f.join, Usage: "the `URL` of the centre, tls://HOST:PORT (default that of the file)"},
		{Name: "token-file", Type: probe.TypeFile, Value: &f.tokenFile, Usage: "the `file` with the token that mailprobe fleet invite prints, to join with; not needed afterwards"},
		{Name: "ca-file", Type: probe.TypeFile, Value: &f.caFile, Usage: "trust the authorities in this PEM `file`, where the token has no fingerprint of the server"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
	})
}

const agentExitStatus = `
EXIT STATUS
  0            it was stopped by a signal, whatever the checks found
  4            it could not run: the command line, the file or the state directory is
               wrong, or the centre could not be joined
`

// newAgent makes the command that runs checks at a place for a centre.
func newAgent(a *app) *cobra.Command {
	var f agentFlags
	cmd := &cobra.Command{
		Use:   "agent [FLAGS] [FILE]",
		Short: "run checks at this place for a centre, mailprobe serve --fleet",
		Long: `Run at this place the checks that a centre, "mailprobe serve --fleet", has for it,
and send it the results. The agent dials out and listens nowhere. It joins once
with the token that "mailprobe fleet invite NAME" prints at the centre, and by a
key of its own from then on.

What the centre may ask for stands in FILE, by default /etc/mailprobe/agent.yaml:
kinds of checks, networks, ports and rates, and secrets of this place that checks
may name. Without it checks of public addresses are permitted that hand over no
message. Checks are data: no command is run for a centre, and no file read.

When the agent begins, and every day, it tests itself: whether port 25 gets out,
IPv6, the name of its address (PTR), the resolver and the clock. Without the
centre the checks go on, also after a restart, and results are kept for up to
7 days, or 200 MB of them.`,
		Example: `  mailprobe agent --join tls://centre.example.org:4222 --token-file fra.token
  mailprobe agent /etc/mailprobe/agent.yaml   where it has join: and token_file:`,
		DisableFlagsInUseLine: true,
		Args:                  atMostOne("FILE"),
	}
	cmd.Flags().SortFlags = false
	f.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.agent(cmd.Context(), &f, slices.Concat(args, []string{""})[0])
	}
	return cmd
}

// agent is an agent until a signal ends it.
func (a *app) agent(ctx context.Context, f *agentFlags, file string) error {
	collectAt(serveGCPercent)
	config, err := agent.LoadConfig(file, kinds())
	if err != nil {
		if problems := (settings.Problems)(nil); errors.As(err, &problems) {
			err = &unusable{problems[0].File, problems}
		}
		return a.shown(err)
	}
	for _, given := range []struct {
		flag string
		into *string
	}{{f.join, &config.Join}, {f.tokenFile, &config.TokenFile}, {f.caFile, &config.CAFile}} {
		if given.flag != "" {
			*given.into = given.flag
		}
	}
	dir, err := probe.StateDir(f.state)
	if err != nil {
		return err
	}
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	err = agent.Run(ctx, agent.Options{
		Config: config, Dir: dir, Kinds: kinds(), Version: release.Version(), Dial: a.dial, DNS: a.dns,
		Warn: func(err error) { a.warn(fmt.Errorf("%s", oneLine(err))) },
	})
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		a.warn(errors.New("stopped by a signal, before it had begun"))
		return nil
	}
	return err
}
