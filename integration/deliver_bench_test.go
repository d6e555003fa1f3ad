//go:build linux

package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

// BenchmarkDeliver measures what mailprobe deliver adds to what the servers need,
// and the memory that it takes. What they need is the look into the mailbox before,
// the submission, the relaying until the message is in its folder, and what they
// wait to answer in the session that finds and fetches it. The rest is added:
// pauses, looks in vain, and mailprobe's own work.
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
	parts := map[string][]float64{}
	for b.Loop() {
		landed := landing(b, filepath.Join(mailFolder(user), "new"))
		r, peak := timed(b, user, append(deliverArgs(user, state), way...))
		at := <-landed
		last := waited(r.Transcript.Lines())
		accepted := r.Start.Add(r.Step("mailbox").Elapsed + r.Step("submit").Elapsed)
		for name, d := range map[string]time.Duration{
			"total-ms": r.Elapsed, "before-ms": r.Step("mailbox").Elapsed, "submit-ms": r.Step("submit").Elapsed,
			"relay-ms": at.Sub(accepted), "found-ms": last, "added-ms": r.Start.Add(r.Elapsed).Sub(at) - last,
		} {
			parts[name] = append(parts[name], d.Seconds()*1000)
		}
		parts["max-MiB"] = append(parts["max-MiB"], peak)
	}
	b.ReportMetric(0, "ns/op")
	for name, values := range parts {
		slices.Sort(values)
		value := values[len(values)/2]
		if strings.HasPrefix(name, "max-") {
			value = slices.Max(values)
		}
		b.ReportMetric(value, name)
	}
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

// landing returns when a message arrives in a folder that is read every millisecond.
func landing(b *testing.B, folder string) <-chan time.Time {
	b.Helper()
	before, err := os.ReadDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	landed := make(chan time.Time, 1)
	go func() {
		defer close(landed)
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if now, _ := os.ReadDir(folder); len(now) > len(before) {
				landed <- time.Now()
				return
			}
		}
	}()
	return landed
}

// waited is how long the last session of a transcript waited for its server.
func waited(lines []string) (d time.Duration) {
	for _, line := range lines {
		if line == "* starttls" {
			d = 0
		}
		if text, ok := strings.CutPrefix(line, string(wire.Delay)+" "); ok {
			part, _ := time.ParseDuration(text)
			d += part
		}
	}
	return d
}
