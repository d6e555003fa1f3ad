package centre

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet"
)

// TestFlood: a place that sends without end fills its own part of the stream and no more, and
// another is served meanwhile.
func TestFlood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a, b := s.join("fra"), s.join("ams")
		s.checks.block("fra")
		js, err := jetstream.New(a.conn)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := range 3 * waiting {
			text, _ := json.Marshal(batch("", "mx", fmt.Sprint(i, strings.Repeat("x", 1000))))
			if _, err := js.Publish(t.Context(), fleet.ResultSubject+".fra", text); err != nil {
				refused++
			}
		}
		if refused != 2*waiting {
			t.Errorf("%d of %d batches are refused, want %d", refused, 3*waiting, 2*waiting)
		}
		if err := b.send(t.Context(), "ams", batch("1", "mx", "mx.example.org")); err != nil {
			t.Fatal(err)
		}
		until(t, "the other is served", func() bool { return s.checks.got("ams mx.example.org") == 1 })
		s.checks.block("")
	})
}

// TestGreetingFlood: greetings without end are left out and counted, and another place is
// answered.
func TestGreetingFlood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		a, b := s.join("fra"), s.join("ams")
		text, _ := json.Marshal(a.hello())
		text = append(text, bytes.Repeat([]byte(" "), 100<<10)...)
		refused := func() int64 {
			s.centre.seen.mu.Lock()
			defer s.centre.seen.mu.Unlock()
			return s.centre.seen.all["fra"].Refused
		}
		for i := 0; i < 1000 && refused() == 0; i++ {
			for range 50 {
				_ = a.conn.PublishRequest(fleet.HelloSubject+".fra", "_INBOX_fra.x.y", text) // it is disconnected meanwhile
			}
			_ = a.conn.Flush()
		}
		if w := b.greet(b.hello()); w.Error != "" || w.Schedule == nil {
			t.Errorf("the other is answered %+v", w)
		}
		if refused() == 0 || len(s.told("greets faster")) != 1 {
			t.Errorf("%d are refused; told: %q", refused(), s.warned)
		}
	})
}

// TestStrangers: strangers without end, each by another name, are told once, and do not keep what
// matters from being told.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s := newEmbedded(t)
	for i := range 2 * maxTold {
		s.centre.authority.refused(fmt.Sprint("stranger", i), "192.0.2.1", errUnknown)
		s.centre.authority.refused(fmt.Sprint("stranger", i), "192.0.2.1", errSignature)
	}
	s.centre.told.tell("flood: fra", errors.New("fra sends too much"))
	if n := len(s.told("was not admitted")); n != 2 {
		t.Errorf("%d are told", n)
	}
	if len(s.told("fra sends too much")) != 1 {
		t.Error("what matters is not told")
	}
}

// TestCost: an ID that no agent has counts for what it costs the server.
func TestCost(t *testing.T) {
	t.Parallel()
	if n := costOf(nats.Header{"Nats-Msg-Id": {strings.Repeat("x", 40)}}); n != 1<<10 {
		t.Errorf("the ID of an agent counts for %d bytes", n)
	}
	if n := costOf(nats.Header{"Nats-Msg-Id": {strings.Repeat("x", 500<<10)}}); n < resultBurst {
		t.Errorf("one of 500 KiB counts for %d bytes", n)
	}
}

// tap is a port that leads to another, and keeps what passes.
type tap struct {
	address string
	mu      sync.Mutex
	seen    bytes.Buffer
	far     net.Conn // of who connected last
}

func newTap(t *testing.T, to string) *tap {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &tap{address: l.Addr().String()}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			p.mu.Lock()
			p.far = far
			p.mu.Unlock()
			go p.copy(near, far)
			go p.copy(far, near)
		}
	}()
	return p
}

func (p *tap) copy(to, from net.Conn) {
	_, _ = io.Copy(to, io.TeeReader(from, p))
	_ = to.Close()
}

func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

