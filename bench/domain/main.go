//go:build linux

// Command domain measures the check of a domain: what it asks and computes, its time
// over a network on which every answer takes 50 ms, and a thousand domains at once. The
// DNS, exchangers and web server are this program, in a network namespace, and do not
// count. It prints a table of Markdown, and needs root.
//
//	go run ./bench/domain [-runs 11] [-many 1000] [-against PROGRAM] [-peers FOLDER]
//
// With -against, another build of mailprobe takes turns with this one. With -peers, npm's
// email-domain-check does, from a folder where `npm install email-domain-check` was run.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"mailprobe/bench/measure"
)

// bench is one run of all measurements.
type bench struct {
	runs, many                int
	mailprobe, against, peers string
	dir                       string
	list                      bool
	far                       *far
	table                     measure.Table
}

func main() {
	b := &bench{}
	flag.IntVar(&b.runs, "runs", 11, "runs of each program, of which the median is shown")
	flag.IntVar(&b.many, "many", 1000, "domains at once")
	flag.StringVar(&b.against, "against", "", "another build of mailprobe to measure against")
	flag.StringVar(&b.peers, "peers", "", "`folder` with the node_modules of peers")
	flag.BoolVar(&b.list, "list", false, "print the queries of a whole check")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/domain:", err)
		os.Exit(1)
	}
}

// run builds the program, starts the far side and measures.
func (b *bench) run() (err error) {
	if b.dir, err = os.MkdirTemp("", "mailprobe-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	b.mailprobe = filepath.Join(b.dir, "mailprobe")
	if err := measure.Build(b.mailprobe, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	if b.far, err = openFar(b.dir); err != nil {
		return err
	}
	if err := b.far.publish(b.far.world, b.far.anchors); err != nil {
		return err
	}
	for _, measure := range []func() error{b.counts, b.processor, b.overNetwork, b.dnsAlone, b.thousand} {
		if err := measure(); err != nil {
			return err
		}
	}
	fmt.Print(b.table.String())
	return nil
}

// whole is the command for all steps, of which each has something to check.
func (b *bench) whole(program string) []string {
	return append([]string{program, "domain"}, b.options("example.org")...)
}

func (b *bench) options(more ...string) []string {
	return append([]string{"-o", "json", "--resolver", dnsAddr, "--trust-anchor", b.far.anchors, "--ca-file", b.far.caFile, "--helo", "probe.example.org",
		"--selector", "s1", "--require", "dnssec,dane,mta-sts,tlsrpt,dkim,enforce"}, more...)
}
