package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mailprobe/bench/measure"
)

// load is a kind of probe to measure many of.
type load struct {
	name, module string
	share        int // divides the number of probes
	goal         measure.Goal
}

// compare adds the figures of a load: processor time, and the peak memory of the process.
func (b *bench) compare(l load) error {
	var memory [2][]float64
	measured := func(i int, start func() (*service, error)) func() (float64, error) {
		return func() (float64, error) {
			s, err := start()
			if err != nil {
				return 0, err
			}
			defer s.stop()
			cpu, err := b.ask(s, l)
			if err != nil {
				return 0, err
			}
			most, err := measure.Memory(s.cmd.Process.Pid, measure.Peak)
			memory[i] = append(memory[i], most)
			return cpu, err
		}
	}
	c, err := measure.Pairs(b.pairs, measured(0, b.startMine), measured(1, b.startPeer))
	if err != nil {
		return err
	}
	b.table.Add(measure.Row{Figure: fmt.Sprintf("processor time of a probe, %s, %d clients at once", l.name, b.clients),
		Mine: milliseconds(c.Mine), Peer: milliseconds(c.Peer), Ratio: fmt.Sprintf("%.2f", c.Ratio), Goal: l.goal.Verdict(c.Ratio)})
	mine, peer := measure.Median(memory[0][1:]), measure.Median(memory[1][1:])
	b.table.Add(measure.Row{Figure: "peak memory of the process then", Mine: mebibytes(mine), Peer: mebibytes(peer),
		Ratio: fmt.Sprintf("%.2f", mine/peer), Goal: measure.AtMost(0.8).Verdict(mine / peer)})
	return nil
}

// warm is how many probes come before those that count.
const warm = 200

// ask has many clients ask for probes and returns the processor time of each, in seconds.
func (b *bench) ask(s *service, l load) (float64, error) {
	if err := b.many(s, l.module, warm); err != nil {
		return 0, err
	}
	before, err := s.processor()
	if err != nil {
		return 0, err
	}
	probes := b.probes / l.share
	if err := b.many(s, l.module, probes); err != nil {
		return 0, err
	}
	after, err := s.processor()
	return (after - before).Seconds() / float64(probes), err
}

// many asks for n probes, and is an error unless each succeeded.
func (b *bench) many(s *service, module string, n int) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: b.clients, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range b.clients {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n) && failed.Load() == nil; i = next.Add(1) {
				if err := one(client, s.address, module, b.ports[int(i)%len(b.ports)]); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// one asks for one probe, as Prometheus does.
func one(client *http.Client, address, module string, port int) error {
	query := url.Values{"module": {module}, "target": {fmt.Sprintf("127.0.0.1:%d", port)}}
	request, err := http.NewRequest(http.MethodGet, "http://"+address+"/probe?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "30")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && !strings.Contains(string(text), "\nprobe_success 1\n") {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return err
}

func milliseconds(s float64) string { return fmt.Sprintf("%.3f ms", s*1000) }

func mebibytes(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }
