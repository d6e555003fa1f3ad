package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/history"
	"mailprobe/internal/release"
	"mailprobe/internal/suite"
	"mailprobe/internal/web"
	"mailprobe/internal/web/api"
	"mailprobe/internal/web/page"
	"mailprobe/internal/web/prober"
	"mailprobe/probe"
)

// serveFlags are the flags of `mailprobe serve`.
type serveFlags struct {
	listen                            []string
	webConfig, externalURL, routePath string
	state, imported                   string
	fleet                             bool
	fleetListen, nats, natsCA         string
	jobs, perHost                     int
	keep                              time.Duration
}

// defaultListen is where the server listens: port 9126 of this machine only.
const defaultListen = "127.0.0.1:9126"

func (f *serveFlags) bind(flags *pflag.FlagSet) {
	f.jobs, f.perHost, f.keep = defaultJobs, 4, history.DefaultKeep
	bindOptions(flags, []probe.Option{
		{Name: "listen", List: true, Value: &f.listen, Usage: "listen at this `ADDRESS`: HOST:PORT, [IPV6]:PORT, or :PORT for everybody (repeatable, default " + defaultListen + ", or the sockets that systemd has opened)"},
		{Name: "web.config.file", Type: probe.TypeFile, Value: &f.webConfig, Usage: "a `file` with TLS, client certificates and log-ins, as Prometheus exporters have it"},
		{Name: "web.external-url", Value: &f.externalURL, Usage: "the `URL` by which visitors reach the server, where that is a reverse proxy's"},
		{Name: "web.route-prefix", Value: &f.routePath, Usage: "the `PATH` that all routes are below (default that of --web.external-url)"},
		{Name: "fleet", Type: probe.TypeBool, Value: &f.fleet, Usage: "be the centre of a fleet: checks with from: are run by agents at other places, which mailprobe fleet invites"},
		{Name: "fleet-listen", Value: &f.fleetListen, Usage: "where agents connect, `ADDRESS:PORT` (default " + defaultFleetListen + ")"},
		{Name: "nats", Value: &f.nats, Usage: "the `URL` of a nats-server of its own for the fleet, tls://HOST:PORT; see mailprobe fleet config"},
		{Name: "nats-ca-file", Type: probe.TypeFile, Value: &f.natsCA, Usage: "a `file` with the certificates that verify that of --nats, in the place of the system's"},
		{Name: "import", Type: probe.TypeFile, Value: &f.imported, Usage: "print the modules of this `file` of blackbox_exporter as a file of mailprobe, say what they lose, and serve nothing"},
		{Name: "state", Type: probe.TypeDirectory, Value: &f.state, Usage: stateUsage},
		{Name: "jobs", Type: probe.TypeNumber, Value: &f.jobs, Usage: "run at most `NUMBER` sessions at once, over all checks, exchangers and addresses"},
		{Name: "per-host", Type: probe.TypeNumber, Value: &f.perHost, Usage: "run at most `NUMBER` sessions at once with one host"},
		{Name: "keep", Type: probe.TypeDuration, Value: &f.keep, Usage: "keep single results in the history for this `time`"},
	})
}

const serveExitStatus = `
EXIT STATUS
  0            it was stopped by a signal, whatever the checks found
  4            it could not run: the command line, the file, the state directory or an
               address to listen at is wrong
`

