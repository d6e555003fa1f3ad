// Command bulk measures bulk runs over NATS: the processor time of SMTP sessions that two
// workers do, against one process that does all; what a target and a job cost by themselves,
// with checks that do nothing; and the memory of everybody who takes part, as runs grow.
//
// It builds mailprobe and the real nats-server, and starts a small SMTP server. Processor time
// is that of all processes but the SMTP server, from wait4(2). The output is a Markdown table.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"mailprobe/bench/measure"
)

// bench is a run of all measurements.
type bench struct {
	pairs, sessions  int
	small, large     int // targets of runs that check nothing
	dir              string
	mailprobe, self  string
	natsServer, smtp string // the program, and the port of the SMTP server
	table            measure.Table
}

func main() {
	b := &bench{}
	role := flag.String("role", "", "be a `part` of a measurement: serve, worker or collect")
	url := flag.String("url", "", "the nats-server of a worker or collector")
	place := flag.String("place", "", "the place of a worker")
	targets := flag.Int("targets", 0, "how many targets a collector submits")
	only := flag.String("only", "", "measure only this `figure`: sessions, cost or memory")
	flag.IntVar(&b.pairs, "pairs", 3, "measure so many `pairs` of sessions over NATS and without")
	flag.IntVar(&b.sessions, "sessions", 100_000, "SMTP sessions in one measurement")
	flag.IntVar(&b.small, "small", 100_000, "targets of the smaller run that checks nothing")
	flag.IntVar(&b.large, "large", 1_000_000, "targets of the larger one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch *role {
	case "":
		err = b.run(*only)
	case "serve":
		err = serve(ctx)
	case "worker":
		err = work(ctx, *url, *place)
	case "collect":
		err = collect(ctx, *url, *targets)
	default:
		err = fmt.Errorf("no part is called %q", *role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/bulk:", err)
		os.Exit(1)
	}
}

// run prepares and measures.
func (b *bench) run(only string) (err error) {
	if b.dir, err = os.MkdirTemp("", "mailprobe-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := b.prepare(); err != nil {
		return err
	}
	server, err := startSpeaking(b.self, "-role", "serve")
	if err != nil {
		return err
	}
	defer server.end()
	b.smtp = server.said
	if err := measure.Run(only, measure.Part{Name: "sessions", Do: b.compare}, measure.Part{Name: "cost", Do: b.cost}, measure.Part{Name: "memory", Do: b.memory}); err != nil {
		return err
	}
	_, err = io.WriteString(os.Stdout, b.table.String())
	return err
}

// prepare builds the programs.
func (b *bench) prepare() error {
	b.mailprobe, b.self = filepath.Join(b.dir, "mailprobe"), filepath.Join(b.dir, "bulk")
	if err := measure.Build(b.mailprobe, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	if err := measure.Build(b.self, "mailprobe/bench/bulk"); err != nil {
		return err
	}
	out, err := exec.Command("go", "tool", "-n", "nats-server").Output()
	if err != nil {
		return fmt.Errorf("building nats-server: %w", err)
	}
	b.natsServer = strings.TrimSpace(string(out))
	return nil
}
