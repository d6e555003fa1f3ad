package centre

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
	"mailprobe/internal/suite"
)

// Checks is what the centre needs of a schedule.
type Checks interface {
	// Jobs returns what a place has to run now, as suite.Scheduler.Jobs does.
	Jobs(place string) []suite.Job
	// Kind returns the kind of a job of a place, also of one that it may have in the place of
	// others that are silent, as suite.Scheduler.Kind does.
	Kind(place, id string) (kind string, is bool)
	// Deliver takes results and returns once they are recorded, as suite.Scheduler.Deliver does.
	Deliver(ctx context.Context, place string, all []suite.Delivered) error
	// Heard takes what an agent says of itself.
	Heard(place string, r suite.AgentReport)
}

// Options configure a centre.
type Options struct {
	// State is the state directory.
	State string
	// Listen is where the embedded server listens, URL that of a nats-server of its own instead.
	Listen, URL string
	// CAFile has the certificates that verify that of the URL; empty for those of the system.
	CAFile string
	// Checks are what places run.
	Checks Checks
	// Warn is told what somebody should know, each thing once.
	Warn func(error)
	// Secret returns the secret of a name; nil for the environment.
	Secret func(name string) (string, bool)

	life time.Duration // of connections to the URL, 0 for connectionLife
}

// Centre admits places and submitters, gives places their schedule, and takes their results.
type Centre struct {
	Options
	register  *Register
	keys      keys
	authority *authority
	server    *embedded // nil with a nats-server of its own
	conn      *nats.Conn
	js        jetstream.JetStream
	told      told
	seen      seen

	mu     sync.Mutex
	visits map[string]*visit
	ended  map[string]bool // the places that were revoked, and whose end is done
	wait   sync.WaitGroup

	looked  time.Time // when the places were looked at last
	closing sync.Once
}

const (
	// lookEvery is how often the register is looked at for what others have changed.
	lookEvery = time.Second
	// connectionLife is how long a connection to a nats-server of its own lasts, as the
	// centre cannot end it there.
	connectionLife = 5 * time.Minute
	// startWithin is how long the server may take to answer at the start.
	startWithin = 30 * time.Second
)

// Open starts the embedded server, or connects to the one that there is, and admits places from
// then on. Run goes on with it, Close ends it.
func Open(ctx context.Context, o Options) (*Centre, error) {
	c := &Centre{Options: o, visits: map[string]*visit{}, ended: map[string]bool{}, told: told{warn: o.Warn}}
	if c.Secret == nil {
		c.Secret = os.LookupEnv
	}
	if err := c.open(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Centre) open(ctx context.Context) (err error) {
	if c.register, err = OpenRegister(c.State); err != nil {
		return err
	}
	if c.keys, err = loadKeys(c.State); err != nil {
		return err
	}
	if c.seen.all, err = ReadSeen(c.State); err != nil {
		c.Warn(fmt.Errorf("fleet: what was heard of places is not legible, and begins anew: %w", err))
		c.seen.all = map[string]Seen{}
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	if err := c.location().write(c.State); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := c.makeStreams(ctx); err != nil {
		return fmt.Errorf("the fleet's streams cannot be made: %w", err)
	}
	return c.begin()
}

// connect connects to the server as the centre.
func (c *Centre) connect(ctx context.Context) (err error) {
	o := fleet.Options{URL: c.URL, CAFile: c.CAFile, Name: fleet.Centre, Key: c.keys.user, Changed: c.changed}
	if c.URL == "" {
		if c.server, err = startServer(c.State, c.Listen, c.keys, c.Warn); err != nil {
			return err
		}
		o.InProcess = c.server
	}
	if c.conn, err = fleet.Connect(ctx, o); err != nil {
		return fmt.Errorf("the fleet's server: %w; mailprobe fleet config prints what the nats-server.conf of --nats needs", err)
	}
	c.js, err = jetstream.New(c.conn)
	return err
}

// changed tells that the connection to the server is lost or made again.
func (c *Centre) changed(connected bool, err error) {
	switch {
	case errors.Is(err, nats.ErrSlowConsumer): // visit.greeting counts what was dropped
	case err != nil:
		c.told.tell("connection: "+err.Error(), fmt.Errorf("fleet: %w", err))
	}
}

// begin serves the places that have joined, and answers the server.
func (c *Centre) begin() error {
	c.authority = &authority{keys: c.keys, register: c.register, admitted: c.admitted, refused: func(name, from string, why error) {
		if errors.Is(why, errUnknown) || errors.Is(why, errSignature) {
			c.told.tell("admission: "+why.Error(), reason(name, from, why)) // strangers choose the name
			return
		}
		c.told.tell("admission: "+name+": "+why.Error(), reason(name, from, why))
	}}
	if c.server != nil {
		c.authority.connections = c.server.connections
	} else {
		life := cmp.Or(c.life, connectionLife)
		c.authority.life, c.register.lingers = life, life
	}
	c.look()
	_, err := c.conn.QueueSubscribe(calloutSubject, "centre", c.authority.answer)
	if err = errors.Join(err, c.conn.Flush()); err != nil || c.server == nil {
		return err
	}
	return c.server.listen()
}

// admitted begins to serve a place that is about to connect. Whoever had the name before ends,
// with what it has left.
func (c *Centre) admitted(p Place, from string, joined bool) {
	if joined {
		c.Warn(fmt.Errorf("fleet: %s has joined from %s", p.Name, from))
		c.mu.Lock()
		delete(c.ended, p.Name)
		c.mu.Unlock()
		c.end(p.Name)
	}
	if !p.Submit {
		c.visit(p.Name)
	}
}

// Run serves until the context ends, and then ends the centre.
func (c *Centre) Run(ctx context.Context) {
	defer c.Close()
	look, write := time.NewTicker(lookEvery), time.NewTicker(SeenEvery)
	defer look.Stop()
	defer write.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-look.C:
			c.countOversized(now)
			c.look()
		case <-write.C:
			c.write()
		}
	}
}