// newServe makes the command that runs the checks of a file on their schedule, and serves
// their page, metrics and probes.
func newServe(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [FLAGS] [FILE]",
		Short: "run the checks of a file on their own schedule, with page, metrics, probes and API",
		Long: `Run the checks of a file, by default mailprobe.yaml here, in
$XDG_CONFIG_HOME/mailprobe or in /etc/mailprobe, each on its own schedule: as often
as its every: says, else every five minutes. They use the state directory that
"mailprobe check" uses, and what has changed is announced in the same way.

Served are a page (/), Prometheus metrics of all checks (/metrics), probes as
blackbox_exporter has them (/probe), an API (/api/v1/), and /-/healthy and
/-/ready. Without any file only probes are. The file is read anew when it has
changed, on SIGHUP and on POST /-/reload; one that has errors leaves the one
before in use.

Whoever reaches the server may read all of it. Changes, such as running a check
now, are accepted from this machine and after a log-in (--web.config.file).`,
		Example: `  mailprobe serve
  mailprobe serve --listen :9126 --web.config.file web.yml /etc/mailprobe/mailprobe.yaml
  mailprobe serve --web.external-url https://example.org/mail/   behind a reverse proxy
  curl "http://127.0.0.1:9126/probe?module=smtp&target=mx1.example.org"`,
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

// serveGCPercent is the GOGC value while serving: little is alive at a time. fleetGCPercent is
// that of a centre, where the server keeps more than what passes through it.
const serveGCPercent, fleetGCPercent = 100, 40

// serve serves until a signal ends it.
func (a *app) serve(ctx context.Context, f *serveFlags, file string) error {
	switch {
	case f.jobs < 1 || f.perHost < 1:
		return errors.New("--jobs and --per-host are numbers from 1 up")
	case f.keep == 0:
		return errors.New("--keep 0 would keep nothing; a time such as 90d would be right")
	}
	if err := f.checkFleet(); err != nil {
		return err
	}
	if f.imported != "" {
		return a.importModules(f.imported)
	}
	percent := serveGCPercent
	if f.fleet {
		percent = fleetGCPercent
	}
	collectAt(percent)
	address, err := web.ParseAddress(f.externalURL, f.routePath)
	if err != nil {
		return err
	}
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	s := &serving{app: a, flags: f, metrics: web.NewMetrics(nil), address: address}
	err = s.open(ctx, file)
	if err == nil {
		if err = s.openFleet(ctx); err != nil {
			s.close()
		}
	}
	switch {
	case err != nil && ctx.Err() != nil: // whatever was being waited for
		a.warn(errors.New("stopped by a signal, before it had begun"))
		return nil
	case err != nil:
		return err
	}
	defer s.close()
	return s.run(ctx)
}

// untilSignal returns a context that the first signal ends. Another one ends the program at
// once.
func (a *app) untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if a.ownSignals != nil {
		a.ownSignals()
	}
	go func() {
		select {
		case <-ctx.Done():
		case <-signals:
			cancel()
			time.Sleep(twin)
		}
		signal.Stop(signals)
	}()
	return ctx, cancel
}

// addresses returns the addresses to listen at. What systemd has opened replaces the default
// (sd_listen_fds(3)).
func (f *serveFlags) addresses() []string {
	if len(f.listen) == 0 && os.Getenv("LISTEN_FDS") == "" {
		return []string{defaultListen}
	}
	return f.listen
}

// parts are what is served. The page is nil where there is no file.
func (s *serving) parts() (parts []web.Part, shown *page.Page, err error) {
	modules := func() []*suite.Module { return *s.modules.Load() }
	parts = []web.Part{prober.New(prober.Options{Modules: modules, Dial: s.dial, DNS: s.dns})}
	if s.scheduler == nil {
		return append(parts, web.Index{Base: s.address.Base, Modules: s.moduleNames}), nil, nil
	}
	shown, err = page.New(page.Options{
		Scheduler: s.scheduler, Store: s.store, Base: s.address.Base, Version: release.Version(), MayChange: web.MayChange, Problems: s.problems,
	})
	return append(parts, shown, api.New(api.Config{Scheduler: s.scheduler, Store: s.store, Log: s.warn})), shown, err
}

func (s *serving) moduleNames() (names []string) {
	for _, m := range *s.modules.Load() {
		names = append(names, m.Name)
	}
	return names
}

// problems are the lines that say what is wrong with the file as it is now, for everybody
// who may read: without lines of the file, which may have keys in them.
func (s *serving) problems() []string {
	_, err := s.reloader.Last()
	var u *unusable
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &u):
		return []string{err.Error()}
	}
	var lines []string
	for _, p := range u.problems {
		lines = append(lines, strings.TrimSpace(p.WithoutSource().String()))
	}
	return append(lines, u.line())
}
