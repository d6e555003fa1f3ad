package integration

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// GreylistTime is for how long Greylisting refuses a sender and recipient it does
// not know.
const GreylistTime = 2 * time.Second

// greylist is a policy service of Postfix (SMTPD_POLICY_README) that greylists.
type greylist struct {
	listener net.Listener

	mu   sync.Mutex
	seen map[string]time.Time
}

func startGreylist(host string) (*greylist, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	g := &greylist{listener: listener, seen: map[string]time.Time{}}
	go g.serve()
	return g, nil
}

func (g *greylist) addr() string { return g.listener.Addr().String() }

func (g *greylist) stop() { g.listener.Close() }

func (g *greylist) serve() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return
		}
		go g.answer(conn)
	}
}

// answer answers requests: attributes, a line each, and an empty line.
func (g *greylist) answer(conn net.Conn) {
	defer conn.Close()
	request := map[string]string{}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), "=")
		if ok {
			request[name] = value
			continue
		}
		fmt.Fprintf(conn, "action=%s\n\n", g.action(request["sender"]+" "+request["recipient"]))
		clear(request)
	}
}

func (g *greylist) action(who string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	first, ok := g.seen[who]
	if !ok {
		first = time.Now()
		g.seen[who] = first
	}
	if time.Since(first) < GreylistTime {
		return "450 4.2.0 Greylisted, try again soon"
	}
	return "DUNNO"
}
