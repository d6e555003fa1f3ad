// Command smtp measures the rate and memory of mailprobe's SMTP sessions, against the
// tool that people use for it, check_smtp of the monitoring plugins.
//
// It builds mailprobe, starts a small SMTP server on loopback, and runs mailprobe and
// the peer in turn, so that other load on the machine affects both. A ratio is the median
// of the ratios of all pairs. The output is a Markdown table.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"mailprobe/bench/measure"
	"mailprobe/wire/wiretest"
)

// checkSMTP is the program to compare with.
const checkSMTP = "/usr/lib/nagios/plugins/check_smtp"

// bench is a run of all measurements.
type bench struct {
	pairs      int
	sessions   int // of mailprobe in one measurement of the rate
	peer       int // of check_smtp in the same
	inFlight   int
	large      int // targets to compare with as many targets as sessions
	dir        string
	mailprobe  string // the binary
	caFile     string
	server     *process
	serverCert string
	table      measure.Table
}

func main() {
	b := &bench{}
	serveCert := flag.String("serve", "", "be the server, with the certificate in this `file`")
	flag.IntVar(&b.pairs, "pairs", 5, "measure so many `pairs` of mailprobe and a peer")
	flag.IntVar(&b.sessions, "sessions", 10_000, "sessions of mailprobe in a measurement of the rate")
	flag.IntVar(&b.peer, "peer-sessions", 1_000, "sessions of check_smtp in a measurement of the rate")
	flag.IntVar(&b.inFlight, "in-flight", 1_000, "sessions to hold at once")
	flag.IntVar(&b.large, "large", 100_000, "targets to compare memory at")
	only := flag.String("only", "", "measure only this `figure`: check, rate, held or flat")
	flag.Parse()
	err := error(nil)
	if *serveCert != "" {
		err = serve(*serveCert, os.Stdin, os.Stdout)
	} else {
		err = b.run(*only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/smtp:", err)
		os.Exit(1)
	}
}

// run prepares and measures.
func (b *bench) run(only string) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "mailprobe-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := b.prepare(); err != nil {
		return err
	}
	defer b.server.stop()
	if err := measure.Run(only, measure.Part{Name: "check", Do: b.single}, measure.Part{Name: "rate", Do: b.rates}, measure.Part{Name: "held", Do: b.held}, measure.Part{Name: "flat", Do: b.flat}); err != nil {
		return err
	}
	_, err = io.WriteString(os.Stdout, b.table.String())
	return err
}

// prepare builds mailprobe, makes certificates and starts the server.
func (b *bench) prepare() error {
	b.mailprobe = filepath.Join(b.dir, "mailprobe")
	if err := measure.Build(b.mailprobe, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return err
	}
	b.caFile, b.serverCert = filepath.Join(b.dir, "ca.pem"), filepath.Join(b.dir, "server.pem")
	if err := authority.WriteFile(b.caFile); err != nil {
		return err
	}
	if err := authority.WriteKeyPair(b.serverCert, "good"); err != nil {
		return err
	}
	b.server, err = startServer(b.serverCert)
	return err
}

// base returns the name of a program without its folder.
func base(program string) string { return filepath.Base(program) }

// missing reports whether a peer is not installed, and adds a row if so.
func (b *bench) missing(peer, packages string) bool {
	if _, err := exec.LookPath(peer); err == nil {
		return false
	}
	b.table.Add(measure.Row{Figure: "compared with " + base(peer), Mine: "not measured: " + peer + " is not installed (Debian: " + packages + ")"})
	return true
}
