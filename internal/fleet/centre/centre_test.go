package centre

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/natstest"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// checks are a schedule: every place has the same jobs.
type checks struct {
	mu        sync.Mutex
	jobs      []suite.Job
	delivered map[string]int // by place and target
	reports   map[string]suite.AgentReport
	fail      error         // of Deliver
	blocked   string        // a place whose results are not taken for now
	free      chan struct{} // closed when they are again
}

// block has the results of a place wait, until it is called for none.
func (c *checks) block(place string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free != nil {
		close(c.free)
	}
	c.blocked, c.free = place, make(chan struct{})
}

func newChecks() *checks {
	return &checks{
		delivered: map[string]int{}, reports: map[string]suite.AgentReport{},
		jobs: []suite.Job{{ID: "mx", Kind: "smtp", Target: "mx.example.org", Every: time.Minute, Attempts: 1, Credentials: []suite.Credential{{Option: "password-env", Name: "MAIL_PASSWORD"}, {Option: "token-env", Name: "NOT_HERE"}}}},
	}
}

func (c *checks) Kind(_, id string) (string, bool) {
	i := slices.IndexFunc(c.jobs, func(j suite.Job) bool { return j.ID == id })
	if i < 0 {
		return "", false
	}
	return c.jobs[i].Kind, true
}

func (c *checks) Jobs(string) []suite.Job {
	all := slices.Clone(c.jobs)
	for i := range all {
		all[i].Credentials = slices.Clone(all[i].Credentials)
	}
	return all
}

func (c *checks) Deliver(ctx context.Context, place string, all []suite.Delivered) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place == c.blocked {
		free := c.free
		c.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
		}
		c.mu.Lock()
	}
	if c.fail != nil {
		return c.fail
	}
	for _, d := range all {
		c.delivered[place+" "+d.Results[0].Target]++
	}
	return nil
}

func (c *checks) Heard(place string, r suite.AgentReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports[place] = r
}

// total is how many targets are delivered.
func (c *checks) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.delivered)
}

func (c *checks) got(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delivered[what]
}

// fakeSecrets are the centre's environment.
func fakeSecrets(name string) (string, bool) { return "hunter2-of-the-centre", name == "MAIL_PASSWORD" }

// stage is a centre with its server.
type stage struct {
	t      *testing.T
	state  string
	url    string
	nats   *natstest.Server // nil for the embedded one
	checks *checks
	centre *Centre
	life   time.Duration // of connections
	mu     sync.Mutex
	warned []string
}

// each runs a test with the embedded server, and with the real one.
func each(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, newEmbedded(t))
	})
	t.Run("nats-server", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.open()
		test(t, s)
	})
}

