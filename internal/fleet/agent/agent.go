package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Options say how an agent runs.
type Options struct {
	// Config are the owner's settings.
	Config *Config
	// Dir is the state directory.
	Dir string
	// Kinds are the kinds of checks, Version is that of mailprobe.
	Kinds   []probe.Kind
	Version string
	// Warn is called with what is to be told; nil for no call.
	Warn func(error)
	// Dial and DNS are the network of the checks; nil for that of the operating system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	DNS  probe.Resolver
	// Test replaces the agent's test of itself; nil for none.
	Test func(context.Context) Findings
	// Now replaces the clock; nil for time.Now.
	Now func() time.Time
}

// Agent is one that runs.
type Agent struct {
	o     Options
	state *state
	spool *spool
	clock clock
	told  told
	limit *probe.Limit // of the checks of the schedule and of bulk runs

	conn      *nats.Conn
	stream    jetstream.JetStream
	scheduler *suite.Scheduler
	place     string
	process   string // fleet.Hello.Process

	first atomic.Bool   // answer of the centre is there
	greet chan struct{} // a greeting is due
	flush chan struct{} // results are to be written
	send  chan struct{} // there may be something to send

	mu        sync.Mutex
	schedule  string            // ID of that which is followed
	refused   map[string]string // jobs of it
	findings  Findings
	welcomed  bool   // the centre takes results
	key       string // of its orders
	pending   []fleet.Result
	secrets   map[wire.Secret]bool
	lost      int64 // results that could not even be written
	lostSince delay // the connection
	announced bool  // that it is there
	over      bool  // nothing is told any more
}

const (
	// maxSessions is how many sessions go on at once, maxPerHost how many with one host.
	maxSessions, maxPerHost = 100, 4
	// stopWithin is how long what waits may take to be sent at the end.
	stopWithin = 3 * time.Second
	// maxOrders is how many orders may wait.
	maxOrders = 10_000
)

// Run is an agent until the context ends. Its error is why it cannot run: the settings, the
// state directory or, where it joins, the token and the centre.
func Run(ctx context.Context, o Options) error {
	a, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer a.state.close()
	return a.run(ctx)
}

// open takes what belongs to the agent.
func open(ctx context.Context, o Options) (*Agent, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	a := &Agent{
		o: o, process: rand.Text(), clock: clock{now: o.Now}, secrets: map[wire.Secret]bool{}, limit: probe.NewLimit(maxSessions, maxPerHost),
		greet: make(chan struct{}, 1), flush: make(chan struct{}, 1), send: make(chan struct{}, 1),
	}
	a.told.warn = o.Warn
	a.limit.Pace(o.Config.Rules.Rate, o.Config.Rules.HostRate)
	if o.Test == nil {
		a.o.Test = (&tester{hosts: o.Config.TestHosts}).run
	}
	var err error
	if a.state, err = openState(ctx, o.Dir); err != nil {
		return nil, err
	}
	if a.spool, err = openSpool(a.state.file("spool"), a.now); err != nil {
		a.state.close()
		return nil, err
	}
	a.scheduler = suite.NewScheduler(suite.ScheduleOptions{
		Suite: &suite.Suite{Name: "agent"}, Dir: a.state.dir, Now: o.Now, Warn: func(error) {}, OnEnd: a.ended,
		Runner: suite.Runner{Limit: a.limit, Dial: o.Dial, DNS: o.DNS, Permit: a.permit},
	})
	a.restore()
	return a, nil
}

// now is the time of the centre as far as it is known.
func (a *Agent) now() time.Time {
	offset, _ := a.clock.offset()
	return a.o.Now().Round(0).Add(offset)
}

// run joins or connects, and does what an agent does.
func (a *Agent) run(ctx context.Context) error {
	if err := a.connect(ctx); err != nil {
		return err
	}
	defer a.close()
	var work, checks sync.WaitGroup
	ending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	work.Go(func() { a.greetAll(ctx) })
	work.Go(func() { a.sendAll(ending) })
	work.Go(func() { a.writeAll(ending) })
	checks.Go(func() {
		a.test(ctx)
		work.Go(func() { a.testAll(ctx) })
		work.Go(func() { a.workBulk(ctx) })
		_ = a.scheduler.Run(ctx)
	})
	<-ctx.Done()
	checks.Wait()
	a.write()
	a.sendRest()
	stop()
	work.Wait()
	return nil
}

// close ends the connection.
func (a *Agent) close() {
	a.mu.Lock()
	a.over = true
	a.lostSince.stop()
	a.mu.Unlock()
	a.conn.Close()
}

