//go:build linux

package main

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/dnssec/dnstest"
	"mailprobe/wire/wiretest"
)

// delay is the time for a packet and the answer to it.
const delay = 50 * time.Millisecond

// near is the address of the near side, which is what the far side is asked from.
const near = "198.51.100.1"

// far is a network namespace with the servers, and a cable to that of the caller.
type far struct {
	node    *tun.Node
	caFile  string
	anchors string // of the signed domain
	dns     *dnstest.Server
	world   dnstest.World
}

// openFar moves the calling goroutine to a namespace of its own, on a thread of its own,
// and starts the far side.
func openFar(dir string) (*far, error) {
	if err := tun.Isolate(); err != nil {
		return nil, err
	}
	f := &far{caFile: filepath.Join(dir, "ca.pem"), anchors: filepath.Join(dir, "anchors")}
	var err error
	if f.node, err = tun.NewNode(); err != nil {
		return nil, err
	}
	if err := f.connect(); err != nil {
		return nil, err
	}
	return f, f.serve()
}

// connect lays the cable.
func (f *far) connect() error {
	here, err := tun.Open("cable", near+"/32")
	if err != nil {
		return err
	}
	var there *tun.Device
	err = f.node.Do(func() (err error) {
		for _, addr := range append([]string{dnsAddr, policyAddr}, exchangers...) {
			if err := tun.IP("addr", "add", addr+"/32", "dev", "lo"); err != nil {
				return err
			}
		}
		if there, err = tun.Open("cable", "203.0.113.1/32"); err != nil {
			return err
		}
		return tun.IP("route", "add", near+"/32", "dev", "cable")
	})
	if err != nil {
		return err
	}
	go func() { _ = tun.Join(here, there, delay/2) }()
	return tun.IP("route", "add", "192.0.2.0/24", "dev", "cable")
}

// serve starts the exchangers and the server of the policy, and makes the domain.
func (f *far) serve() error {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return err
	}
	if err := authority.WriteFile(f.caFile); err != nil {
		return err
	}
	var digests []string
	for i, addr := range exchangers {
		name := fmt.Sprintf("mx%d.example.org", i+1)
		cert, err := authority.IssueFor(name, "good")
		if err != nil {
			return err
		}
		digest := sha256.Sum256(cert.Leaf.RawSubjectPublicKeyInfo)
		digests = append(digests, hex.EncodeToString(digest[:]))
		listener, err := f.listen(addr + ":25")
		if err != nil {
			return err
		}
		go wiretest.Accept(listener, func(conn net.Conn) error { return exchange(conn, name, cert) })
	}
	cert, err := authority.IssueFor("mta-sts.example.org", "good")
	if err != nil {
		return err
	}
	listener, err := f.listen(policyAddr + ":443")
	if err != nil {
		return err
	}
	go func() {
		_ = http.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}}), http.HandlerFunc(sendPolicy))
	}()
	dkim, err := newDKIM()
	f.world = signed(dkim, digests)
	return err
}

func (f *far) listen(addr string) (l net.Listener, err error) {
	err = f.node.Do(func() (err error) {
		l, err = net.Listen("tcp", addr)
		return err
	})
	return l, err
}

// publish starts the resolver with a world, instead of the one before.
func (f *far) publish(world dnstest.World, anchors string) error {
	if f.dns != nil {
		f.dns.Close()
	}
	err := f.node.Do(func() (err error) {
		f.dns, err = dnstest.Start(world)
		return err
	})
	if err != nil {
		return err
	}
	return writeFile(anchors, f.dns.Anchors())
}

func sendPolicy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "version: STSv1\nmode: enforce\nmx: *.example.org\nmax_age: 604800\n")
}

// exchange is a session of the exchanger of a name.
func exchange(conn net.Conn, name string, cert tls.Certificate) error {
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, "220 "+name+" ESMTP\r\n"); err != nil {
		return err
	}
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		reply := "502 5.5.1 Not known\r\n"
		verb := strings.ToUpper(strings.Fields(line + " .")[0])
		switch verb {
		case "EHLO":
			reply = "250-" + name + "\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 SIZE 10240000\r\n"
		case "STARTTLS":
			reply = "220 2.0.0 Ready\r\n"
		case "QUIT":
			reply = "221 2.0.0 Bye\r\n"
		}
		if _, err := io.WriteString(conn, reply); err != nil || verb == "QUIT" {
			return err
		}
		if verb == "STARTTLS" {
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
			lines = bufio.NewReader(conn)
		}
	}
}
