package smtpcheck

import (
	"context"
	"net"
	"strings"
	"testing"

	"mailprobe/transport"
	"mailprobe/wire"
)

func TestFullName(t *testing.T) {
	for _, test := range []struct{ hosts, want string }{
		{"127.0.0.1 localhost\n127.0.1.1 mail1.example.org mail1\n", "mail1.example.org"},
		{"192.0.2.1 www.example.org mail1 MAIL1.example.net # mail1.example.com\n", "MAIL1.example.net"},
		{"127.0.1.1 mail1\n", ""},
		{"# 127.0.1.1 mail1.example.org\n", ""},
		{"127.0.1.1 mail10.example.org mail1.\n\n127.0.0.1\n", ""},
	} {
		if got := fullName("mail1", strings.NewReader(test.hosts)); got != test.want {
			t.Errorf("the full name in %q is %q, want %q", test.hosts, got, test.want)
		}
	}
	if got := fullName("localhost", strings.NewReader("127.0.0.1 localhost.localdomain localhost\n")); got != "" {
		t.Errorf("%q is the name of every machine", got)
	}
}

// from is a connection from an address.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) LocalAddr() net.Addr { return f.addr }

func TestHello(t *testing.T) {
	ip := func(s string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(s), Port: 40000, Zone: "eth0"} }
	for _, test := range []struct {
		helo, machine string
		local         net.Addr
		want          string
	}{
		{"given", "mail1.example.org", ip("192.0.2.1"), "given"},
		{"", "mail1.example.org", ip("192.0.2.1"), "mail1.example.org"},
		{"", "", ip("192.0.2.1"), "[192.0.2.1]"},
		{"", "", ip("::ffff:192.0.2.1"), "[192.0.2.1]"},
		{"", "", ip("fe80::1"), "[IPv6:fe80::1]"},
		{"", "", &net.UnixAddr{Name: "pipe"}, "localhost"},
	} {
		near, far := net.Pipe()
		w := &walk{Check: &Check{Helo: test.helo, machine: test.machine}, Link: &transport.Link{}}
		w.Conn = wire.NewConn(context.Background(), from{near, test.local}, &wire.Transcript{})
		if got := w.hello(); got != test.want {
			t.Errorf("from %v, %+v: EHLO %s", test.local, test, got)
		}
		_, _ = w.Conn.Close(), far.Close()
	}
}
