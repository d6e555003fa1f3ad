package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// outcomes are those of a file's checks, by name.
func outcomes(t *testing.T, f *fake, runner Runner, text string) map[string]*Outcome {
	t.Helper()
	all := map[string]*Outcome{}
	for _, o := range runner.Run(t.Context(), f.parse(t, text).Items(), nil) {
		all[o.ID] = o
	}
	return all
}

// TestRunContains: a check that hangs, one that breaks and one that talks without
// end are outcomes like others, and the run ends in time.
func TestRunContains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{check: func(_ context.Context, host string, r *probe.Result) error {
			switch host {
			case "hang":
				<-release // heeds no context
			case "panic":
				panic("no idea")
			case "flood":
				for i := range 100_000 {
					r.Transcript.Record(wire.Server, fmt.Sprintf("line %d %s", i, strings.Repeat("x", 1000)))
				}
			}
			return r.Run("look", func(*probe.Step) error { return nil })
		}}
		begin := time.Now()
		got := outcomes(t, f, Runner{Jobs: 10, PerHost: 1}, `
defaults: {timeout: 10s}
checks:
  - {name: good, kind: fake, target: good}
  - {name: hang, kind: fake, target: hang}
  - {name: panic, kind: fake, target: panic}
  - {name: flood, kind: fake, target: flood}
`)
		if d := time.Since(begin); d > 15*time.Second {
			t.Errorf("the run took %s", d)
		}
		close(release)
		for name, want := range map[string]string{
			"good": "OK ", "hang": "UNKNOWN check: the check did not end", "panic": "UNKNOWN panic: the check itself broke: no idea", "flood": "OK ",
		} {
			r := got[name].Worst()
			if text := r.Status.String() + " " + r.Summary; !strings.HasPrefix(text, want) {
				t.Errorf("%s: %s", name, text)
			}
		}
		size := 0
		for _, line := range got["flood"].Worst().Transcript.Lines() {
			size += len(line)
		}
		if size > 200_000 {
			t.Errorf("%d bytes of a flood are kept", size)
		}
	})
}

// TestRunLimitsAddresses: every address of a host is one more session with it.
func TestRunLimitsAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		f := &fake{check: func(_ context.Context, _ string, r *probe.Result) error {
			for n, m := now.Add(1), most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			defer now.Add(-1)
			time.Sleep(time.Second)
			return r.Run("look", func(*probe.Step) error { return nil })
		}}
		got := outcomes(t, f, Runner{Jobs: 10, PerHost: 2, DNS: addresses(6)}, `
checks:
  - {name: all, kind: fake, target: one, all_addresses: true, timeout: 2s}
`)
		if results := got["all"].Results; most.Load() != 2 || len(results) != 6 || got["all"].Worst().Status != probe.OK {
			t.Errorf("%d sessions at once, %d results, %s", most.Load(), len(results), got["all"].Worst().Summary)
		}
	})
}

// addresses is a resolver that knows so many addresses of every host.
type addresses int

func (n addresses) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	var all []netip.Addr
	for i := range int(n) {
		all = append(all, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
	}
	return all, nil
}

func (addresses) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

// TestDeadlineEndsCommands: a command for a password has no more time than the run.
func TestDeadlineEndsCommands(t *testing.T) {
	f := reporting(func(string) probe.Status { return probe.OK })
	for _, command := range []string{"sleep 300 | cat", "sleep 300 & sleep 300"} {
		s := f.parse(t, "checks:\n  - {name: mx, kind: smtp, target: 127.0.0.1, user: alice, password_command: "+strconv.Quote(command)+"}\n")
		begin := time.Now()
		r := run(t, s, Options{Deadline: time.Second})
		worst := r.Outcomes[0].Worst()
		if time.Since(begin) > 10*time.Second || worst.Status != probe.Unknown || !strings.Contains(worst.Summary, "password_command: the command had not ended yet") {
			t.Errorf("%s: %s %s after %s", command, worst.Status, worst.Summary, time.Since(begin))
		}
	}
}

// TestRunLimits: no more at once than there are jobs, and at one host.
func TestRunLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, one, mostAll, mostOne atomic.Int32
		count := func(n, most *atomic.Int32) func() {
			now := n.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			return func() { n.Add(-1) }
		}
		f := &fake{check: func(_ context.Context, host string, r *probe.Result) error {
			defer count(&all, &mostAll)()
			if host == "one" {
				defer count(&one, &mostOne)()
			}
			time.Sleep(time.Second)
			return r.Run("look", func(*probe.Step) error { return nil })
		}}
		var text strings.Builder
		text.WriteString("checks:\n")
		for i := range 40 {
			fmt.Fprintf(&text, "  - {name: a%d, kind: fake, target: one}\n  - {name: b%d, kind: fake, target: h%d}\n", i, i, i)
		}
		begin := time.Now()
		outcomes(t, f, Runner{Jobs: 10, PerHost: 4}, text.String())
		if mostAll.Load() != 10 || mostOne.Load() != 4 {
			t.Errorf("%d at once, %d at one host", mostAll.Load(), mostOne.Load())
		}
		if d := time.Since(begin); d > 14*time.Second {
			t.Errorf("the run took %s", d)
		}
	})
}