// connect connects to the centre. Where the agent joins, its error is that of the first attempt;
// later ones go on.
func (a *Agent) connect(ctx context.Context) error {
	if a.o.Config.Join == "" {
		return errors.New("the centre is not named; --join tls://HOST:PORT would be right, or join: in agent.yaml")
	}
	if err := fleet.CheckURL(a.o.Config.Join); err != nil {
		return err
	}
	m, token, err := a.state.member(a.o.Config.TokenFile)
	if err != nil {
		return err
	}
	a.place = m.Place
	a.conn, err = fleet.Connect(ctx, fleet.Options{
		URL: a.o.Config.Join, Name: m.Place, Key: a.state.user, Token: token, Fingerprint: m.Fingerprint, CAFile: a.o.Config.CAFile,
		Patient: token == nil, Changed: a.changed,
	})
	if err != nil {
		return err
	}
	if token != nil {
		if err := a.state.write(memberFile, m); err != nil {
			return err
		}
	}
	orders, err := a.conn.Subscribe(fleet.OrderSubject+"."+a.place, a.order)
	if err != nil {
		return err
	}
	a.stream, err = fleet.Streams(a.conn)
	return errors.Join(err, orders.SetPendingLimits(maxOrders, maxOrders<<10))
}

// changed takes note of how the connection is.
func (a *Agent) changed(connected bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return
	}
	if connected {
		a.lostSince.stop()
		a.told.tell("connection", nil)
		signal(a.greet)
		return
	}
	a.welcomed = false
	a.lostSince.start(func() {
		a.mu.Lock()
		a.announced = false
		a.mu.Unlock()
		a.told.tell("connection", fmt.Errorf("no connection to the centre, which is tried again; checks go on, and results are kept: %w", cmp.Or(err, errLost)))
	})
}

// lostFor is how long the connection may be lost before that is told: that to a server that is
// not the centre's own ends every few minutes, as its permission does, and is made again at once.
const lostFor = 10 * time.Second

// delay calls a function some time after it was started first, unless it is stopped.
type delay struct{ timer *time.Timer }

func (d *delay) start(do func()) {
	if d.timer == nil {
		d.timer = time.AfterFunc(lostFor, do)
	}
}

func (d *delay) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer = nil
}

var errLost = errors.New("it was lost")

// order does what the centre asks for.
func (a *Agent) order(m *nats.Msg) {
	var o fleet.Order
	if json.Unmarshal(m.Data, &o) != nil || !a.isOrder(o) {
		return
	}
	if o.Hello {
		signal(a.greet)
	}
	if o.Run != "" {
		_ = a.scheduler.RunNow(o.Run) // of a job that is refused or gone there is nothing to say
	}
}

// isOrder reports whether an order is of the centre that the agent has greeted.
func (a *Agent) isOrder(o fleet.Order) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return o.Key == a.key && a.key != ""
}

// permit returns a failure where nothing may be sent to an address: the owner's rules do not
// permit it, or it is known that nothing would come of it.
func (a *Agent) permit(to netip.AddrPort) error {
	if err := a.o.Config.Rules.permit(to); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.findings.permit(to)
}

// restore follows the schedule that was kept.
func (a *Agent) restore() {
	kept, err := a.state.readSchedule()
	if err == nil && kept != nil {
		err = a.follow(kept)
	}
	a.told.tell("schedule", err)
}

// takeUp follows a schedule of the centre from now on, and keeps it. One that is none leaves
// the one before in use.
func (a *Agent) takeUp(s *fleet.Schedule) {
	err := a.follow(s)
	if err == nil {
		err = a.state.write(scheduleFile, s)
	}
	a.told.tell("schedule", err)
}

// follow has the scheduler run the jobs of a schedule.
func (a *Agent) follow(s *fleet.Schedule) error {
	var jobs []suite.Job
	if err := json.Unmarshal(s.Jobs, &jobs); err != nil {
		return fmt.Errorf("the centre's schedule cannot be read, and the one before stays: %w", err)
	}
	checks, faults := suite.ForAgent(jobs, a.o.Kinds, a.rules())
	a.scheduler.Replace(checks)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.schedule, a.refused = s.ID, reasons(faults)
	return nil
}

// rules are what the owner permits.
func (a *Agent) rules() suite.AgentRules {
	r := &a.o.Config.Rules
	return suite.AgentRules{Judge: r.judge, Port: r.port, Sends: r.sends(), Secret: a.secret, Dir: a.state.dir}
}

// The bounds of what a greeting says of jobs that were refused: it is one message.
const (
	maxRefused = 128 << 10 // bytes
	maxReason  = 200
)

// reasons are why jobs were refused, as a greeting has them.
func reasons(faults map[string]error) map[string]string {
	all, size := map[string]string{}, 0
	for _, id := range slices.Sorted(maps.Keys(faults)) {
		why := cut.Bytes(faults[id].Error(), maxReason)
		if size += len(id) + len(why); size > maxRefused {
			break
		}
		all[id] = why
	}
	return all
}

// signal wakes up who waits for a channel, or will.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// told says what is wrong, once as long as it stays the same.
type told struct {
	warn func(error)
	mu   sync.Mutex
	last map[string]string
}

// tell says what is wrong with something; nil where nothing is any more.
func (t *told) tell(what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[string]string{}
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	if t.last[what] == text {
		return
	}
	if t.last[what] = text; err != nil {
		t.warn(err)
	}
}