func (c *Centre) write() {
	if err := c.seen.write(c.State); err != nil {
		c.told.tell("seen", fmt.Errorf("fleet: what was heard of places cannot be written down: %w", err))
	}
}

// countOversized counts and tells what was too large for the server to read it. A nats-server of
// its own has that in its log.
func (c *Centre) countOversized(now time.Time) {
	if c.server == nil {
		return
	}
	for _, name := range c.server.oversized(now) {
		c.mu.Lock()
		v := c.visits[name]
		c.mu.Unlock()
		if why := fmt.Errorf("a message of more than %d bytes was refused", maxPayload); v != nil {
			v.refused(1, why)
		} else { // who submits
			c.told.tell("oversized: "+name, fmt.Errorf("fleet: %s: %w", name, why))
		}
	}
}

// look serves who has joined, and ends who was revoked.
func (c *Centre) look() {
	now := time.Now()
	if c.looked.Sub(c.register.modified()) > lookEvery && now.Sub(c.looked) < SeenEvery {
		return
	}
	c.looked = now
	for _, p := range c.listed() {
		switch {
		case !p.Revoked.IsZero():
			c.end(p.Name)
		case p.active() && !p.Submit:
			c.visit(p.Name)
		}
	}
}

// listed returns who is in the register, as far as it can be read.
func (c *Centre) listed() []Place {
	all, err := c.register.List()
	if err != nil {
		c.told.tell("register", fmt.Errorf("fleet: %w", err))
	}
	return all
}

// visit serves a place, unless that is done already.
func (c *Centre) visit(place string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.visits[place] != nil || c.conn.IsClosed() {
		return
	}
	v := &visit{centre: c, place: place}
	if err := v.begin(); err != nil {
		c.told.tell("visit: "+place, fmt.Errorf("fleet: %s cannot be served: %w", place, err))
		return
	}
	c.visits[place] = v
	delete(c.ended, place)
}

// end ends a place that was revoked: its connections, and what it has left in the stream.
func (c *Centre) end(place string) {
	c.mu.Lock()
	v, done := c.visits[place], c.ended[place]
	delete(c.visits, place)
	c.ended[place] = true
	c.mu.Unlock()
	if done {
		return
	}
	if v != nil {
		v.end()
		c.Checks.Heard(place, suite.AgentReport{Problem: "the place was revoked"})
	}
	if c.server != nil {
		c.server.end(place)
	}
	c.forget(place)
}

// Places returns the names by which agents were invited, also those that have not joined yet or
// were revoked.
func (c *Centre) Places() (names []string) {
	for _, p := range c.listed() {
		if !p.Submit {
			names = append(names, p.Name)
		}
	}
	return names
}

// Ask has a place run a job now. A place that is not connected does not get it.
func (c *Centre) Ask(place, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.visits[place]; v != nil {
		v.order(fleet.Order{Run: id})
	}
}

// Changed has all places ask for their schedule, for it may be another.
func (c *Centre) Changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.visits {
		v.order(fleet.Order{Hello: true})
	}
}

// order sends an order.
func (v *visit) order(o fleet.Order) {
	o.Key = v.key
	if text, err := json.Marshal(o); err == nil {
		_ = v.centre.conn.Publish(fleet.OrderSubject+"."+v.place, text) // a place that is not there greets when it is
	}
}

// Close ends the centre. What places have sent and was not recorded stays in the stream.
func (c *Centre) Close() { c.closing.Do(c.close) }

func (c *Centre) close() {
	c.mu.Lock()
	all := c.visits
	c.visits = map[string]*visit{}
	c.mu.Unlock()
	for _, v := range all {
		v.end()
	}
	c.wait.Wait()
	if c.conn != nil {
		c.conn.Close()
	}
	if c.server != nil {
		c.server.stop()
	}
	c.write()
}
