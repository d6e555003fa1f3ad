package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestJobs: --jobs bounds the connections of all exchangers and addresses, too.
func TestJobs(t *testing.T) {
	for jobs, want := range map[string]int32{"1": 1, "3": 3} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			var now, most atomic.Int32
			a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, dns: documentation{}}
			a.dial = func(context.Context, string, string) (net.Conn, error) {
				for n, m := now.Add(1), most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				defer now.Add(-1)
				time.Sleep(time.Second)
				return nil, errors.New("nobody is here")
			}
			a.run(t.Context(), []string{"smtp", "--jobs", jobs, "--mx", "example.org", "example.com"})
			if most.Load() != want || !strings.Contains(out.String(), "4 targets") {
				t.Errorf("--jobs %s: %d connections at once:\n%s", jobs, most.Load(), &out)
			}
		})
	}
}