// newEmbedded returns a centre with the embedded server.
func newEmbedded(t *testing.T) *stage {
	s := &stage{t: t, state: t.TempDir(), url: "tls://" + freeAddress(t), checks: newChecks()}
	s.open()
	return s
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// newStage starts a real server for a centre that is yet to be opened.
func newStage(t *testing.T) *stage {
	s := &stage{t: t, state: t.TempDir(), checks: newChecks()}
	config, err := Config(s.state)
	if err != nil {
		t.Fatal(err)
	}
	s.nats = natstest.Start(t, natstest.Options{Config: config})
	s.url = s.nats.URL
	return s
}

func (s *stage) open() {
	s.t.Helper()
	o := Options{State: s.state, Checks: s.checks, Warn: s.warn, Secret: fakeSecrets, life: s.life}
	if s.nats == nil {
		o.Listen = strings.TrimPrefix(s.url, "tls://")
	} else {
		o.URL = s.url
	}
	c, err := Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.centre = c
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(done)
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
}

func (s *stage) warn(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warned = append(s.warned, err.Error())
}

// told returns what was told that has a text in it.
func (s *stage) told(text string) (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.warned {
		if strings.Contains(w, text) {
			all = append(all, w)
		}
	}
	return all
}

func (s *stage) invite(name string, submit bool) fleet.Token {
	s.t.Helper()
	var fingerprint []byte
	if s.nats == nil {
		var err error
		if fingerprint, err = Fingerprint(s.state); err != nil {
			s.t.Fatal(err)
		}
	}
	token, err := s.centre.register.Invite(name, submit, fingerprint, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// agent is the other end of the centre.
type agent struct {
	t       *testing.T
	name    string
	key     nkeys.KeyPair
	sealKey nkeys.KeyPair
	conn    *nats.Conn
	mu      sync.Mutex
	errs    []error
}

func (s *stage) newAgent(name string) *agent {
	key, _ := nkeys.CreateUser()
	sealKey, _ := nkeys.CreateCurveKeys()
	return &agent{t: s.t, name: name, key: key, sealKey: sealKey}
}

// connect connects an agent, with a token or without.
func (s *stage) connect(a *agent, token *fleet.Token) error {
	o := fleet.Options{URL: s.url, Name: a.name, Key: a.key, Token: token, Changed: func(_ bool, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.errs = append(a.errs, err)
	}}
	if s.nats == nil {
		o.Fingerprint, _ = Fingerprint(s.state)
	}
	conn, err := fleet.Connect(s.t.Context(), o)
	if err == nil {
		a.conn = conn
		s.t.Cleanup(conn.Close)
	}
	return err
}

// join invites a place and has it join.
func (s *stage) join(name string) *agent {
	s.t.Helper()
	token := s.invite(name, false)
	a := s.newAgent(name)
	if err := s.connect(a, &token); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (a *agent) hello() fleet.Hello {
	public, _ := a.sealKey.PublicKey()
	return fleet.Hello{Version: "1.2.3", Sent: time.Now(), SealKey: public}
}

// greet sends a greeting and returns the answer.
func (a *agent) greet(h fleet.Hello) fleet.Welcome {
	a.t.Helper()
	text, _ := json.Marshal(h)
	msg, err := a.conn.Request(fleet.HelloSubject+"."+a.name, text, 10*time.Second)
	if err != nil {
		a.t.Fatal(err)
	}
	var w fleet.Welcome
	if err := json.Unmarshal(msg.Data, &w); err != nil {
		a.t.Fatal(err)
	}
	return w
}

func batch(id, job, target string) fleet.Batch {
	r := &probe.Result{Check: "smtp", Target: target, Start: time.Now(), Status: probe.OK, Steps: []probe.Step{{Name: "connect", Status: probe.OK}}}
	text, err := json.Marshal([]*probe.Result{r})
	if err != nil {
		panic(err)
	}
	return fleet.Batch{ID: id, Sent: time.Now(), Results: []fleet.Result{{Job: job, Attempts: 1, Results: text}}}
}

// send sends results in the name of a place.
func (a *agent) send(ctx context.Context, place string, b fleet.Batch) error {
	js, err := jetstream.New(a.conn)
	if err != nil {
		a.t.Fatal(err)
	}
	text, _ := json.Marshal(b)
	_, err = js.Publish(ctx, fleet.ResultSubject+"."+place, text, jetstream.WithMsgID(b.ID))
	return err
}

// until waits until something is so; it is a wait for other goroutines, not for a time.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 12000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it is never so that %s", what)
}

// TestJoin: a place joins, gets its schedule with a secret sealed to it, and its results arrive.
func TestJoin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a := s.join("fra")
		h := a.hello()
		w := a.greet(h)
		if w.Error != "" || w.Schedule == nil {
			t.Fatalf("the welcome is %+v; told: %q", w, s.warned)
		}
		var jobs []suite.Job
		if err := json.Unmarshal(w.Schedule.Jobs, &jobs); err != nil || len(jobs) != 1 {
			t.Fatalf("the jobs are %s, %v", w.Schedule.Jobs, err)
		}
		if secret, err := fleet.Open(jobs[0].Credentials[0].Sealed, a.sealKey); err != nil || string(secret) != "hunter2-of-the-centre" {
			t.Errorf("the secret is %q, %v", secret, err)
		}
		if jobs[0].Credentials[1].Sealed != nil || strings.Contains(string(w.Schedule.Jobs), "hunter2") {
			t.Errorf("the jobs are %s", w.Schedule.Jobs)
		}
		h.Schedule = w.Schedule.ID
		if w := a.greet(h); w.Schedule != nil {
			t.Error("the schedule is sent again")
		}
		if err := a.send(t.Context(), "fra", batch("1", "mx", "mx.example.org")); err != nil {
			t.Fatal(err)
		}
		until(t, "the result is delivered", func() bool { return s.checks.got("fra mx.example.org") == 1 })
		if r := s.checks.reports["fra"]; r.Version != "1.2.3" {
			t.Errorf("the report is %+v", r)
		}
		orders, err := a.conn.SubscribeSync(fleet.OrderSubject + ".fra")
		if err != nil || a.conn.Flush() != nil {
			t.Fatal(err)
		}
		s.centre.Ask("fra", "mx")
		if msg, err := orders.NextMsg(10 * time.Second); err != nil || string(msg.Data) != fmt.Sprintf(`{"key":%q,"run":"mx"}`, w.Key) {
			t.Errorf("the order is %v, %v", msg, err)
		}
		if len(s.warned) != 1 || s.warned[0] != "fleet: fra has joined from 127.0.0.1" {
			t.Errorf("told: %q", s.warned)
		}
	})
}

