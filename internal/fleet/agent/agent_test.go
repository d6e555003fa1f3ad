package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"mailprobe/delivery"
	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/fleet/natstest"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// mailServer answers SMTP sessions up to EHLO, in which it offers what it is told to.
func mailServer(t *testing.T, offers string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go wiretest.Accept(l, func(conn net.Conn) error {
		fmt.Fprint(conn, "220 mx.example.org ESMTP\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "QUIT") {
				_, err := fmt.Fprint(conn, "221 bye\r\n")
				return err
			}
			fmt.Fprintf(conn, "250-mx.example.org\r\n250 %s\r\n", offers)
		}
		return nil
	})
	return l.Addr().String()
}

// checks are what a centre has for its place, and what it was given.
type checks struct {
	mu        sync.Mutex
	jobs      []suite.Job
	delivered []suite.Delivered
	report    suite.AgentReport
}

func (c *checks) Jobs(string) []suite.Job {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := append([]suite.Job{}, c.jobs...)
	for i := range all {
		all[i].Credentials = append([]suite.Credential{}, all[i].Credentials...)
	}
	return all
}

func (c *checks) Kind(place, id string) (string, bool) {
	for _, j := range c.Jobs(place) {
		if j.ID == id {
			return j.Kind, true
		}
	}
	return "", false
}

func (c *checks) Deliver(_ context.Context, _ string, all []suite.Delivered) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivered = append(c.delivered, all...)
	return nil
}

func (c *checks) Heard(_ string, r suite.AgentReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report = r
}

// all returns what was delivered.
func (c *checks) all() []suite.Delivered {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.delivered)
}

// of returns what was delivered of a job.
func (c *checks) of(id string) []suite.Delivered {
	return slices.DeleteFunc(c.all(), func(d suite.Delivered) bool { return d.ID != id })
}

func (c *checks) heard() suite.AgentReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.report
}

// stage is a centre with a real nats-server, and an agent that may be started and ended.
type stage struct {
	t           *testing.T
	nats        *natstest.Server
	checks      *checks
	centre      *centre.Centre
	state       string // the agent's
	centreState string
	config      *Config
	now         func() time.Time
	kinds       []probe.Kind

	mu   sync.Mutex
	told []string
}

func newStage(t *testing.T, jobs ...suite.Job) *stage {
	t.Helper()
	s := &stage{t: t, state: t.TempDir(), checks: &checks{jobs: jobs}, kinds: testKinds()}
	state := t.TempDir()
	config, err := centre.Config(state)
	if err != nil {
		t.Fatal(err)
	}
	s.nats = natstest.Start(t, natstest.Options{Config: config})
	s.centreState = state
	register, err := centre.OpenRegister(state)
	if err != nil {
		t.Fatal(err)
	}
	token, err := register.Invite("fra", false, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tokenFile := filepath.Join(t.TempDir(), "fra.token")
	if err := os.WriteFile(tokenFile, []byte(token.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.config = &Config{Join: s.nats.URL, TokenFile: tokenFile, Rules: Rules{
		Kinds: []string{"smtp"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []Ports{{1, 65535}}, Rate: 1000, HostRate: 1000,
	}}
	c, err := centre.Open(t.Context(), centre.Options{
		State: state, URL: s.nats.URL, Checks: s.checks, Warn: func(error) {},
		Secret: func(name string) (string, bool) { return "hunter2-of-the-centre", name == "OF_CENTRE" },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.centre = c
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

func (s *stage) warn(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, err.Error())
}

// says reports whether the agent has told something with a text in it.
func (s *stage) says(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.told, "\n"), text)
}

func (s *stage) options() Options {
	return Options{
		Config: s.config, Dir: s.state, Kinds: s.kinds, Version: "1.2.3", Warn: s.warn, Now: s.now,
		Test: func(context.Context) Findings { return Findings{} },
	}
}

// start starts the agent; end ends it as a signal does.
func (s *stage) start() (end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, s.options()) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the agent ended with %v", err)
		}
	})
	s.t.Cleanup(end)
	return end
}

// until waits until something is so; it is a wait for other goroutines, not for a time.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 6000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it is never so that %s", what)
}

func smtpJob(id, target string, options ...settings.Value) suite.Job {
	return suite.Job{
		ID: id, Kind: "smtp", Target: target, Every: time.Second, Attempts: 1,
		Options: append(settings.Values{{Name: "tls", Text: "off"}, {Name: "stop-after", Text: "ehlo"}}, options...),
	}
}

// each returns how often each result was delivered, by when it began.
func each(all []suite.Delivered) map[time.Time]int {
	count := map[time.Time]int{}
	for _, d := range all {
		count[d.Results[0].Start]++
	}
	return count
}

