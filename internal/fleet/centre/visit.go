package centre

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/intake"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/wire"
)

// visit serves one place: it answers its greetings and takes its results.
type visit struct {
	centre *Centre
	place  string
	cancel context.CancelFunc
	hellos *nats.Subscription
	twin   twin
	lost   int    // greetings that were too many
	key    string // of orders
	jobs   int    // of its schedule

	hidden  map[string]bool  // the secrets that are masked
	secrets *wire.Transcript // masks them
}

const (
	// hellosWaiting is how many greetings of a place wait at most; more are left out.
	hellosWaiting = 8
	// resultRate is how many bytes of results a second are taken of one place for long,
	// and resultBurst how many at once.
	resultRate, resultBurst = 2 << 20, 32 << 20
	// together is how many batches are taken at a time.
	together = 16
	// idle is how long one request to the server for results lasts.
	idle = 30 * time.Second
	// again is when a batch that could not be recorded is tried again.
	again = 5 * time.Second
)

// answers is what the subject begins with that leads back to the account of a place: what is
// published there can only be an answer, and comes to nobody else.
const answers = "_R_."

// begin begins to serve the place.
func (v *visit) begin() error {
	var err error
	v.key = rand.Text()
	v.secrets, v.hidden = &wire.Transcript{}, map[string]bool{}
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	if v.hellos, err = v.centre.conn.Subscribe(fleet.HelloSubject+"."+v.place, v.greeting); err != nil {
		cancel()
		return err
	}
	if err := v.hellos.SetPendingLimits(hellosWaiting, hellosWaiting*intake.MaxHello); err != nil {
		cancel()
		return err
	}
	v.centre.wait.Go(func() { v.receive(ctx) })
	return v.centre.conn.Flush()
}

// end ends it. What the place has left waits in the stream.
func (v *visit) end() {
	_ = v.hellos.Unsubscribe()
	v.cancel()
}

// greeting answers a Hello.
func (v *visit) greeting(msg *nats.Msg) {
	v.countLost()
	if !strings.HasPrefix(msg.Reply, answers) {
		v.centre.told.tell("forged: "+v.place, fmt.Errorf("fleet: a greeting in the name of %s is not of its account and is left out: somebody who submits has results of bulk runs sent there", v.place))
		return
	}
	hello, err := intake.ReadHello(msg.Data)
	if err != nil {
		v.refused(1, fmt.Errorf("a greeting was refused: %w", err))
		return
	}
	maps.DeleteFunc(hello.Refused, func(id, _ string) bool { _, is := v.kindOf(id); return !is })
	answer := fleet.Welcome{Received: time.Now(), Key: v.key}
	problem := v.problem(hello, answer.Received)
	if problem == "" {
		answer.Schedule, problem = v.schedule(hello)
	}
	answer.Error = problem
	v.heard(hello, problem, answer.Received)
	if text, err := json.Marshal(answer); err == nil {
		_ = msg.Respond(text) // the agent greets again
	}
}

// countLost counts the greetings that came too fast, and ends the connections of who sends them.
func (v *visit) countLost() {
	lost, err := v.hellos.Dropped()
	if err != nil || lost == v.lost {
		return
	}
	v.refused(int64(lost-v.lost), errors.New("it greets faster than it can be answered"))
	v.lost = lost
	if v.centre.server != nil {
		v.centre.server.end(v.place)
	}
}

// problem returns why the place is not listened to, or nothing.
func (v *visit) problem(h fleet.Hello, now time.Time) string {
	if h.Process != "" && v.twin.second(h.Process, now) {
		v.centre.told.tell("second: "+v.place, fmt.Errorf("fleet: a second agent by the name %s, with the same key, is refused: give each machine an invitation of its own", v.place))
		return "another agent has this name and this key; give each machine an invitation of its own"
	}
	off := now.Sub(h.Sent)
	if h.Offset != nil {
		off = time.Duration(*h.Offset * float64(time.Second))
	}
	if off.Abs() > intake.MaxOffset {
		return fmt.Sprintf("the clock of this machine is off by %s; results are taken once it is set", probe.FormatSpan(off.Abs()))
	}
	return ""
}

// heard notes what was heard, and hands it to the checks.
func (v *visit) heard(h fleet.Hello, problem string, now time.Time) {
	before := v.centre.seen.update(v.place, func(s *Seen) {
		refused := s.Refused
		*s = Seen{
			Last: now, Version: h.Version, Offset: h.Offset, Able: h.Able, Spooled: h.Spooled, Dropped: h.Dropped,
			Jobs: v.jobs, NotAllowed: len(h.Refused), Refused: refused, Problem: problem,
		}
	})
	if now.Sub(before.Last) > SeenEvery+fleet.HelloEvery || before.Problem != problem {
		v.centre.write() // it has just come: whoever looks at the list waits for that
	}
	r := suite.AgentReport{Version: h.Version, Spooled: h.Spooled, Dropped: h.Dropped, Refused: h.Refused, Problem: problem}
	if h.Offset != nil {
		offset := time.Duration(*h.Offset * float64(time.Second))
		r.Offset = &offset
	}
	for _, a := range h.Able {
		r.Able = append(r.Able, suite.Ability(a))
	}
	v.centre.Checks.Heard(v.place, r)
}

