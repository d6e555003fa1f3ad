//go:build linux

package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/probe"
)

// BenchmarkDeliver measures what mailprobe deliver adds to what the servers need,
// and the memory that it takes. What they need is one look into the mailbox before,
// the submission, the time until Dovecot has written the message, and one look more,
// which takes as long as the first.
func BenchmarkDeliver(b *testing.B) {
	if !withPostfix {
		b.Skip("no Postfix")
	}
	for _, messages := range []int{0, 10_000} {
		for _, scheme := range []string{"pop3s", "imaps"} {
			b.Run(scheme+"/"+strconv.Itoa(messages), func(b *testing.B) { measure(b, scheme, messages) })
		}
	}
}

func measure(b *testing.B, scheme string, messages int) {
	user, state := lab.NewUser(), b.TempDir()
	fill(b, user, messages)
	way := []string{"--keep", "--fetch", scheme + "://" + lab.Addr(map[string]Service{"pop3s": POP3S, "imaps": IMAPS}[scheme], Good)}
	timed(b, user, append(deliverArgs(user, state), way...)) // Dovecot makes its index
	var total, added, memory []float64
	for b.Loop() {
		r, peak := timed(b, user, append(deliverArgs(user, state), way...))
		total, added = append(total, r.Elapsed.Seconds()*1000), append(added, addedBy(b, user, r)*1000)
		memory = append(memory, peak)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(total), "total-ms")
	b.ReportMetric(median(added), "added-ms")
	b.ReportMetric(slices.Max(memory), "max-MiB")
}

// timed runs the program and returns its result and the most memory it had.
func timed(b *testing.B, user User, args []string) (*probe.Result, float64) {
	program, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = []string{secretVariable + "=" + user.Password}
	out, err := cmd.Output()
	var results []*probe.Result
	if err != nil || json.Unmarshal(out, &results) != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return results[0], float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
}

// addedBy is the time from the message's being written to the end, without one
// look, in seconds.
func addedBy(b *testing.B, user User, r *probe.Result) float64 {
	return (r.Start.Add(r.Elapsed).Sub(newest(b, user)) - r.Step("mailbox").Elapsed).Seconds()
}

// newest is when Dovecot wrote the last message: its name has the microseconds.
func newest(b *testing.B, user User) time.Time {
	var last time.Time
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(mailFolder(user) + "/" + sub)
		if err != nil && !os.IsNotExist(err) {
			b.Fatal(err)
		}
		for _, e := range entries {
			if at := writtenAt(e.Name()); at.After(last) {
				last = at
			}
		}
	}
	return last
}

// writtenAt reads "1795410921.M123456P789.host".
func writtenAt(name string) time.Time {
	seconds, rest, _ := strings.Cut(name, ".M")
	micros, _, _ := strings.Cut(rest, "P")
	s, err := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseInt(micros, 10, 64)
	if err != nil || err2 != nil {
		return time.Time{}
	}
	return time.Unix(s, us*1000)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
