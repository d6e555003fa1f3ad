//go:build linux

package tun

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// A Star is a router with hosts around it. Host i, from 0, has the address 10.77.i+1.2 on its
// link, the router's own there ends in 1, and the router's device there is called hosti.
type Star struct {
	Router *Node
	Hosts  []*Node
}

// OpenStar makes a star with some hosts.
func OpenStar(hosts int) (*Star, error) {
	s := &Star{}
	for range hosts + 1 {
		n, err := NewNode()
		if err != nil {
			s.Close()
			return nil, err
		}
		if s.Router == nil {
			s.Router = n
			continue
		}
		s.Hosts = append(s.Hosts, n)
	}
	err := s.Router.Set("net.ipv4.ip_forward", "1")
	for i := range s.Hosts {
		err = errors.Join(err, s.link(i))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// link lays the link of a host and its route.
func (s *Star) link(i int) error {
	host, near := s.Hosts[i], s.Device(i)
	return errors.Join(
		s.Router.ip("link add %s type veth peer name uplink netns %d", near, host.thread),
		s.Router.ip("addr add 10.77.%d.1/24 dev %s", i+1, near),
		s.Router.ip("link set %s up", near),
		host.ip("addr add %s/24 dev uplink", s.Addr(i)),
		s.Connect(i, true),
	)
}

// ip runs ip at a node.
func (n *Node) ip(format string, args ...any) error {
	return n.Run("ip", strings.Fields(fmt.Sprintf(format, args...))...)
}

// Addr is the address of a host.
func (s *Star) Addr(i int) string { return fmt.Sprintf("10.77.%d.2", i+1) }

// Device is the router's end of the link of a host.
func (s *Star) Device(i int) string { return fmt.Sprint("host", i) }

// Connect takes the host's end of its link up, with the route to the others, or down.
func (s *Star) Connect(i int, up bool) error {
	if !up {
		return s.Hosts[i].ip("link set uplink down")
	}
	return errors.Join(s.Hosts[i].ip("link set uplink up"), s.Hosts[i].ip("route replace 10.77.0.0/16 via 10.77.%d.1", i+1))
}

// Own gives a host a network of its own besides, such as 10.77.0.0/24, of which it has some
// addresses on its loopback.
func (s *Star) Own(i int, network string, addrs ...string) error {
	err := s.Router.ip("route add %s via %s", network, s.Addr(i))
	for _, addr := range addrs {
		err = errors.Join(err, s.Hosts[i].ip("addr add %s/32 dev lo", addr))
	}
	return err
}

// Close ends the threads of the nodes. The namespaces go with the last processes in them.
func (s *Star) Close() {
	for _, n := range append([]*Node{s.Router}, s.Hosts...) {
		if n != nil {
			n.Close()
		}
	}
}

// Path is the file of the node's namespace, as nsenter --net takes it. It is there until Close.
func (n *Node) Path() string { return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), n.thread) }