// TestHugeResult: the server itself refuses a result of 100 MB, by an agent that heeds no limit,
// and reads little of it; another is served meanwhile.
func TestHugeResult(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTap(t, strings.TrimPrefix(s.nats.URL, "nats://"))
	s.url = "nats://" + p.address
	s.open()
	b, a := s.join("ams"), s.join("fra")
	lost := make(chan struct{}, 1)
	a.conn.SetDisconnectErrHandler(func(*nats.Conn, error) { lost <- struct{}{} })
	p.mu.Lock()
	far := p.far
	p.mu.Unlock()
	const size = 100 << 20
	_, err := fmt.Fprintf(far, "PUB mailprobe.results.fra %d\r\n", size)
	sent, part := 0, bytes.Repeat([]byte("x"), 64<<10)
	for n := 0; err == nil && sent < size; sent += n {
		n, err = far.Write(part)
	}
	if err == nil {
		t.Errorf("the server has read all %d bytes", sent)
	}
	select {
	case <-lost:
	case <-t.Context().Done():
	case <-time.After(time.Minute):
		t.Error("the connection goes on")
	}
	if err := b.send(t.Context(), "ams", batch("1", "mx", "mx.example.org")); err != nil {
		t.Fatal(err)
	}
	until(t, "the other is served", func() bool { return s.checks.got("ams mx.example.org") == 1 })
}

// TestHugeTold: what the embedded server refuses to read is counted against the place, and told.
func TestHugeTold(t *testing.T) {
	t.Parallel()
	s := newEmbedded(t)
	a := s.join("fra")
	a.conn.Close()
	conn := s.rawly(a)
	if _, err := fmt.Fprintf(conn, "PUB mailprobe.results.fra %d\r\n", 100<<20); err != nil {
		t.Fatal(err)
	}
	until(t, "it is told", func() bool { return len(s.told("fra: a message of more than 1048576 bytes was refused")) == 1 })
	s.centre.seen.mu.Lock()
	defer s.centre.seen.mu.Unlock()
	if n := s.centre.seen.all["fra"].Refused; n != 1 {
		t.Errorf("%d are counted", n)
	}
}

// rawly connects an agent to the embedded server without a library that heeds its limits.
func (s *stage) rawly(a *agent) net.Conn {
	s.t.Helper()
	plain, err := net.Dial("tcp", strings.TrimPrefix(s.url, "tls://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = plain.Close() })
	line, err := bufio.NewReaderSize(plain, 4<<10).ReadString('\n') // the server waits for TLS then
	var info struct {
		Nonce string `json:"nonce"`
	}
	if err = errors.Join(err, json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info)); err != nil {
		s.t.Fatalf("%q: %v", line, err)
	}
	signature, _ := a.key.Sign([]byte(info.Nonce))
	public, _ := a.key.PublicKey()
	conn := tls.Client(plain, &tls.Config{InsecureSkipVerify: true})
	text, _ := json.Marshal(map[string]any{"name": a.name, "nkey": public, "sig": base64.RawURLEncoding.EncodeToString(signature), "protocol": 1})
	if _, err := fmt.Fprintf(conn, "CONNECT %s\r\nPING\r\n", text); err != nil {
		s.t.Fatal(err)
	}
	for in := bufio.NewScanner(conn); in.Scan(); {
		if in.Text() == "PONG" {
			return conn
		}
	}
	s.t.Fatal("the server does not answer")
	return nil
}

// TestCapture: what passes between an agent, a server without TLS and the centre has no secret in
// it, in any form.
func TestCapture(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	server := strings.TrimPrefix(s.nats.URL, "nats://")
	p := newTap(t, server)
	s.url = "nats://" + p.address
	s.open()
	token := s.invite("fra", false)
	a := s.newAgent("fra")
	if err := s.connect(a, &token); err != nil {
		t.Fatal(err)
	}
	w := a.greet(a.hello())
	if w.Schedule == nil || !bytes.Contains(w.Schedule.Jobs, []byte("sealed")) {
		t.Fatalf("the welcome is %+v", w)
	}
	if err := a.send(t.Context(), "fra", batch("1", "mx", "mx.example.org")); err != nil {
		t.Fatal(err)
	}
	until(t, "the result is delivered", func() bool { return s.checks.got("fra mx.example.org") == 1 })
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.seen.Bytes()
	for _, there := range []string{"mailprobe.hello.fra", "mx.example.org", "CONNECT"} {
		if !bytes.Contains(all, []byte(there)) {
			t.Errorf("%q is not in the capture of %d bytes", there, len(all))
		}
	}
	seed, _ := a.key.Seed()
	sealSeed, _ := a.sealKey.Seed()
	issuer, _ := s.centre.keys.issuer.Seed()
	password, _ := fakeSecrets("MAIL_PASSWORD")
	for what, secret := range map[string][]byte{
		"the password": []byte(password), "the token": token.Secret, "the token's hash": token.Hash(), "the agent's key": seed, "its key for secrets": sealSeed, "the issuer's key": issuer,
	} {
		for form, text := range map[string]string{
			"plain": string(secret), "hex": hex.EncodeToString(secret), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString(secret), "="), "URL's base64": base64.RawURLEncoding.EncodeToString(secret),
		} {
			if bytes.Contains(all, []byte(text)) {
				t.Errorf("the capture has %s as %s", what, form)
			}
		}
	}
}