// TestAgent: an agent joins, runs its jobs within its rules, says what it refuses, masks secrets
// also of other checks, does what it is asked for, and ends in good order with nothing left.
func TestAgent(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "own.pw")
	if err := os.WriteFile(own, []byte("wonderland-of-the-agent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := mailServer(t, "X-hunter2-of-the-centre X-wonderland-of-the-agent")
	hourly := smtpJob("hourly", server)
	hourly.Every = 24 * time.Hour
	withSecrets := smtpJob("secrets", server, settings.Value{Name: "user", Text: "alice"})
	withSecrets.Credentials = []suite.Credential{{Option: "password-env", Name: "OF_CENTRE"}}
	s := newStage(t, smtpJob("mx", server), hourly, withSecrets,
		smtpJob("file", server, settings.Value{Name: "ca-file", Text: "/etc/passwd"}),
		smtpJob("elsewhere", "127.0.0.2:25"), smtpJob("by name", "localhost:"+server[strings.LastIndexByte(server, ':')+1:]),
	)
	s.config.Credentials = map[string]Source{"OWN": {File: own, Hosts: []string{"mail.example.org"}}}
	end := s.start()
	until(t, "results arrive", func() bool {
		return len(s.checks.of("mx")) >= 2 && len(s.checks.of("secrets")) >= 1 && len(s.checks.of("by name")) >= 1
	})
	until(t, "the place says what it refuses", func() bool { return len(s.checks.heard().Refused) == 2 && s.checks.heard().Offset != nil })
	r := s.checks.heard()
	if !strings.Contains(r.Refused["file"], "names a file") || !strings.Contains(r.Refused["elsewhere"], "127.0.0.2") || r.Version != "1.2.3" {
		t.Errorf("it is heard of: %+v", r)
	}
	if !s.says("connected to nats://127.0.0.1") || !s.says(" as fra: 4 checks, and 2 more that agent.yaml") {
		t.Errorf("told: %q", s.told)
	}
	before := len(s.checks.of("hourly"))
	s.centre.Ask("fra", "hourly")
	until(t, "it is run when it is asked for", func() bool { return len(s.checks.of("hourly")) > before })
	end()
	if _, err := os.Stat(filepath.Join(s.state, folder, scheduleFile)); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.state, folder, "spool", "*"+spoolEnd)); len(left) > 0 {
		t.Errorf("left in the spool: %v", left)
	}
	s.checks.mu.Lock()
	defer s.checks.mu.Unlock()
	text := []byte{}
	for _, d := range s.checks.delivered {
		part, _ := json.Marshal(d.Results)
		text = append(text, part...)
		if d.Results[0].Status == probe.Critical {
			t.Errorf("%s is %s", d.ID, d.Results[0].Summary)
		}
	}
	for _, secret := range []string{"hunter2", "wonderland-of"} {
		if strings.Contains(string(text), secret) || s.says(secret) || inFolder(t, s.state, secret) {
			t.Errorf("%s is there to read", secret)
		}
	}
	if !strings.Contains(string(text), "X-***") {
		t.Error("no server has said a secret")
	}
}

// inFolder reports whether a text is in a file below a folder.
func inFolder(t *testing.T, dir, text string) (is bool) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all, _ := os.ReadFile(path)
			is = is || strings.Contains(string(all), text)
			if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(path, ".lock") {
				t.Errorf("%s has the mode %s", path, info.Mode())
			}
		}
		return nil
	})
	return is
}

// TestLinkLost: without the server, and over a restart without it, checks go on by the last
// schedule; then all results arrive, each once, the newest first. A server that is killed may
// forget what was acknowledged last, so that it gives that out again: nothing older comes so.
func TestLinkLost(t *testing.T) {
	t.Parallel()
	s := newStage(t, smtpJob("a", mailServer(t, "SIZE")), smtpJob("b", mailServer(t, "SIZE")))
	end := s.start()
	until(t, "results arrive", func() bool { return len(s.checks.of("a")) > 0 && len(s.checks.of("b")) > 0 })
	s.nats.Kill()
	spooled := func(least int) func() bool {
		return func() bool {
			n := 0
			files, _ := os.ReadDir(filepath.Join(s.state, folder, "spool"))
			for _, f := range files {
				if e, ok := parseEntry(f.Name()); ok {
					n += e.count
				}
			}
			return n >= least
		}
	}
	until(t, "results are kept", spooled(6))
	end()
	end = s.start()
	until(t, "results are kept after a restart", spooled(20))
	known := s.checks.all()
	s.nats.Restart()
	until(t, "the results arrive", func() bool { return len(s.checks.all()) >= len(known)+20 })
	until(t, "the spool is empty", func() bool { return !spooled(1)() })
	end()
	kept := slices.DeleteFunc(s.checks.all()[len(known):], func(d suite.Delivered) bool { return holds(known, d) })
	for i, d := range kept {
		if holds(kept[:i], d) {
			t.Errorf("the result of %s from %s arrived twice", d.ID, d.Results[0].Start)
		}
	}
	if !slices.ContainsFunc(kept, func(d suite.Delivered) bool { return d.Results[0].Start.Before(kept[0].Results[0].Start) }) {
		t.Error("the oldest results arrived first")
	}
}

