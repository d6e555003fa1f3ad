package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
	"mailprobe/probe"
)

// TestPoison: a target that ends every worker is given up after three of them, with a few at
// most that were checked beside it each time.
func TestPoison(t *testing.T) {
	t.Parallel()
	s, js := started(t, Limits{AckWait: 500 * time.Millisecond})
	stop := make(chan struct{})
	deaths := make(chan int)
	go func() {
		n := 0
		for {
			p := start(t, "worker", s.URL, fmt.Sprint("w", n))
			select {
			case <-p.lines: // it has died
				n++
			case <-stop:
				p.kill()
				deaths <- n
				return
			}
		}
	}()
	results := map[string]*probe.Result{}
	r := testRun(js, "poison", func(o Outcome) error {
		one := whole(t, o)
		results[one.Target] = one
		return nil
	})
	names := []string{"poison.example"}
	for i := range 300 {
		names = append(names, fmt.Sprintf("host%d.example", i))
	}
	tally, err := r.Do(t.Context(), named(names...))
	close(stop)
	if err != nil || tally.Done != len(names) {
		t.Fatalf("%+v, %v", tally, err)
	}
	if n := <-deaths; n != MaxDeliver {
		t.Errorf("%d workers died, want %d", n, MaxDeliver)
	}
	var given []string
	for name, r := range results {
		if r.Cause.Is(CauseGaveUp) {
			given = append(given, name)
		} else if r.Status != probe.OK {
			t.Errorf("%s has %s: %s", name, r.Status, r.Summary)
		}
	}
	if !slices.Contains(given, "poison.example") || len(given) > 2*(fewTargets+1) {
		t.Errorf("%q were given up", given)
	}
}

// TestPushBack: who submits waits while the queue is full, and the queue does not grow.
func TestPushBack(t *testing.T) {
	t.Parallel()
	_, js := started(t, Limits{Jobs: 3, AckWait: quick.AckWait})
	var read atomic.Int64
	targets := func(yield func(Target) bool) {
		for target := range numbered(4000) {
			read.Add(1)
			if !yield(target) {
				return
			}
		}
	}
	seen, ended := times{}, make(chan error)
	go func() {
		_, err := testRun(js, "full", seen.emit).Do(t.Context(), targets)
		ended <- err
	}()
	waiting := func() int {
		s, err := js.Stream(t.Context(), fleet.JobStream)
		if err != nil {
			t.Fatal(err)
		}
		return int(s.CachedInfo().State.Msgs)
	}
	for waiting() < 3 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // in which it would go on
	if n := read.Load(); waiting() != 3 || n > 3*BatchSize+(Shards+2)*BatchSize {
		t.Errorf("%d jobs wait, %d targets were read", waiting(), n)
	}
	work(t, worker(js, "w"))
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	seen.each(t, 4000)
}