// TestStolenToken: a token that somebody else has used first is of no use to its owner, and both
// ends learn of it.
func TestStolenToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		token := s.invite("fra", false)
		thief, owner := s.newAgent("fra"), s.newAgent("fra")
		if err := s.connect(thief, &token); err != nil {
			t.Fatal(err)
		}
		if err := s.connect(owner, &token); err == nil || !strings.Contains(err.Error(), "the token is used") {
			t.Errorf("the owner is told %v", err)
		}
		if len(s.told("used by somebody else")) != 1 {
			t.Errorf("told: %q", s.warned)
		}
		if err := s.centre.register.Revoke("fra", time.Now()); err != nil {
			t.Fatal(err)
		}
		s.centre.look()
		if err := thief.send(briefly(t), "fra", batch("1", "mx", "stolen.example.org")); err == nil && s.nats == nil {
			t.Error("the thief's results are taken after the end")
		}
		if s.checks.got("fra stolen.example.org") != 0 {
			t.Error("the thief's results are delivered after the end")
		}
	})
}

// TestPinned: an agent sends nothing to a server with another certificate.
func TestPinned(t *testing.T) {
	t.Parallel()
	s := newEmbedded(t)
	token := s.invite("fra", false)
	token.Fingerprint[0] ^= 1
	a := s.newAgent("fra")
	_, err := fleet.Connect(t.Context(), fleet.Options{URL: s.url, Name: "fra", Key: a.key, Token: &token})
	if err == nil || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("the connection is %v", err)
	}
	_, err = fleet.Connect(t.Context(), fleet.Options{URL: strings.Replace(s.url, "tls:", "nats:", 1), Name: "fra", Key: a.key, Token: &token})
	if err == nil {
		t.Error("a server with TLS is reached without its key")
	}
	if p, err := s.centre.register.Get("fra"); err != nil || p.Key != "" {
		t.Errorf("the place is %+v, %v", p, err)
	}
}

// TestManyConnections: a place that connects without end is refused before others have no room.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	s := newEmbedded(t)
	a := s.join("fra")
	for i := range maxConnections - 1 {
		if err := s.connect(&agent{t: t, name: "fra", key: a.key}, nil); err != nil {
			t.Fatalf("connection %d: %v", i+2, err)
		}
	}
	if err := s.connect(&agent{t: t, name: "fra", key: a.key}, nil); err == nil || len(s.told(errTooMany.Error())) != 1 {
		t.Errorf("one more: %v; told: %q", err, s.warned)
	}
	s.join("ams")
}

// briefly is for what may never be answered.
func briefly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}
