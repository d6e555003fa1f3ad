package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/notify"
)

// slowness is how long the receivers of TestKillSlow take for each answer.
const slowness = 20 * time.Millisecond

// TestKillSlow kills runs, each at a random moment of the whole run, whose three
// receivers are slow to answer. Each receives every message, and one that is repeated after a
// kill, since it cannot be known whether it arrived, is the exception.
func TestKillSlow(t *testing.T) {
	hook, mail := newSink(slowness), newSink(slowness)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go mail.receive(listener)
	heard := filepath.Join(t.TempDir(), "heard")
	k := newKillTest(t, hook, fmt.Sprintf(`[%s, {email: {through: "%s", from: a@example.org, to: b@example.org, tls: "off"}}, {command: "cat >> %s; sleep %.2f"}]`,
		webhook(t, hook), listener.Addr(), heard, slowness.Seconds()))
	killed := 0
	for begin := time.Now(); killed < kills && time.Since(begin) < patience/2; {
		k.up.Store(!k.up.Load()) // there is always something to tell
		if k.run(t, time.Duration(rand.Int64N(int64(k.whole)))) {
			killed++
		}
	}
	k.up.Store(true)
	for range 4 {
		time.Sleep(time.Second) // until what was not known is tried again
		k.run(t, time.Minute)
	}
	k.check(t)
	command := read(t, heard)
	for name, s := range map[string]*sink{"webhook": hook, "email": mail, "command": command} {
		t.Logf("%s: %d messages, %d told again after %d kills", name, len(s.seen), s.repeated, killed)
		if len(s.seen) != len(hook.seen) {
			t.Errorf("%s: %d messages, while the webhook had %d", name, len(s.seen), len(hook.seen))
		}
		if len(s.doubled) > 0 {
			t.Errorf("%s: told again without a mark: %q", name, s.doubled)
		}
		if s.repeated > max(1, killed/20) { // one of a few is no more than chance
			t.Errorf("%s: %d of %d kills had something told again", name, s.repeated, killed)
		}
	}
}

// read returns what a command wrote of the events it was sent.
func read(t *testing.T, file string) *sink {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newSink(0)
	for line := range strings.Lines(string(text)) {
		var m notify.Message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		s.note(m)
	}
	return s
}

// receive is an SMTP server that takes its time for each reply.
func (s *sink) receive(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go s.session(conn)
	}
}

func (s *sink) session(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	reply := func(text string) {
		time.Sleep(s.slow)
		fmt.Fprint(conn, text+"\r\n")
	}
	reply("220 mx ESMTP")
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		switch verb, _, _ := strings.Cut(lines.Text(), " "); verb {
		case "DATA":
			reply("354 go ahead")
			m, whole := letter(lines)
			if !whole {
				return // the sender was killed half-way
			}
			s.note(m)
			reply("250 taken")
		case "QUIT":
			reply("221 bye")
			return
		default:
			reply("250 mx")
		}
	}
}

// letter reads a mail as far as it says which message it is.
func letter(lines *bufio.Scanner) (m notify.Message, whole bool) {
	for lines.Scan() {
		if id, ok := strings.CutPrefix(strings.ToLower(lines.Text()), "message-id: <"); ok {
			m.ID, _, _ = strings.Cut(id, "@")
		}
		m.Repeated = m.Repeated || strings.Contains(lines.Text(), "may have reached you before")
		if lines.Text() == "." {
			return m, true
		}
	}
	return m, false
}
