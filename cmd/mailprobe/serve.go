package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/history"
	"mailprobe/internal/web"
	"mailprobe/probe"
)

// serveFlags are the flags of `mailprobe serve`.
type serveFlags struct {
	listen                            []string
	webConfig, externalURL, routePath string
	state                             string
	jobs, perHost                     int
	keep                              time.Duration
}

// defaultListen is where the server listens: port 9126 of this machine only.
const defaultListen = "127.0.0.1:9126"

func (f *serveFlags) bind(flags *pflag.FlagSet) {
	f.jobs, f.perHost, f.keep = defaultJobs, 4, history.DefaultKeep
	bindOptions(flags, []probe.Option{
		{Name: "listen", List: true, Value: &f.listen, Usage: "listen at this `ADDRESS`, HOST:PORT or :PORT for all (repeatable, default " + defaultListen + ")"},
		{Name: "web.config.file", Type: probe.TypeFile, Value: &f.webConfig, Usage: "the `file` with TLS, client certificates and log-ins, as Prometheus exporters have it"},
		{Name: "web.external-url", Word: "URL", Value: &f.externalURL, Usage: "the `URL` by which visitors reach the server, behind a reverse proxy"},
		{Name: "web.route-prefix", Word: "PATH", Value: &f.routePath, Usage: "what the `path` of every request begins with (default the path of --web.external-url)"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
		{Name: "jobs", Type: probe.TypeNumber, Value: &f.jobs, Usage: "run at most `NUMBER` sessions at once, over all targets, exchangers and addresses"},
		{Name: "per-host", Type: probe.TypeNumber, Value: &f.perHost, Usage: "run at most `NUMBER` sessions at once with one host"},
		{Name: "keep", Type: probe.TypeDuration, Value: &f.keep, Usage: "keep single results in the history for this `time`"},
	})
}

// newServe makes the command that runs the checks of a file on their schedule, and serves
// their page, metrics and probes.
func newServe(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:                   "serve [FLAGS] [FILE]",
		Short:                 "run the checks of a file on their schedule, with page, metrics and probes",
		Long:                  `Run the checks of a file on their schedule, and serve their page, metrics and probes.`,
		Example:               `  mailprobe serve`,
		DisableFlagsInUseLine: true,
		Args:                  atMostOne("FILE"),
	}
	cmd.Flags().SortFlags = false
	f.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.serve(cmd.Context(), &f, slices.Concat(args, []string{""})[0])
	}
	return cmd
}

// serve serves until the context ends.
func (a *app) serve(ctx context.Context, f *serveFlags, file string) error {
	address, err := web.ParseAddress(f.externalURL, f.routePath)
	if err != nil {
		return err
	}
	if len(f.listen) == 0 {
		f.listen = []string{defaultListen}
	}
	server := web.New(web.Config{
		Listen: f.listen, WebConfig: f.webConfig, Address: address, Log: a.warn,
		Parts: []web.Part{},
	})
	return server.Run(ctx)
}
