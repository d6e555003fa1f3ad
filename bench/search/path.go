package main

import (
	"bytes"
	"net"
	"time"
)

// path carries the bytes of connections to a server, each way in half a round-trip time,
// and may replace a word of the server's by one of the same length.
type path struct {
	listener net.Listener
	server   string
	delay    time.Duration
	replace  [2]string
}

func newPath(server string, roundTrip time.Duration, replace [2]string) (*path, error) {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0")) // the same host, as Dovecot then trusts the network
	if err != nil {
		return nil, err
	}
	p := &path{listener, server, roundTrip / 2, replace}
	go p.serve()
	return p, nil
}

func (p *path) addr() string { return p.listener.Addr().String() }

func (p *path) close() { _ = p.listener.Close() }

func (p *path) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		host, _, _ := net.SplitHostPort(p.server)
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}
		server, err := dialer.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go p.carry(server, client, [2]string{})
		go p.carry(client, server, p.replace)
	}
}

// carry writes what it reads, in order, each piece when its time has come.
func (p *path) carry(to, from net.Conn, replace [2]string) {
	type due struct {
		at    time.Time
		bytes []byte
	}
	queue := make(chan due, 1<<12)
	go func() {
		for d := range queue {
			time.Sleep(time.Until(d.at))
			_, _ = to.Write(d.bytes)
		}
		_ = to.Close()
	}()
	defer close(queue)
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			piece := append([]byte(nil), buf[:n]...)
			if replace[0] != "" {
				piece = bytes.ReplaceAll(piece, []byte(replace[0]), []byte(replace[1]))
			}
			queue <- due{time.Now().Add(p.delay), piece}
		}
		if err != nil {
			return
		}
	}
}