// holds reports whether a result is among others.
func holds(all []suite.Delivered, d suite.Delivered) bool {
	return slices.ContainsFunc(all, func(other suite.Delivered) bool {
		return other.ID == d.ID && other.Results[0].Start.Equal(d.Results[0].Start)
	})
}

// TestSkewedClock: an agent whose clock is off by a minute has its results corrected, and one
// that is off by more than ten minutes keeps them.
func TestSkewedClock(t *testing.T) {
	t.Parallel()
	skew := func(by time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(by) } }
	t.Run("a minute", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, smtpJob("mx", mailServer(t, "SIZE")))
		s.now = skew(-time.Minute)
		s.start()
		until(t, "results arrive", func() bool { return len(s.checks.of("mx")) > 0 })
		until(t, "the offset is known", func() bool { return s.checks.heard().Offset != nil })
		if offset := s.checks.heard().Offset; offset == nil || (*offset-time.Minute).Abs() > 5*time.Second {
			t.Errorf("the offset is %v", offset)
		}
	})
	t.Run("an hour", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, smtpJob("mx", mailServer(t, "SIZE")))
		s.now = skew(time.Hour)
		s.start()
		until(t, "it is told", func() bool { return s.says("the clock of this machine is off") })
		if n := len(s.checks.of("mx")); n > 0 {
			t.Errorf("%d results arrived", n)
		}
	})
}

