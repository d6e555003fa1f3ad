package smtpcheck_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// A message of the caller's goes over the wire as it is, but for doubled dots.
func TestSubmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wiretest.Path{RoundTrip: time.Millisecond}.Connect()
		body := make(chan string, 1)
		go func() { body <- takeMessage(server) }()
		c := smtpcheck.NewCheck(&probe.Options{
			Timeout: time.Minute,
			Dial:    func(context.Context, string, string) (net.Conn, error) { return client, nil },
		})
		c.DeclareSession() // sets the defaults
		c.TLS.TLS, c.From, c.To, c.Send = "off", "bob@example.org", []string{"alice@example.org"}, true
		if err := c.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		target, err := smtpcheck.Kind().ParseTarget("192.0.2.25")
		if err != nil {
			t.Fatal(err)
		}
		r := &probe.Result{Transcript: &wire.Transcript{}}
		if err := c.Submit(t.Context(), target, r, []byte("A: b\r\n\r\n.dot\r\n")); err != nil {
			t.Fatal(err)
		}
		if got := <-body; got != "A: b\r\n\r\n..dot\r\n" {
			t.Errorf("the server got %q", got)
		}
		if queued, _ := r.Fact("queued"); queued.Text != "2.0.0 Ok: queued as 4fX" {
			t.Errorf("queued is %q", queued.Text)
		}
	})
}

// takeMessage is a server that takes one message and returns it.
func takeMessage(conn net.Conn) string {
	defer conn.Close()
	conn.Write([]byte("220 mx\r\n"))
	var body strings.Builder
	inside := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		switch {
		case inside && line == ".":
			inside = false
			conn.Write([]byte("250 2.0.0 Ok: queued as 4fX\r\n"))
		case inside:
			body.WriteString(line + "\r\n")
		case line == "DATA":
			inside = true
			conn.Write([]byte("354 go on\r\n"))
		case line == "QUIT":
			conn.Write([]byte("221 bye\r\n"))
			return body.String()
		default:
			conn.Write([]byte("250 ok\r\n"))
		}
	}
	return body.String()
}
