package bulk

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet/natstest"
	"mailprobe/probe"
)

// roleVariable makes the test program a worker or a collector, which a test can kill.
const roleVariable = "MAILPROBE_BULK_TEST_ROLE"

func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv(roleVariable))
	if len(role) == 0 {
		os.Exit(m.Run())
	}
	if err := play(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play is what a process does: worker URL PLACE, or collect URL RUN COUNT resume.
func play(role []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	js, err := connect(role[1])
	if err != nil {
		return err
	}
	if role[0] == "worker" {
		worker(js, role[2]).Run(ctx)
		return nil
	}
	count, _ := strconv.Atoi(role[3])
	out := bufio.NewWriter(os.Stdout)
	r := testRun(js, role[2], func(o Outcome) error {
		fmt.Fprintln(out, o.Index)
		return out.Flush()
	})
	r.Resume = role[4] == "true"
	tally, err := r.Do(ctx, numbered(count))
	if err == nil {
		fmt.Fprintln(os.Stderr, "tally", tally)
	}
	return err
}

func connect(url string) (jetstream.JetStream, error) {
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.RetryOnFailedConnect(true), nats.ReconnectBufSize(-1))
	if err != nil {
		return nil, err
	}
	return jetstream.New(conn)
}

func connected(t testing.TB, url string) jetstream.JetStream {
	t.Helper()
	js, err := connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(js.Conn().Close)
	return js
}

// quick are limits with which the test of a death is short.
var quick = Limits{AckWait: 2 * time.Second}

// started returns a server with the streams set up.
func started(t testing.TB, l Limits, groups ...string) (*natstest.Server, jetstream.JetStream) {
	t.Helper()
	s := natstest.Start(t, natstest.Options{})
	js := connected(t, s.URL)
	if err := Setup(t.Context(), js, l); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		if err := AddQueues(t.Context(), js, l, group); err != nil {
			t.Fatal(err)
		}
	}
	return s, js
}

// null is a kind whose checks do nothing, but for what is said of the target: poison ends the
// process, broken panics, long has a large result.
func null(check func(ctx context.Context, t probe.Target)) probe.Kind {
	return probe.Kind{Name: "null", Steps: []string{"look"}, New: func(o *probe.Options) (probe.Checker, []probe.Option) {
		return nullChecker{check}, o.ReplyOptions()
	}}
}

type nullChecker struct {
	check func(ctx context.Context, t probe.Target)
}

func (nullChecker) Prepare(context.Context) error { return nil }

func (c nullChecker) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	return r.Run("look", func(s *probe.Step) error {
		if c.check != nil {
			c.check(ctx, t)
		}
		switch {
		case strings.HasPrefix(t.Host, "poison"):
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			select {}
		case strings.HasPrefix(t.Host, "long"):
			s.Detail = strings.Repeat("x", 1<<12)
			for range 3000 {
				s.Learn(probe.Text("fact", strings.Repeat("y", 1<<9)))
			}
		}
		return nil
	})
}

// worker returns one whose checks do nothing.
func worker(js jetstream.JetStream, place string) *Worker {
	return &Worker{JS: js, Place: place, Groups: []string{Any}, Log: func(err error) { fmt.Fprintln(os.Stderr, place, err) },
		Prepare: Runner([]probe.Kind{null(nil)}, probe.NewLimit(64, 0))}
}

// work runs workers until the test ends.
func work(t testing.TB, all ...*Worker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	for _, w := range all {
		go func() {
			w.Run(ctx)
			ended <- struct{}{}
		}()
	}
	t.Cleanup(func() {
		cancel()
		for range all {
			<-ended
		}
	})
}

func testRun(js jetstream.JetStream, run string, emit func(Outcome) error) *Run {
	return &Run{JS: js, Job: Job{Run: run, Kind: "null"}, Group: Any, Secret: []byte("known to the test"), Emit: emit,
		Log: func(err error) { fmt.Fprintln(os.Stderr, err) }}
}

func named(names ...string) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for _, name := range names {
			if !yield(Target{Text: name, Destination: name}) {
				return
			}
		}
	}
}

func numbered(n int) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for i := range n {
			name := "host" + strconv.Itoa(i) + ".example"
			if !yield(Target{Text: name, Destination: name}) {
				return
			}
		}
	}
}

// whole is the first result of an outcome.
func whole(t testing.TB, o Outcome) *probe.Result {
	t.Helper()
	r, err := o.Answers[0].Result()
	if err != nil {
		t.Error(err)
	}
	return r
}

// times counts how often each target had an outcome.
type times map[int]int

func (c times) emit(o Outcome) error { c[o.Index]++; return nil }

// each reports targets that did not have exactly one outcome.
func (c times) each(t testing.TB, want int) {
	t.Helper()
	if len(c) != want {
		t.Errorf("%d targets have an outcome, want %d", len(c), want)
	}
	for i, n := range c {
		if n != 1 || i < 0 || i >= want {
			t.Fatalf("target %d has %d outcomes", i, n)
		}
	}
}

// process is a worker or a collector of its own.
type process struct {
	*exec.Cmd
	lines chan string
}

func start(t testing.TB, role ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), roleVariable+"="+strings.Join(role, " ")), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, make(chan string)}
	go func() {
		defer close(p.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			p.lines <- in.Text()
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	_ = p.Process.Kill()
	for range p.lines { // until it has ended
	}
}