// TestAdmission: who is not admitted, and what the centre tells of it.
func TestAdmission(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		fra := s.invite("fra", false)
		ams := s.invite("ams", false)
		late := s.invite("late", false)
		if err := s.centre.register.change("late", func(p *Place, _ bool) error { p.Expires = time.Now().Add(-time.Second); return nil }); err != nil {
			t.Fatal(err)
		}
		first := s.newAgent("fra")
		if err := s.connect(first, &fra); err != nil {
			t.Fatalf("the first: %v; told: %q", err, s.warned)
		}
		again := &agent{t: t, name: "fra", key: first.key, sealKey: first.sealKey}
		if err := s.connect(again, &fra); err != nil {
			t.Errorf("the same agent with its token again: %v", err)
		}
		if err := s.connect(again, nil); err != nil {
			t.Errorf("the same agent without its token: %v", err)
		}
		misnamed := fra
		misnamed.Name = "ams"
		other := fleet.NewToken("ams", ams.Fingerprint)
		for _, c := range []struct {
			what, name string
			token      *fleet.Token
			want       error
		}{
			{"a token used again by another agent", "fra", &fra, errOtherKey},
			{"a second agent of a name", "fra", nil, errOtherKey},
			{"a token for another name", "ams", &misnamed, errProof},
			{"a token that was made up", "ams", &other, errProof},
			{"no token", "ams", nil, errNoToken},
			{"an expired token", "late", &late, errExpired},
			{"a name that nobody invited", "lon", &other, errUnknown},
			{"no name", "", nil, errUnknown},
			{"a name with a path", "../fra", nil, errUnknown},
			{"a name of two", "fra.ams", nil, errUnknown},
		} {
			err := s.connect(s.newAgent(c.name), c.token)
			if !errors.Is(err, fleet.ErrRefused) {
				t.Errorf("%s: %v", c.what, err)
			}
			if len(s.told(c.want.Error())) == 0 {
				t.Errorf("%s: told is %q, not %v", c.what, s.warned, c.want)
			}
		}
		stolen := s.newAgent("fra")
		conn, err := nats.Connect(s.url, nats.Name("fra"), strangerTLS(s), nats.Nkey(public(first.key), stolen.key.Sign))
		if err == nil || len(s.told(errSignature.Error())) != 1 {
			t.Errorf("the key of another: %v, %v; told: %q", conn, err, s.warned)
		}
		if conn, err := nats.Connect(s.url, strangerTLS(s)); err == nil {
			t.Errorf("without anything: %v", conn)
		}
	})
}

// TestPermissions: a place may do what is its own, and nothing else.
func TestPermissions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a, b := s.join("fra"), s.join("ams")
		within, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := a.send(within, "ams", batch("forged", "mx", "forged.example.org")); err == nil {
			t.Error("results of another place are taken")
		}
		for _, subject := range []string{
			"mailprobe.order.ams", "mailprobe.order.fra", "mailprobe.hello.ams", "mailprobe.jobs.any.1", "$SYS.REQ.USER.AUTH", "$JS.API.INFO", "_INBOX_ams.x",
			"$JS.API.STREAM.CREATE.X", "$JS.API.STREAM.DELETE.RESULTS", "$JS.API.STREAM.PURGE.RESULTS", "$JS.API.STREAM.MSG.GET.RESULTS", "$JS.API.CONSUMER.MSG.NEXT.RESULTS.place-fra", "$JS.ACK.RESULTS.place-fra.x",
			"$JS.API.CONSUMER.CREATE.RESULTS",
		} {
			forbidden(t, a, subject, func() error { return a.conn.Publish(subject, []byte("x")) })
		}
		for _, subject := range []string{"mailprobe.>", ">", "mailprobe.order.ams", "mailprobe.order.*", "mailprobe.results.fra", "_INBOX_ams.>", "_INBOX.>", "$SYS.>", "mailprobe.hello.*"} {
			forbidden(t, a, subject, func() error { _, err := a.conn.SubscribeSync(subject); return err })
		}
		if err := b.send(t.Context(), "ams", batch("true", "mx", "true.example.org")); err != nil {
			t.Fatal(err)
		}
		until(t, "the true result is delivered", func() bool { return s.checks.got("ams true.example.org") == 1 })
		if s.checks.got("ams forged.example.org")+s.checks.got("fra forged.example.org") != 0 {
			t.Error("a forged result is delivered")
		}
	})
}

