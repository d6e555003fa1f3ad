package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestMain is the test, or what the test starts to kill: a process that fills a spool, or an
// agent.
func TestMain(m *testing.M) {
	switch os.Getenv("MAILPROBE_CHILD") {
	case "spool":
		fillSpool(os.Getenv("MAILPROBE_DIR"))
	case "agent":
		err := Run(context.Background(), Options{
			Dir: os.Getenv("MAILPROBE_DIR"), Kinds: testKinds(), Version: "1.2.3",
			Test: func(context.Context) Findings { return Findings{} },
			Config: &Config{Join: os.Getenv("MAILPROBE_JOIN"), TokenFile: os.Getenv("MAILPROBE_TOKEN"), Rules: Rules{
				Kinds: []string{"smtp"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []Ports{{1, 65535}}, Rate: 1000, HostRate: 1000,
			}},
		})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fillSpool adds numbers to a spool for ever, from the one after the last, and prints each once
// it is kept.
func fillSpool(dir string) {
	s, err := openSpool(dir, time.Now)
	n, _ := strconv.Atoi(os.Getenv("MAILPROBE_FIRST"))
	for ; err == nil; n++ {
		if err = s.add(one(n)); err == nil {
			fmt.Println(n)
			err = s.tidy()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// kills is how often a process is killed.
func kills() int {
	if os.Getenv("MAILPROBE_NIGHTLY") != "" {
		return 200
	}
	return 10
}

func child(t *testing.T, what string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "MAILPROBE_CHILD="+what), env...)
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	})
	return cmd
}

// TestSpoolKilled: whenever a process is killed while it adds, gathers and removes, all that it
// had kept is there, each once.
func TestSpoolKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	var kept []string
	for i := range kills() {
		cmd := child(t, "spool", "MAILPROBE_DIR="+dir, fmt.Sprint("MAILPROBE_FIRST=", i*100_000))
		out, err := cmd.StdoutPipe()
		if err != nil || cmd.Start() != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if kept = append(kept, lines.Text()); n == 14+7*i {
				_ = cmd.Process.Kill() // what it has printed until it is dead is read nevertheless
			}
		}
		_ = cmd.Wait()
	}
	s, err := openSpool(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	found, batches := drained(t, s)
	slices.Sort(kept)
	slices.Sort(found)
	if len(slices.Compact(slices.Clone(found))) != len(found) {
		t.Error("a result is there twice")
	}
	for _, k := range kept {
		if _, is := slices.BinarySearch(found, k); !is {
			t.Errorf("%s is lost", k)
		}
	}
	if len(kept) < kills()*15 || batches > len(kept) {
		t.Errorf("%d were kept, in %d batches", len(kept), batches)
	}
}

// TestAgentKilled: an agent that is killed at any time sends what it had kept once it is started
// again, and nothing twice.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	server := mailServer(t, "SIZE")
	s := newStage(t, smtpJob("a", server), smtpJob("b", server), smtpJob("c", server))
	ids := []string{"a", "b", "c"}
	total := func() (n int) {
		for _, id := range ids {
			n += len(s.checks.of(id))
		}
		return n
	}
	for i := range max(kills()/3, 3) {
		cmd := child(t, "agent", "MAILPROBE_DIR="+s.state, "MAILPROBE_JOIN="+s.config.Join, "MAILPROBE_TOKEN="+s.config.TokenFile)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		known := total()
		until(t, "results arrive", func() bool { return total() > known+i })
		time.Sleep(time.Duration(i*37) * time.Millisecond) // at another moment each time
		_ = cmd.Process.Kill()
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
			t.Fatalf("the agent ended by itself: %v", err)
		}
	}
	end := s.start()
	known := total()
	until(t, "results arrive", func() bool { return total() > known+3 })
	end()
	if left, _ := filepath.Glob(filepath.Join(s.state, folder, "spool", "*"+spoolEnd)); len(left) > 0 {
		t.Errorf("left in the spool: %v", left)
	}
	for _, id := range ids {
		for at, n := range each(s.checks.of(id)) {
			if n != 1 {
				t.Errorf("the result of %s from %s arrived %d times", id, at, n)
			}
		}
	}
}