// refused counts what was not taken, and tells it once.
func (v *visit) refused(n int64, why error) {
	v.centre.seen.update(v.place, func(s *Seen) { s.Refused += n })
	v.centre.told.tell("refused: "+v.place+": "+why.Error(), fmt.Errorf("fleet: %s: %w", v.place, why))
}

// kindOf returns the kind of a job that may be the place's.
func (v *visit) kindOf(id string) (string, bool) { return v.centre.Checks.Kind(v.place, id) }

// receive takes results until the context ends.
func (v *visit) receive(ctx context.Context) {
	limit := rate.NewLimiter(resultRate, resultBurst)
	for ctx.Err() == nil {
		consumer, err := v.centre.makeConsumers(ctx, v.place)
		for err == nil && ctx.Err() == nil {
			err = v.receiveSome(ctx, consumer, limit)
		}
		if err != nil && ctx.Err() == nil {
			v.centre.told.tell("receive: "+v.place+": "+err.Error(), fmt.Errorf("fleet: results of %s cannot be received, and wait: %w", v.place, err))
			probe.Pause(ctx, again)
		}
	}
}

// receiveSome asks for results once, and takes them as they come.
func (v *visit) receiveSome(ctx context.Context, consumer jetstream.Consumer, limit *rate.Limiter) error {
	within, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	results, err := consumer.Fetch(together, jetstream.FetchContext(within))
	if err != nil {
		return err
	}
	for first := range results.Messages() {
		all := append([]jetstream.Msg{first}, here(results.Messages())...)
		if err := v.slowDown(ctx, all, limit); err != nil {
			return err
		}
		v.take(ctx, all)
	}
	if err := results.Error(); !errors.Is(err, context.DeadlineExceeded) { // nil where the server ended the request
		return err
	}
	return nil
}

// here returns the messages that are there already.
func here(waiting <-chan jetstream.Msg) (all []jetstream.Msg) {
	for {
		select {
		case msg, more := <-waiting:
			if !more {
				return all
			}
			all = append(all, msg)
		default:
			return all
		}
	}
}

// slowDown waits until the place may have sent as much.
func (v *visit) slowDown(ctx context.Context, all []jetstream.Msg, limit *rate.Limiter) error {
	size := 0
	for _, msg := range all {
		size += len(msg.Data()) + costOf(msg.Headers())
	}
	size = min(size, resultBurst)
	if limit.AllowN(time.Now(), size) {
		return nil
	}
	v.centre.told.tell("flood: "+v.place, fmt.Errorf("fleet: %s sends more than %s of results a second, and is slowed down; others are not", v.place, "2 MiB"))
	return limit.WaitN(ctx, size)
}

// costOf is what the headers of a message count for in bytes: the server keeps its ID in memory
// for as long as it knows duplicates, and an agent's has less than 100 bytes.
func costOf(headers nats.Header) int {
	n := 0
	for name, values := range headers {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return 1<<10 + max(n-1<<10, 0)*100
}

// take hands batches over, and acknowledges them once they are recorded.
func (v *visit) take(ctx context.Context, all []jetstream.Msg) {
	p, err := v.centre.register.Get(v.place)
	if err == nil && !p.active() {
		v.refused(int64(len(all)), errors.New("results were refused, for the place was revoked"))
		acknowledge(all)
		return
	}
	var delivered []suite.Delivered
	for _, msg := range all {
		delivered = append(delivered, v.open(msg.Data())...)
	}
	if len(delivered) > 0 {
		err = v.centre.Checks.Deliver(ctx, v.place, delivered)
	}
	if err == nil {
		acknowledge(all)
		return
	}
	if ctx.Err() == nil && !errors.Is(err, suite.ErrStopped) {
		v.centre.told.tell("deliver: "+v.place+": "+err.Error(), fmt.Errorf("fleet: results of %s wait: %w", v.place, err))
	}
	for _, msg := range all {
		_ = msg.NakWithDelay(again) // else it comes again after ackWait
	}
}

// open reads a batch. What is refused of it is counted, and told once.
func (v *visit) open(data []byte) []suite.Delivered {
	all, refused, err := intake.ReadBatch(data, v.kindOf, v.secrets.Redact)
	if err != nil {
		v.refused(1, fmt.Errorf("a batch of results was refused: %w", err))
	}
	for _, why := range slices.Sorted(maps.Keys(refused)) {
		v.refused(int64(refused[why]), fmt.Errorf("a result was refused: %s", why))
	}
	return all
}

// acknowledge removes batches from the stream. One that is not comes again, and changes nothing
// then.
func acknowledge(all []jetstream.Msg) {
	for _, msg := range all {
		_ = msg.Ack()
	}
}
