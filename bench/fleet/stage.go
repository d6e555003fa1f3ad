//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mailprobe/internal/fleet/agent"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// soloPlace is that of the agent that is a process of its own.
const soloPlace = "solo"

// file returns the file of checks: each is run every minute at so many places.
func (b *bench) file(target string, from int) string {
	var text strings.Builder
	text.WriteString("defaults: {every: 1m, tls: \"off\", timeout: 20s}\nchecks:\n")
	for i := range b.n {
		places := []string{soloPlace}
		if i >= soloChecks {
			places = nil
			for k := range from {
				places = append(places, placeName((i*from+k)%(b.agents-1)))
			}
		}
		fmt.Fprintf(&text, "  - {name: check-%d, kind: smtp, target: \"%s\", from: [%s]}\n", i, target, strings.Join(places, ", "))
	}
	return text.String()
}

func placeName(i int) string { return fmt.Sprintf("p%d", i) }

// stage is a centre with its agents.
type stage struct {
	program, dir string
	url, page    string
	centre, solo *exec.Cmd
	stop         context.CancelFunc
	agents       sync.WaitGroup
}

// begin starts the centre and agents.
func (s *stage) begin(file string, agents int) error {
	name := filepath.Join(s.dir, "checks.yaml")
	if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.url = "tls://" + l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	if err := s.serve(name, strings.TrimPrefix(s.url, "tls://")); err != nil {
		return err
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	for i := range agents - 1 {
		if err := s.join(ctx, placeName(i)); err != nil {
			return err
		}
	}
	return s.joinSolo()
}

// serve starts the centre, and waits until it listens.
func (s *stage) serve(file, listen string) error {
	cmd := exec.Command(s.program, "serve", "--listen", "127.0.0.1:0", "--fleet", "--fleet-listen", listen, "--state", filepath.Join(s.dir, "centre"), file)
	out, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.centre = cmd
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
			s.page = url
			go func() { _, _ = io.Copy(os.Stderr, out) }()
			return nil
		}
		fmt.Fprintln(os.Stderr, lines.Text())
	}
	return errors.New("the centre does not listen")
}

// invite returns the file of a token.
func (s *stage) invite(place string) (string, error) {
	cmd := exec.Command(s.program, "fleet", "--state", filepath.Join(s.dir, "centre"), "invite", place)
	cmd.Stderr = os.Stderr
	token, err := cmd.Output()
	if err != nil {
		return "", err
	}
	name := filepath.Join(s.dir, place+".token")
	return name, os.WriteFile(name, token, 0o600)
}

// join starts an agent in this process.
func (s *stage) join(ctx context.Context, place string) error {
	token, err := s.invite(place)
	if err != nil {
		return err
	}
	config := &agent.Config{Join: s.url, TokenFile: token, Rules: agent.Rules{
		Kinds: []string{"smtp"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []agent.Ports{{First: 1, Last: 65535}}, Rate: 10, HostRate: 10,
	}}
	o := agent.Options{
		Config: config, Dir: filepath.Join(s.dir, place), Kinds: []probe.Kind{smtpcheck.Kind()}, Version: "bench",
		Test: func(context.Context) agent.Findings { return agent.Findings{} },
		Warn: func(err error) { fmt.Fprintf(os.Stderr, "%s: %v\n", place, err) },
	}
	s.agents.Go(func() {
		if err := agent.Run(ctx, o); err != nil {
			o.Warn(err)
		}
	})
	return nil
}

// joinSolo starts the agent that is a process of its own.
func (s *stage) joinSolo() error {
	token, err := s.invite(soloPlace)
	if err != nil {
		return err
	}
	rules := filepath.Join(s.dir, "agent.yaml")
	text := "allow: {kinds: [smtp], networks: [127.0.0.0/8], ports: [1-65535], rate: 10, rate_per_host: 10}\ntest_hosts: [\"127.0.0.1:1\"]\n"
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(s.program, "agent", "--join", s.url, "--token-file", token, "--state", filepath.Join(s.dir, soloPlace), rules)
	cmd.Stderr = os.Stderr
	s.solo = cmd
	return cmd.Start()
}

// end ends all of it.
func (s *stage) end() {
	if s.stop != nil {
		s.stop()
		s.agents.Wait()
	}
	for _, cmd := range []*exec.Cmd{s.solo, s.centre} {
		if cmd != nil && cmd.Process != nil {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
		}
	}
}

// taken is how many results the centre has recorded: each has one step connect.
func (s *stage) taken() (float64, error) {
	answer, err := http.Get(s.page + "metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return 0, err
	}
	for _, m := range families["mailprobe_step_latency_seconds"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "step" && l.GetValue() == "connect" {
				return float64(m.GetHistogram().GetSampleCount()), nil
			}
		}
	}
	return 0, errors.New("no result has arrived")
}