// TestAttempts: a check is tried again until it is OK, with pauses in between.
func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		f := reporting(func(host string) probe.Status {
			tries[host]++
			if tries[host] < 3 {
				return probe.Critical
			}
			return probe.OK
		})
		begin := time.Now()
		got := outcomes(t, f, Runner{Jobs: 1, PerHost: 1}, `
defaults: {attempts: 3, retry_after: 20s}
checks: [{name: a, kind: fake, target: a}]
`)["a"]
		if got.Attempts != 3 || got.Worst().Status != probe.OK || time.Since(begin) != 40*time.Second {
			t.Errorf("%s after %d attempts and %s", got.Worst().Status, got.Attempts, time.Since(begin))
		}
		if fact, ok := got.Worst().Fact("tries"); !ok || fact.Text != "3" {
			t.Errorf("the fact tries is %q", fact.Text)
		}
	})
}

// TestAttemptsEnd: only what may pass by waiting is tried again, and nothing after a
// message has been handed over.
func TestAttemptsEnd(t *testing.T) {
	of := func(blame probe.Blame, status probe.Status) *probe.Cause {
		return &probe.Cause{Name: "x", Blame: blame, Status: status}
	}
	for name, c := range map[string]struct {
		cause     *probe.Cause
		committed bool
		want      int
	}{
		"the server's, for now":         {cause: causeFull, want: 3},
		"the network's":                 {cause: of(probe.BlameNetwork, probe.Critical), want: 3},
		"greylisting":                   {cause: of(probe.BlameNobody, probe.Warning), want: 3},
		"a certificate":                 {cause: of(probe.BlameServer, probe.Warning), want: 1},
		"a warning that is transient":   {cause: causeFull.As(probe.Warning), want: 1},
		"a wrong password":              {cause: of(probe.BlameAccount, probe.Critical), want: 1},
		"this side's":                   {cause: of(probe.BlameSender, probe.Unknown), want: 1},
		"nobody knows":                  {cause: of(probe.BlameUnclear, probe.Unknown), want: 1},
		"a message may be on its way":   {cause: causeFull, committed: true, want: 1},
		"greylisting after the message": {cause: of(probe.BlameNobody, probe.Warning), committed: true, want: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := failing(func(_ int, r *probe.Result) error {
				r.Committed = c.committed
				return probe.Because(c.cause, errors.New("no"))
			})
			got := outcomes(t, f, Runner{Jobs: 1, PerHost: 1}, "defaults: {attempts: 3}\nchecks: [{name: a, kind: fake, target: a}]")["a"]
			if got.Attempts != c.want {
				t.Errorf("%s: %d attempts, want %d", name, got.Attempts, c.want)
			}
		})
	}
}

// TestAttemptsOfSeveral: of several results none may be a refused password.
func TestAttemptsOfSeveral(t *testing.T) {
	result := func(c *probe.Cause) *probe.Result { return &probe.Result{Status: c.Status, Cause: c} }
	busy, fine := result(causeFull), &probe.Result{Status: probe.OK}
	password := result(&probe.Cause{Name: "wrong", Blame: probe.BlameAccount, Status: probe.Critical})
	for want, results := range map[bool][][]*probe.Result{
		true:  {{busy}, {fine, busy}},
		false: {{fine}, {busy, password}, {password, fine, busy}, {busy, {Status: probe.OK, Committed: true}}},
	} {
		for _, all := range results {
			if got := (&Outcome{Results: all}).mayPass(); got != want {
				t.Errorf("%v: %v", all, got)
			}
		}
	}
}

