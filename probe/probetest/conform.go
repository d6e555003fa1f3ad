package probetest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"mailprobe/probe"
	"mailprobe/wire"
)

// Conform is the conformance suite. A kind, with the arguments of a command line, must
// end at once when its context does, keep to its time, leave no goroutine and no
// connection, survive whatever a server sends, repeat no step, show no secret, and have
// results that survive JSON. In args, $PASSWORD is a file with a password in it, and $CA
// the certificate of the authority that issues the servers'. A kind without schemes has
// no server to connect to; what needs one is left out, and it must work without the
// network.
//
// ConformSession tests one protocol in more depth. Neither may run in parallel with other
// tests, as they look for goroutines.
func Conform(t *testing.T, kind probe.Kind, args ...string) {
	t.Helper()
	c := &testCase{work: t.TempDir(), roundTrip: defaultRoundTrip}
	if err := c.addFile("password", conformSecret+"\n"); err != nil {
		t.Fatal(err)
	}
	expand := strings.NewReplacer("$PASSWORD", filepath.Join(c.work, "password"), "$CA", c.caFile())
	for _, arg := range args {
		c.args = append(c.args, expand.Replace(arg))
	}
	trials := append(cancelled(c), lookups(c)...)
	if len(kind.Schemes) > 0 {
		trials = append(trials, servers(c)...)
	}
	for _, tr := range trials {
		tr.run(t, kind)
	}
}

const conformSecret = "C0rrect-Horse/Battery+Stap1e"

// cancelled are trials in which the context ends at some moment.
func cancelled(c *testCase) []*trial {
	trials := []*trial{{name: "undisturbed", of: c}}
	for _, after := range []time.Duration{0, 1, time.Millisecond, 500 * time.Millisecond, 1500 * time.Millisecond} {
		name := fmt.Sprintf("cancelled after %s", after)
		trials = append(trials, &trial{name: name, of: c, cancel: true, cancelAfter: after})
	}
	return trials
}

// lookups are trials of what a resolver can do.
func lookups(c *testCase) []*trial {
	var trials []*trial
	for _, fault := range []string{timesOut, servFail, noDomain} {
		trials = append(trials, &trial{name: "look-up " + fault, of: c, dns: fault})
	}
	return append(trials, &trial{name: "cancelled in the look-up", of: c, dns: timesOut, cancel: true, cancelAfter: time.Second})
}

// seeds is how many servers that talk at random a kind meets.
const seeds = 32

// servers are trials of what a server can do.
func servers(c *testCase) []*trial {
	var trials []*trial
	for _, fault := range []string{refused, unreachable, silent} {
		trials = append(trials, &trial{name: "port " + fault, of: c, sessions: []session{{name: anywhere, fault: fault}}})
	}
	trials = append(trials, &trial{name: "cancelled while it connects", of: c, cancel: true, cancelAfter: time.Second,
		sessions: []session{{name: anywhere, fault: silent}}})
	for _, f := range faults() {
		trials = append(trials, newServer(c, "at once "+f.name, f))
	}
	for seed := range uint64(seeds) {
		trials = append(trials, newServer(c, fmt.Sprintf("chatter %d", seed), chatter(seed)))
	}
	return trials
}

// newServer is a trial with a server that misbehaves from the beginning.
func newServer(c *testCase, name string, f fault) *trial {
	tr := &trial{name: name, of: c, sessions: []session{{name: anywhere, script: &wire.Transcript{}}}}
	tr.misbehave(0, f, "")
	return tr
}

// ConformSession is the conformance suite in the middle of a session: for every line of
// the servers' scripts in an archive as of Sessions, the server misbehaves at that very
// place, in every way there is.
func ConformSession(t *testing.T, kind probe.Kind, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCase(archive, t.TempDir())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for i, s := range c.sessions {
		if s.script == nil {
			continue
		}
		for k, text := range s.script.Lines() {
			if next, ok := strings.CutPrefix(text, string(wire.Server)+" "); ok {
				c.cut(t, kind, i, k, next)
			}
		}
	}
}

// floodEvery is for how many lines there is one flood of each sort, unless MAILPROBE_NIGHTLY
// is set: then there is one for each line.
const floodEvery = 4

// cut runs all faults in the place of line k of session i, which is next.
func (c *testCase) cut(t *testing.T, kind probe.Kind, i, k int, next string) {
	t.Helper()
	before := strings.Join(c.sessions[i].script.Lines()[:k], "\n")
	for n, f := range faults() {
		if f.isFlood() && (n+k)%floodEvery != 0 && os.Getenv("MAILPROBE_NIGHTLY") == "" {
			continue
		}
		script, err := wire.ParseTranscript(before)
		if err != nil {
			t.Fatal(err)
		}
		tr := &trial{name: fmt.Sprintf("session %d line %d %s", i+1, k+1, f.name), of: c}
		tr.sessions = append(tr.sessions, c.sessions...)
		tr.sessions[i].script = script
		tr.misbehave(i, f, next)
		tr.run(t, kind)
	}
}

// misbehave makes the server of session i go wrong after its script.
func (tr *trial) misbehave(i int, f fault, next string) {
	tr.cancel, tr.cancelAfter = false, f.cancelAfter
	tr.sessions[i].after = func(conn net.Conn, heard []string) {
		if f.cancelAfter > 0 {
			tr.stopLater()
		}
		f.do(&stage{conn: conn, heard: heard, next: next, secrets: tr.of.secrets})
	}
}