// forbidden fails unless the server reports a violation.
func forbidden(t *testing.T, a *agent, subject string, do func() error) {
	t.Helper()
	a.mu.Lock()
	a.errs = nil
	a.mu.Unlock()
	if err := errors.Join(do(), a.conn.Flush()); err != nil {
		t.Fatal(err)
	}
	until(t, "the server forbids "+subject, func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return slices.ContainsFunc(a.errs, func(err error) bool { return errors.Is(err, nats.ErrPermissionViolation) })
	})
}

// TestRefused: what is refused of a batch is counted and told once, and the rest is taken.
func TestRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a := s.join("fra")
		for i := range 3 {
			b := batch(fmt.Sprint("b", i), "mx", fmt.Sprint("good", i, ".example.org"))
			b.Results = append(b.Results, batch("", "not-there", "x").Results...)
			if err := a.send(t.Context(), "fra", b); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "the good ones are delivered", func() bool { return s.checks.got("fra good2.example.org") == 1 })
		until(t, "the others are counted", func() bool {
			s.centre.seen.mu.Lock()
			defer s.centre.seen.mu.Unlock()
			return s.centre.seen.all["fra"].Refused == 3
		})
		if all := s.told("a job that the place does not have"); len(all) != 1 {
			t.Errorf("told is %q", all)
		}
		big := batch("big", "mx", strings.Repeat("x", 1<<20))
		if err := a.send(t.Context(), "fra", big); !errors.Is(err, nats.ErrMaxPayload) {
			t.Errorf("a message that is too large: %v", err)
		}
	})
}

// TestRevoke: a place that was revoked is disconnected and stays out, and its results are refused.
func TestRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a, b := s.join("fra"), s.join("ams")
		a.greet(a.hello())
		elsewhere, err := OpenRegister(s.state) // another process
		if err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.Revoke("fra", time.Now()); err != nil {
			t.Fatal(err)
		}
		if s.nats == nil {
			until(t, "the connection is ended", func() bool { return !a.conn.IsConnected() })
		}
		_ = a.send(t.Context(), "fra", batch("1", "mx", "revoked.example.org"))
		if err := s.connect(&agent{t: t, name: "fra", key: a.key}, nil); !errors.Is(err, fleet.ErrRefused) {
			t.Errorf("it connects again: %v", err)
		}
		if err := b.send(t.Context(), "ams", batch("2", "mx", "mx.example.org")); err != nil {
			t.Fatal(err)
		}
		until(t, "the other is served", func() bool { return s.checks.got("ams mx.example.org") == 1 })
		if s.checks.got("fra revoked.example.org") != 0 {
			t.Error("a result of a revoked place is delivered")
		}
		token := s.invite("fra", false)
		err = s.connect(s.newAgent("fra"), &token)
		if late := s.nats != nil; late != (err != nil) || late && len(s.told(errTooSoon.Error())) != 1 {
			t.Errorf("invited again: %v; told: %q", err, s.warned)
		}
	})
}

// TestUnrecorded: what could not be recorded stays, and is delivered later.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		s.checks.mu.Lock()
		s.checks.fail = errors.New("the disk is full")
		s.checks.mu.Unlock()
		a := s.join("fra")
		if err := a.send(t.Context(), "fra", batch("1", "mx", "mx.example.org")); err != nil {
			t.Fatal(err)
		}
		until(t, "it is told", func() bool { return len(s.told("the disk is full")) == 1 })
		s.checks.mu.Lock()
		s.checks.fail = nil
		s.checks.mu.Unlock()
		until(t, "it is delivered", func() bool { return s.checks.got("fra mx.example.org") == 1 })
	})
}