// TestHostile: what a worker says that is not true is refused and counted, and changes
// nothing.
func TestHostile(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	good := `{"check":"null","target":"x","start":"2026-11-29T12:00:00Z","elapsed":0,"status":"OK"}`
	ticket := testRun(js, "hostile", nil).ticket(0, "h.example")
	say := func(text string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), resultSubject("hostile", "evil"), pack([]byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	outcome := func(run string, index int, ticket string, results ...string) string {
		return fmt.Sprintf("%s\n%d %s %d\n%s\n", run, index, ticket, len(results), strings.Join(results, "\n"))
	}
	if _, err := js.Publish(t.Context(), resultSubject("hostile", "evil"), make([]byte, maxMessage+1)); err == nil {
		t.Error("the server took a message that is too large")
	}
	hostile := []string{
		"no JSON", strings.Repeat("x", maxMessage+1), outcome("other", 0, ticket, good), outcome("hostile", -1, ticket, good), outcome("hostile", 5, ticket, good),
		outcome("hostile", 1<<40, ticket, good), outcome("hostile", 1, ticket, good), outcome("hostile", 0, "", good), outcome("hostile", 0, ticket+"x", good), outcome("hostile", 0, ticket),
		outcome("hostile", 0, ticket, "null"), outcome("hostile", 0, ticket, strings.Replace(good, "null", "smtp", 1)),
		outcome("hostile", 0, ticket, slices.Repeat([]string{good}, maxResults+1)...), "hostile\n" + strings.Repeat("[", 1000),
		"hostile\n0 " + ticket + " 99999999999999999999\n", "hostile\n0 " + ticket + " 3\n" + good,
		outcome("hostile", 0, ticket, strings.Replace(good, "OK", "FINE", 1)),
	}
	r := testRun(js, "hostile", nil)
	results := map[int]Outcome{}
	r.Emit = func(o Outcome) error { results[o.Index] = o; return nil }
	targets := func(yield func(Target) bool) {
		for i := range 3 {
			if i == 1 { // the run is known by now
				for _, text := range hostile {
					say(text)
				}
				if _, err := js.Publish(t.Context(), resultSubject("hostile", "evil"), []byte("not packed")); err != nil {
					t.Error(err)
				}
				work(t, worker(js, "w"))
			}
			if !yield(Target{Text: "h.example", Destination: "h.example"}) {
				return
			}
		}
	}
	tally, err := r.Do(t.Context(), targets)
	if err != nil || tally.Done != 3 || len(results) != 3 || results[0].Place != "w" {
		t.Fatalf("%+v, %v, %v", tally, err, results)
	}
	if tally.Refused != len(hostile)+1 || !strings.Contains(tally.Why.Error(), "place evil") {
		t.Errorf("%d were refused, want %d: %v", tally.Refused, len(hostile)+1, tally.Why)
	}
}

// TestPreempted: what another stores first, by an ID that it can guess, takes the place of no result.
func TestPreempted(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	seen := times{}
	targets := func(yield func(Target) bool) {
		for i := range 3 {
			if i == 1 { // the run is known by now
				for _, guess := range []string{"[0]", "[1]", "[2]", "[0 1]", "[1 2]", "[0 1 2]", "[]"} {
					if _, err := js.Publish(t.Context(), resultSubject("first", "evil"), []byte("first\n"), jetstream.WithMsgID(messageID("first", guess))); err != nil {
						t.Error(err)
					}
				}
				work(t, worker(js, "w"))
			}
			if !yield(Target{Text: "h.example", Destination: "h.example"}) {
				return
			}
		}
	}
	if tally, err := testRun(js, "first", seen.emit).Do(t.Context(), targets); err != nil || tally.Done != 3 {
		t.Errorf("%+v, %v", tally, err)
	}
}

// TestJobs: what is no job, or may not be done, is refused with a result or ended; the worker
// goes on.
func TestJobs(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	w := worker(js, "w")
	w.Permit = func(_ *Job, t probe.Target) error {
		if t.Host == "forbidden.example" {
			return errors.New("the rules of this place do not allow it")
		}
		return nil
	}
	work(t, w)
	for _, text := range []string{"", "{}", `{"run":"a.b","kind":"null","targets":[{"t":"x"}]}`, `{"run":"a","kind":"null","targets":[{"t":""}]}`} {
		if _, err := js.Publish(t.Context(), jobSubject(Any, 0), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		change func(*Job)
		target string
		says   string
	}{
		"kind":       {func(j *Job) { j.Kind = "deliver" }, "a.example", "no bulk runs of"},
		"option":     {func(j *Job) { j.Options = []Option{{"nothing", "1"}} }, "a.example", "no option nothing"},
		"value":      {func(j *Job) { j.Options = []Option{{"timeout", "soon"}} }, "a.example", "soon"},
		"credential": {func(j *Job) { j.Credentials = []Option{{"password-env", "PW"}} }, "a.example", `no credential called "PW"`},
		"user":       {func(*Job) {}, "alice@a.example", "logs in nowhere"},
		"rules":      {func(*Job) {}, "forbidden.example", "rules of this place"},
		"target":     {func(*Job) {}, "http://a.example", "is a URL"},
		"panic":      {func(j *Job) { j.Kind = "panic" }, "a.example", "broke"},
	} {
		if what == "panic" {
			prepare := w.Prepare
			w := &Worker{JS: js, Place: "p", Groups: []string{"p"}, Prepare: func(ctx context.Context, j *Job) (*probe.Check, error) {
				if j.Kind == "panic" {
					panic("a fault")
				}
				return prepare(ctx, j)
			}}
			if err := AddQueues(t.Context(), js, quick, "p"); err != nil {
				t.Fatal(err)
			}
			work(t, w)
		}
		var got *probe.Result
		r := testRun(js, what, func(o Outcome) error { got = whole(t, o); return nil })
		if c.change(&r.Job); what == "panic" {
			r.Group = "p"
		}
		if _, err := r.Do(t.Context(), named(c.target)); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got.Status != probe.Unknown || got.Cause == nil || !strings.Contains(got.Summary, c.says) {
			t.Errorf("%s: %s %s, want %q", what, got.Status, got.Summary, c.says)
		}
	}
}

// TestLarge: a result that is larger than a message loses parts, and says so.
func TestLarge(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	work(t, worker(js, "w"))
	var got *probe.Result
	tally, err := testRun(js, "large", func(o Outcome) error { got = whole(t, o); return nil }).Do(t.Context(), named("long.example"))
	if err != nil || tally.Done != 1 || got.Status != probe.OK || got.Steps[0].Detail != shortened {
		t.Errorf("%+v, %v: %v", tally, err, got)
	}
}

// TestLost: a worker that acknowledges what it has not done is found out, and the run can be
// resumed.
func TestLost(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	c, err := js.Consumer(t.Context(), fleet.JobStream, ConsumerName(Any, shardOf("a.example")))
	if err != nil {
		t.Fatal(err)
	}
	lazy, err := c.Consume(func(msg jetstream.Msg) { _ = msg.Ack() })
	if err != nil {
		t.Fatal(err)
	}
	seen := times{}
	r := testRun(js, "lost", seen.emit)
	r.idle = time.Second
	_, err = r.Do(t.Context(), named("a.example"))
	lazy.Stop()
	if err == nil || !strings.Contains(err.Error(), "--resume lost") {
		t.Errorf("the run ended with %v", err)
	}
	work(t, worker(js, "w"))
	r = testRun(js, "lost", seen.emit)
	r.Resume = true
	var told []string
	r.Log = func(err error) { told = append(told, err.Error()) }
	if _, err := r.Do(t.Context(), named("a.example")); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || !strings.Contains(told[0], "no result of a run lost is kept") {
		t.Errorf("of a run without results is told: %q", told)
	}
	seen.each(t, 1)
}

// TestNobody: a run whose jobs nobody takes says so, once, whatever became of bad lines.
func TestNobody(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	r := testRun(js, "nobody", func(Outcome) error { return nil })
	r.idle = 10 * time.Millisecond
	r.Log = func(err error) {
		told = append(told, err.Error())
		time.AfterFunc(time.Second, cancel) // in which it would say so again
	}
	_, err := r.Do(ctx, func(yield func(Target) bool) {
		_ = yield(Target{Text: "bad line", Results: []*probe.Result{{Check: "null"}}}) && yield(Target{Text: "a.example", Destination: "a.example"})
	})
	if !errors.Is(err, context.Canceled) || len(told) != 1 || !strings.Contains(told[0], "where 1 jobs wait, and no agent asks") {
		t.Errorf("%q, %v", told, err)
	}
}

// TestRate: two workers together keep the rate of a destination, as only one of them has it.
func TestRate(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	const distance = 5 * time.Millisecond
	work(t, worker(js, "w0"), worker(js, "w1"))
	r := testRun(js, "rate", func(Outcome) error { return nil })
	r.Job.Rate = float64(time.Second / distance)
	begin := time.Now()
	targets := func(yield func(Target) bool) {
		for range 300 {
			if !yield(Target{Text: "one.example", Destination: "one.example"}) {
				return
			}
		}
	}
	if _, err := r.Do(t.Context(), targets); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 299*distance {
		t.Errorf("300 sessions %s apart took %s", distance, took)
	}
}
