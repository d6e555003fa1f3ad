// Command send measures how fast mailprobe sends a message with a large attachment, and in
// how much memory, against swaks.
//
// It builds mailprobe, starts a server on loopback that reads messages and drops them, and
// runs mailprobe and swaks in turn. The output is a Markdown table.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"mailprobe/bench/measure"
)

// maxMemory is the memory that sending may take, in bytes.
const maxMemory = 40 << 20

// bench is a run of all measurements.
type bench struct {
	pairs     int
	size      int // of the attachment, in bytes
	dir       string
	mailprobe string // the binary
	file      string // the attachment
	server    *sink
	table     measure.Table
}

func main() {
	b := &bench{}
	flag.IntVar(&b.pairs, "pairs", 5, "measure so many `pairs` of mailprobe and swaks")
	flag.IntVar(&b.size, "size", 25_000_000, "`bytes` of the attachment")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/send:", err)
		os.Exit(1)
	}
}

// run prepares and measures.
func (b *bench) run() error {
	var err error
	if b.dir, err = os.MkdirTemp("", "mailprobe-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := b.prepare(); err != nil {
		return err
	}
	defer b.server.close()
	for _, way := range []struct {
		name string
		args []string
	}{{"by DATA", nil}, {"by BDAT", []string{"--chunking"}}, {"by DATA, signed", []string{"--dkim-sign", "example.net:bench:" + b.key()}}} {
		if err := b.compare(way.name, way.args); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
	}
	_, err = io.WriteString(os.Stdout, b.table.String())
	return err
}

// prepare builds mailprobe, makes the attachment and starts the server.
func (b *bench) prepare() error {
	b.mailprobe = filepath.Join(b.dir, "mailprobe")
	if err := measure.Build(b.mailprobe, "mailprobe/cmd/mailprobe"); err != nil {
		return err
	}
	data := make([]byte, b.size)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(data)
	b.file = filepath.Join(b.dir, "data.bin")
	if err := os.WriteFile(b.file, data, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(b.key(), []byte(benchKey), 0o600); err != nil {
		return err
	}
	var err error
	b.server, err = listen()
	return err
}

// key is the file of the key that signs.
func (b *bench) key() string { return filepath.Join(b.dir, "key.pem") }

// benchKey is an Ed25519 key that signs nothing but these messages.
const benchKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"

// compare measures one way to send, and adds its rows.
func (b *bench) compare(name string, args []string) error {
	var memory []float64
	mine := func() (float64, error) {
		took, err := b.send(b.mailprobe, append([]string{"smtp", "--send", "-q", "--tls=off", "-f", "bob@example.net", "-t", "alice@example.org", "--attach", b.file, b.server.addr()}, args...)...)
		memory = append(memory, b.server.peak)
		return took, err
	}
	swaks, err := exec.LookPath("swaks")
	if err != nil {
		took, err := mine()
		b.addMemory(name, memory)
		b.table.Add(measure.Row{Figure: name + ", wall time", Mine: seconds(took), Peer: "not measured: swaks is not installed"})
		return err
	}
	c, err := measure.Pairs(b.pairs, mine, func() (float64, error) {
		return b.send(swaks, "--silent", "3", "--from", "bob@example.net", "--to", "alice@example.org", "--server", b.server.addr(), "--attach", "@"+b.file)
	})
	if err != nil {
		return err
	}
	goal := measure.AtMost(0.2)
	b.table.Add(measure.Row{Figure: name + ", wall time", Mine: seconds(c.Mine), Peer: seconds(c.Peer), Ratio: fmt.Sprintf("%.3f", c.Ratio), Goal: goal.Verdict(c.Ratio)})
	b.addMemory(name, memory)
	return nil
}

// addMemory adds the row of the peak memory: the most of all runs.
func (b *bench) addMemory(name string, all []float64) {
	most := 0.0
	for _, each := range all {
		most = max(most, each)
	}
	b.table.Add(measure.Row{Figure: name + ", peak memory", Mine: fmt.Sprintf("%.1f MiB", most/(1<<20)),
		Goal: measure.Verdict("at most 40 MiB", most <= maxMemory)})
}

func seconds(s float64) string { return fmt.Sprintf("%.2f s", s) }

// send runs a program that sends the message, and returns its time in seconds.
func (b *bench) send(program string, args ...string) (float64, error) {
	before := b.server.messages.Load()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	b.server.pid.Store(int64(cmd.Process.Pid))
	err := cmd.Wait()
	took := time.Since(begin).Seconds()
	if err == nil && b.server.messages.Load() != before+1 {
		err = fmt.Errorf("%s sent no message", filepath.Base(program))
	}
	return took, err
}
