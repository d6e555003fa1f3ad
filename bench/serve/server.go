//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// server is a running `mailprobe serve`.
type server struct {
	cmd *exec.Cmd
	url string
}

// start starts a server, and waits until it listens.
func start(program string, args ...string) (*server, error) {
	s := &server{cmd: exec.Command(program, args...)}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
			s.url = url
			go func() { _, _ = io.Copy(os.Stderr, out) }()
			return s, nil
		}
		fmt.Fprintln(os.Stderr, lines.Text())
	}
	return nil, errors.Join(errors.New("the server does not listen"), s.cmd.Wait())
}

func (s *server) stop() error {
	return errors.Join(s.cmd.Process.Signal(syscall.SIGTERM), s.cmd.Wait())
}

// lag is how late checks have begun, since the start.
type lag struct {
	checks      int    // in the file
	all, within uint64 // begun, and begun within a second
}

// inMinutes is how many checks begin in a time.
func (l lag) inMinutes(d time.Duration) int { return int(float64(l.checks) * d.Minutes()) }

// scrape reads the metrics.
func (s *server) scrape() (l lag, size int, err error) {
	answer, err := http.Get(s.url + "metrics")
	if err != nil {
		return l, 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return l, 0, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return l, 0, err
	}
	histogram := families["mailprobe_scheduler_lag_seconds"].GetMetric()[0].GetHistogram()
	l.all = histogram.GetSampleCount()
	for _, b := range histogram.GetBucket() {
		if b.GetUpperBound() == 1 {
			l.within = b.GetCumulativeCount()
		}
	}
	l.checks = int(families["mailprobe_scheduler_checks"].GetMetric()[0].GetGauge().GetValue())
	return l, len(text), nil
}
