//go:build linux

package tun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// A Node is a host or a router with a network namespace of its own.
type Node struct {
	thread int
	jobs   chan func() error
	errs   chan error
}

// NewNode makes a node with a loopback interface only.
func NewNode() (*Node, error) {
	n := &Node{jobs: make(chan func() error), errs: make(chan error)}
	go func() {
		n.errs <- errors.Join(Isolate(), n.identify())
		for job := range n.jobs {
			n.errs <- job()
		}
	}()
	return n, <-n.errs
}

func (n *Node) identify() error {
	n.thread = unix.Gettid()
	return nil
}

// Do calls f in the node's namespace: sockets that it opens are the node's.
func (n *Node) Do(f func() error) error {
	n.jobs <- f
	return <-n.errs
}

// Dial connects from the node.
func (n *Node) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = n.Do(func() (err error) {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Run runs a command at the node.
func (n *Node) Run(name string, args ...string) error {
	return n.Do(func() error {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
		}
		return nil
	})
}

// Set sets a kernel parameter of the node, such as "net.ipv4.ip_forward".
func (n *Node) Set(name, value string) error {
	return n.Do(func() error {
		return os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0)
	})
}

// A Chain is a row of nodes, the last of which is the host at the end and the others
// routers. Node i has the addresses 10.0.i.2 and fd00:i::2 on the link to the one
// before, whose own there end in 1.
type Chain []*Node

// OpenChain moves the calling goroutine, on a thread of its own, to a namespace at the
// begin of a new chain. Rate limits are those that Linux has by default.
func OpenChain(hops int) (Chain, error) {
	if err := Isolate(); err != nil {
		return nil, err
	}
	var c Chain
	for range hops {
		n, err := NewNode()
		if err != nil {
			return c, errors.Join(err, c.Close())
		}
		c = append(c, n)
	}
	if err := c.link(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Host returns the addresses of the host at the end.
func (c Chain) Host() (v4, v6 string) {
	return fmt.Sprintf("10.0.%d.2", len(c)), fmt.Sprintf("fd00:%d::2", len(c))
}

// run runs ip at a node, 0 for the caller's own.
func (c Chain) run(node int, format string, args ...any) error {
	words := strings.Fields(fmt.Sprintf(format, args...))
	if node == 0 {
		return IP(words...)
	}
	return c[node-1].Run("ip", words...)
}

// link lays the links and the routes.
func (c Chain) link() error {
	var errs []error
	do := func(node int, format string, args ...any) {
		errs = append(errs, c.run(node, format, args...))
	}
	for i := 1; i <= len(c); i++ {
		do(i-1, "link add next type veth peer name prev netns %d", c[i-1].thread)
		do(i-1, "addr add 10.0.%d.1/24 dev next", i)
		do(i-1, "addr add fd00:%d::1/64 dev next nodad", i)
		do(i, "addr add 10.0.%d.2/24 dev prev", i)
		do(i, "addr add fd00:%d::2/64 dev prev nodad", i)
		do(i-1, "link set next up")
		do(i, "link set prev up")
		for _, name := range []string{"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"} {
			errs = append(errs, c[i-1].Set(name, "1"))
		}
	}
	for node := 0; node <= len(c); node++ {
		for i := 1; i <= len(c); i++ {
			switch {
			case i < node:
				do(node, "route add 10.0.%d.0/24 via 10.0.%d.1", i, node)
				do(node, "route add fd00:%d::/64 via fd00:%d::1", i, node)
			case i > node+1:
				do(node, "route add 10.0.%d.0/24 via 10.0.%d.2", i, node+1)
				do(node, "route add fd00:%d::/64 via fd00:%d::2", i, node+1)
			}
		}
	}
	return errors.Join(errs...)
}

// Close ends the thread of the node. The namespace goes with the last process in it.
func (n *Node) Close() { close(n.jobs) }

// Close ends the threads of the nodes, and with them all that there was.
func (c Chain) Close() error {
	for _, n := range c {
		n.Close()
	}
	return nil
}
