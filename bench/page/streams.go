//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// changes is how many runs of a check the visitors are told of.
const changes = 20

// streams has visitors, in a process of their own, follow the changes, and prints what they
// cost.
func (s *site) streams(n int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	before := resident()
	visitors := exec.Command(self, "-visit", s.address, "-streams", strconv.Itoa(n))
	visitors.Stderr = os.Stderr
	said, err := visitors.StdoutPipe()
	if err != nil {
		return err
	}
	if err := visitors.Start(); err != nil {
		return err
	}
	defer func() { _ = visitors.Process.Kill(); _ = visitors.Wait() }()
	lines := bufio.NewScanner(said)
	if !lines.Scan() || lines.Text() != "open" {
		return fmt.Errorf("the visitors did not come: %q", lines.Text())
	}
	fmt.Printf("| %d open streams | %.1f MiB, %.1f KiB each | | | |\n", n, float64(resident()-before)/(1<<20), float64(resident()-before)/1024/float64(n))
	cpu, begin := processorTime(), time.Now()
	for range changes {
		if err := s.scheduler.RunNow(s.firstID); err != nil {
			return err
		}
		time.Sleep(1500 * time.Millisecond)
	}
	used := processorTime() - cpu
	got := 0
	if lines.Scan() {
		got, _ = strconv.Atoi(lines.Text())
	}
	fmt.Printf("| processor time a run of a check, with its streams | %s, %.1f %% of a core | | | %d of %d messages came in time |\n",
		(used / changes).Round(100*time.Microsecond), 100*used.Seconds()/time.Since(begin).Seconds(), got, n)
	return nil
}

// follow opens streams, says "open" when all are, and after the changes how many of the
// streams have got any.
func follow(address string, n int) error {
	var opened, told atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}}
	_, _, body, err := get(address + "/")
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(body), "events?after=")
	after, _, _ := strings.Cut(rest, `"`)
	for range n {
		go func() {
			r, err := client.Get(address + "/events?after=" + after)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			defer func() { _ = r.Body.Close() }()
			opened.Add(1)
			once := false
			for in := bufio.NewReaderSize(r.Body, 512); ; {
				line, err := in.ReadSlice('\n')
				if err != nil && err != bufio.ErrBufferFull {
					if err != io.EOF {
						fmt.Fprintln(os.Stderr, err)
					}
					return
				}
				if !once && strings.HasPrefix(string(line), "data: {") {
					once = true
					told.Add(1)
				}
			}
		}()
		time.Sleep(200 * time.Microsecond)
	}
	for wait := 0; opened.Load() < int64(n) && wait < 600; wait++ {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(time.Second)
	fmt.Println("open")
	time.Sleep(changes * 1500 * time.Millisecond)
	fmt.Println(told.Load())
	time.Sleep(time.Minute)
	return nil
}

// resident returns how much memory the process has, in bytes.
func resident() int64 {
	runtime.GC()
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// processorTime returns the processor time of this process.
func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
