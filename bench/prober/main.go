// Command prober measures what an answer to /probe costs, against blackbox_exporter.
//
// It builds both, starts the SMTP server of bench/smtp in a process of its own, and asks
// mailprobe and the peer in turn, 64 clients at once, so that other load on the machine
// affects both. Of each it reads the processor time and the peak memory of the process. The
// output is a Markdown table.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mailprobe/bench/measure"
	"mailprobe/wire/wiretest"
)

// bench is a run of all measurements.
type bench struct {
	pairs, probes, clients int
	dir                    string
	smtp                   *service // the server that is probed
	ports                  []int
	table                  measure.Table
}

func main() {
	b := &bench{}
	flag.IntVar(&b.pairs, "pairs", 5, "measure so many `pairs` of mailprobe and its peer")
	flag.IntVar(&b.probes, "probes", 2000, "`probes` in one measurement")
	flag.IntVar(&b.clients, "clients", 64, "`clients` that ask at once")
	only := flag.String("only", "", "measure only this `figure`: plain or starttls")
	flag.Parse()
	if err := b.run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "bench/prober:", err)
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
	defer b.smtp.stop()
	for _, l := range []load{
		{"plain SMTP: EHLO, QUIT", "plain", 1, measure.AtMost(0.5)},
		{"SMTP with STARTTLS", "starttls", 2, measure.AtMost(0.7)},
	} {
		if only != "" && only != l.module {
			continue
		}
		if err := b.compare(l); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	_, err = io.WriteString(os.Stdout, b.table.String())
	return err
}

// prepare builds the programs, writes their files and starts the SMTP server.
func (b *bench) prepare() error {
	err := errors.Join(measure.Build(b.path("mailprobe"), "mailprobe/cmd/mailprobe"), measure.Build(b.path("smtp"), "mailprobe/bench/smtp"),
		measure.Build(b.path("blackbox_exporter"), "github.com/prometheus/blackbox_exporter", "-C", "bench/prober/peer"))
	if err != nil {
		return err
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return err
	}
	if err := authority.WriteFile(b.path("ca.pem")); err != nil {
		return err
	}
	if err := authority.WriteKeyPair(b.path("server.pem"), "good"); err != nil {
		return err
	}
	for name, text := range map[string]string{"mailprobe.yaml": mine, "blackbox.yml": peers} {
		if err := os.WriteFile(b.path(name), []byte(strings.ReplaceAll(text, "CA", b.path("ca.pem"))), 0o600); err != nil {
			return err
		}
	}
	return b.startSMTP()
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// The modules of both: the same dialogue, and the certificate verified.
const (
	mine = `modules:
  plain: {kind: smtp, tls: "off", helo: prober}
  starttls: {kind: smtp, tls: require, ca_file: CA, helo: prober}
`
	peers = `modules:
  plain:
    prober: tcp
    tcp:
      query_response:
        - expect: "^220 "
        - send: "EHLO prober\r"
        - expect: "^250 "
        - send: "QUIT\r"
        - expect: "^221 "
  starttls:
    prober: tcp
    tcp:
      tls_config: {ca_file: CA}
      query_response:
        - expect: "^220 "
        - send: "EHLO prober\r"
        - expect: "^250-STARTTLS"
        - expect: "^250 "
        - send: "STARTTLS\r"
        - expect: "^220 "
        - starttls: true
        - send: "EHLO prober\r"
        - expect: "^250 "
        - send: "QUIT\r"
        - expect: "^221 "
`
)