// TestAttemptsMessage: a message that is handed over in every attempt is handed over
// once, whatever the verdict.
func TestAttemptsMessage(t *testing.T) {
	text := `
S: 220 mx.example.org ESMTP
C: EHLO ***
S: 250 mx.example.org
C: MAIL FROM:<>
S: 250 ok
C: RCPT TO:<alice@example.org>
S: 250 ok
C: DATA
S: 354 go on
* body
S: 421 4.3.2 shutting down
* close
`
	script, err := wire.ParseTranscript(strings.TrimPrefix(text, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	sessions := 0
	dial := func(context.Context, string, string) (net.Conn, error) {
		sessions++
		client, server := net.Pipe()
		go func() {
			_ = (&wiretest.Server{Script: script}).Serve(server)
			_ = server.Close()
		}()
		return client, nil
	}
	got := outcomes(t, &fake{}, Runner{Jobs: 1, PerHost: 1, Dial: dial}, `
defaults: {attempts: 3, retry_after: 1ms}
checks: [{name: a, kind: smtp, target: 192.0.2.25, tls: "off", to: alice@example.org, send: true}]
`)["a"]
	if r := got.Worst(); got.Attempts != 1 || sessions != 1 || r.Step("message") == nil || r.Status == probe.OK {
		t.Errorf("%d attempts, %d sessions: %s %s", got.Attempts, sessions, r.Status, r.Summary)
	}
}

// TestDependsOn: what depends on a host that is down is skipped with the reason,
// and so is what depends on that; of several targets the one of the same host
// counts.
func TestDependsOn(t *testing.T) {
	f := reporting(func(host string) probe.Status {
		if host == "down" {
			return probe.Critical
		}
		return probe.OK
	})
	got := outcomes(t, f, Runner{Jobs: 4, PerHost: 4}, `
checks:
  - {name: login, kind: fake, target: down, depends_on: session}
  - {name: session, kind: fake, targets: [down, up], depends_on: [path]}
  - {name: path, kind: fake, targets: [down, up]}
  - {name: elsewhere, kind: fake, target: up2, depends_on: path}
`)
	for name, want := range map[string]string{
		"path down": "CRITICAL", "path up": "OK", "session up": "OK",
		"session down": "SKIPPED path down is CRITICAL: look: the server answered",
		"login":        "SKIPPED session down is SKIPPED: path down is CRITICAL",
		"elsewhere":    "SKIPPED path down is CRITICAL",
	} {
		r := got[name].Worst()
		if text := r.Status.String() + " " + r.Summary; !strings.HasPrefix(text, want) {
			t.Errorf("%s: %s", name, text)
		}
		if (r.Cause == nil) != (r.Status == probe.OK) {
			t.Errorf("%s: %s for the cause %v", name, r.Status, r.Cause)
		}
	}
	last := map[string]probe.Status{"path": probe.Critical}
	alone := (&Runner{}).Run(t.Context(), f.parse(t, "checks: [{name: path, kind: fake, target: x}, {name: a, kind: fake, target: b, depends_on: path}]").Items()[1:], last)
	if r := alone[0].Worst(); r.Status != probe.Skipped || r.Summary != "path was CRITICAL when it ran last" {
		t.Errorf("%s %s", r.Status, r.Summary)
	}
}

// TestDeadline: what the end of the run cuts short is not known, rather than bad.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{check: func(ctx context.Context, _ string, r *probe.Result) error {
			return r.Run("look", func(*probe.Step) error {
				select {
				case <-time.After(time.Minute):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}}
		s := f.parse(t, "defaults: {timeout: 2m}\nchecks: [{name: a, kind: fake, target: x}, {name: b, kind: fake, target: x}]")
		begin := time.Now()
		r := run(t, s, Options{Deadline: 30 * time.Second, Runner: Runner{Jobs: 1, PerHost: 1}})
		if time.Since(begin) > 31*time.Second {
			t.Errorf("the run took %s", time.Since(begin))
		}
		for _, o := range r.Outcomes {
			if o.Worst().Status != probe.Unknown {
				t.Errorf("%s is %s: %s", o.ID, o.Worst().Status, o.Worst().Summary)
			}
		}
	})
}

// TestInterrupt: a run that is stopped notes nothing.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{check: func(context.Context, string, *probe.Result) error { cancel(); return errors.New("cut short") }}
	store := openHistory(t, nil)
	s := f.parse(t, "defaults: {alert_after: 1}\nchecks: [{name: a, kind: fake, target: x}]")
	r, err := s.Run(ctx, Options{Items: s.Items(), Store: store, Runner: Runner{Jobs: 1, PerHost: 1}})
	if !errors.Is(err, ErrInterrupted) || len(r.Events) > 0 {
		t.Errorf("%v, events %v", err, r.Events)
	}
	states, err := store.States(t.Context())
	if err != nil || len(states) > 0 {
		t.Errorf("states %v, %v", states, err)
	}
}

// TestNothingLeft: a run leaves no goroutine behind.
func TestNothingLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	f := reporting(func(string) probe.Status { return probe.OK })
	outcomes(t, f, Runner{Jobs: 4, PerHost: 4}, "checks: [{name: a, kind: fake, targets: [x, y, z]}]")
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