// TestDelivery: a delivery loop goes from one place to a mailbox of its mail host, with a secret
// that the centre has.
func TestDelivery(t *testing.T) {
	t.Parallel()
	host, err := mailtest.Start(mailtest.Config{
		Name: "mx.example.org", Domains: []string{"example.org"}, InsecureAuth: true,
		Accounts: []mailtest.Account{{User: "alice", Password: "hunter2-of-the-centre"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	s := newStage(t, suite.Job{
		ID: "way", Kind: "deliver", Every: 24 * time.Hour, Attempts: 1,
		Options: settings.Values{
			{Name: "to", Text: "alice@example.org"}, {Name: "via", Text: host.SMTPURL()}, {Name: "via-tls", Text: "off"},
			{Name: "fetch", Text: host.IMAPURL("alice")}, {Name: "fetch-tls", Text: "off"}, {Name: "fetch-auth-without-tls", Text: "true"},
		},
		Credentials: []suite.Credential{{Option: "fetch-password-env", Name: "OF_CENTRE"}},
	})
	s.kinds, s.config.Rules.Kinds = []probe.Kind{delivery.Kind()}, []string{"deliver"}
	end := s.start()
	until(t, "the message arrives", func() bool { return len(s.checks.of("way")) > 0 })
	end()
	r := s.checks.of("way")[0].Results[0]
	if found, _ := r.Fact("delivered"); r.Status == probe.Critical || found.Value == nil || len(s.checks.heard().Refused) > 0 {
		t.Errorf("%s: %s", r.Status, r.Summary)
	}
	if text, _ := json.Marshal(r); strings.Contains(string(text), "hunter2") || inFolder(t, s.state, "hunter2") {
		t.Error("the secret is there to read")
	}
}

// TestBulk: an agent takes part in bulk runs, by the rules of its owner.
func TestBulk(t *testing.T) {
	t.Parallel()
	server := mailServer(t, "X-wonderland-of-the-agent")
	s := newStage(t)
	own := filepath.Join(t.TempDir(), "own.pw")
	if err := os.WriteFile(own, []byte("wonderland-of-the-agent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.config.Credentials = map[string]Source{"OWN": {File: own, Hosts: []string{"mail.example.org"}}}
	s.start()
	js := s.submitter()
	run := func(name string, job bulk.Job, targets ...string) map[string]*probe.Result {
		t.Helper()
		found := map[string]*probe.Result{}
		job.Run, job.Kind, job.Transcript = name, "smtp", true
		job.Options = append(job.Options, bulk.Option{Name: "tls", Text: "off"}, bulk.Option{Name: "stop-after", Text: "ehlo"})
		r := bulk.Run{JS: js, Job: job, Group: bulk.Any, Secret: []byte("secret of the submitter"), Emit: func(o bulk.Outcome) error {
			r, err := o.Answers[0].Result()
			if err != nil {
				return err
			}
			if text, _ := json.Marshal(r); strings.Contains(string(text), "wonderland-of") {
				t.Errorf("a secret is there to read: %s", text)
			}
			found[r.Target] = r
			return nil
		}}
		_, err := r.Do(t.Context(), func(yield func(bulk.Target) bool) {
			for i, target := range targets {
				if !yield(bulk.Target{Index: i, Text: target}) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	found := run("r1", bulk.Job{}, server, "127.0.0.2:25", "a..b", "localhost:"+server[strings.LastIndexByte(server, ':')+1:])
	for target, r := range found {
		cause := ""
		if r.Cause != nil {
			cause = r.Cause.Name
		}
		switch {
		case target == "127.0.0.2:25" && cause != suite.CauseNotAllowed.Name:
			t.Errorf("%s: %s, cause %s", target, r.Summary, cause)
		case (target == server || strings.HasPrefix(target, "localhost")) && (r.Status == probe.Unknown || r.Status == probe.Critical):
			t.Errorf("%s: %s %s", target, r.Status, r.Summary)
		}
	}
	if len(found) != 4 {
		t.Errorf("there are results of %d targets: %v", len(found), found)
	}
	for name, o := range map[string]bulk.Option{"r2": {Name: "source", Text: "127.0.0.1"}, "r3": {Name: "command", Text: "ehlo=VRFY root"}} {
		if r := run(name, bulk.Job{Options: []bulk.Option{o}}, server)[server]; r == nil || r.Status != probe.Unknown || r.Cause == nil || r.Cause.Name != suite.CauseNotAllowed.Name {
			t.Errorf("with the option %s it is %+v", o.Name, r)
		}
	}
	with := bulk.Job{Credentials: []bulk.Option{{Name: "password-env", Text: "OWN"}}, Options: []bulk.Option{{Name: "user", Text: "alice"}}}
	if r := run("r4", with, server)[server]; r == nil || !strings.Contains(r.Summary, "mail.example.org only") {
		t.Errorf("with a secret for another host it is %+v", r)
	}
}

// submitter connects somebody who submits bulk runs.
func (s *stage) submitter() jetstream.JetStream {
	s.t.Helper()
	register, err := centre.OpenRegister(s.centreState)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := register.Invite("alice", true, nil, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	key, _ := nkeys.CreateUser()
	conn, err := fleet.Connect(s.t.Context(), fleet.Options{URL: s.nats.URL, Name: "alice", Key: key, Token: &token})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	js, err := fleet.Streams(conn)
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

// TestJoinFaults: what an agent that cannot begin says.
func TestJoinFaults(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for says, change := range map[string]func(*Config){
		"the centre is not named":              func(c *Config) { c.Join = "" },
		"has not joined yet":                   func(c *Config) { c.TokenFile = "" },
		"there is no /nonexistent":             func(c *Config) { c.TokenFile = "/nonexistent" },
		"tls://centre:1 would be right":        func(c *Config) { c.Join, c.TokenFile = "http://centre:1", "" },
		"is no token":                          func(c *Config) { c.TokenFile = "agent_test.go" },
		"nothing listens at tls://127.0.0.1:1": func(c *Config) { c.Join = "tls://127.0.0.1:1" },
		"it is none of a fleet":                func(c *Config) { c.Join = "nats://" + closing(t) },
		"is no URL of a centre":                func(c *Config) { c.Join = "centre" },
		"reached with TLS only":                func(c *Config) { c.Join = "nats://192.0.2.1:4222" },
		"the centre refuses":                   func(c *Config) { c.TokenFile = writeToken(t, fleet.NewToken("fra", nil)) },
		"credential X: stat /nonexist":         func(c *Config) { c.Credentials = map[string]Source{"X": {File: "/nonexistent"}} },
	} {
		config := *s.config
		change(&config)
		o := s.options()
		o.Config, o.Dir = &config, t.TempDir()
		if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	end := s.start()
	until(t, "it is heard of", func() bool { return s.checks.heard().Version != "" })
	if err := Run(t.Context(), s.options()); err == nil || !strings.Contains(err.Error(), "another mailprobe agent") {
		t.Errorf("a second one beside the first: %v", err)
	}
	end()
	s.config.TokenFile = writeToken(t, fleet.NewToken("ams", nil))
	if err := Run(t.Context(), s.options()); err == nil || !strings.Contains(err.Error(), "is a token for ams") {
		t.Errorf("with the token of another place: %v", err)
	}
}

func writeToken(t *testing.T, token fleet.Token) string {
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(token.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// closing is the address of something that closes every connection.
func closing(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go wiretest.Accept(l, func(net.Conn) error { return nil })
	return l.Addr().String()
}
