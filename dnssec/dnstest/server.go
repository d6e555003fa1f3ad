package dnstest

import (
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Server is a running world.
type Server struct {
	zones  []*zone // the deepest first
	byName map[string]*zone

	mu      sync.Mutex
	world   World
	queries []Query
	dropped map[string]bool
	conns   map[net.Conn]bool

	udp    net.PacketConn
	tcp    net.Listener
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// Start makes the zones and the resolver.
func Start(world World) (*Server, error) {
	s, err := build(world)
	if err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Go(s.serveUDP)
	s.wait.Go(s.serveTCP)
	return s, nil
}

// build makes the zones: those listed and those above them.
func build(world World) (*Server, error) {
	s := &Server{world: world, byName: map[string]*zone{}, dropped: map[string]bool{}, conns: map[net.Conn]bool{}}
	now := world.Now
	if now.IsZero() {
		now = time.Now()
	}
	for _, z := range withParents(world.Zones) {
		made, err := newZone(z, now)
		if err != nil {
			return nil, err
		}
		if made.signed() {
			if err := made.makeKeys(); err != nil {
				return nil, err
			}
		}
		s.byName[made.apex] = made
		s.zones = append(s.zones, made)
	}
	slices.SortFunc(s.zones, func(a, b *zone) int {
		return cmp.Or(cmp.Compare(dns.CountLabel(b.apex), dns.CountLabel(a.apex)), strings.Compare(a.apex, b.apex))
	})
	for _, z := range s.zones {
		if z.apex != "." {
			s.parentOf(z).delegate(z)
		}
	}
	for _, z := range s.zones {
		z.sign()
	}
	for _, z := range s.zones {
		if z.Fault.has(ChildDS) {
			n := s.parentOf(z).nodes[z.apex]
			n.sigs[dns.TypeDS] = z.signSet(n.sets[dns.TypeDS])
		}
	}
	return s, nil
}

// withParents adds the root and the top-level domains that are missing.
func withParents(zones []Zone) []Zone {
	have := map[string]bool{}
	for _, z := range zones {
		have[dns.CanonicalName(z.Name)] = true
	}
	all := slices.Clone(zones)
	for _, z := range zones {
		labels := dns.SplitDomainName(dns.CanonicalName(z.Name))
		for _, name := range []string{".", tld(labels)} {
			if !have[name] {
				have[name] = true
				all = append(all, Zone{Name: name})
			}
		}
	}
	return all
}

func tld(labels []string) string {
	if len(labels) == 0 {
		return "."
	}
	return labels[len(labels)-1] + "."
}

// parentOf returns the deepest zone above another.
func (s *Server) parentOf(child *zone) *zone {
	return s.zoneOf(child.apex, dns.TypeDS)
}

// listen takes the port of World.Listen, or one that is free for UDP and TCP.
func (s *Server) listen() (err error) {
	for range 20 {
		if s.tcp, err = net.Listen("tcp", cmp.Or(s.world.Listen, "127.0.0.1:0")); err != nil {
			return err
		}
		if s.udp, err = net.ListenPacket("udp", s.tcp.Addr().String()); err == nil {
			return nil
		}
		s.tcp.Close()
	}
	return err
}

// Addr is the resolver's address and port.
func (s *Server) Addr() string { return s.tcp.Addr().String() }

// Anchors are the keys of the root, as DS records in lines.
func (s *Server) Anchors() string { return s.AnchorsOf(".") }

// AnchorsOf are the keys of a zone, as DS records in lines.
func (s *Server) AnchorsOf(name string) string {
	return s.ofKeys(name, func(k *key) dns.RR { return k.ToDS(dns.SHA256) })
}

// KeysOf are the keys of a zone, as DNSKEY records in lines.
func (s *Server) KeysOf(name string) string {
	return s.ofKeys(name, func(k *key) dns.RR { return k.DNSKEY })
}

// ofKeys returns a line for each key of a zone that others may start from.
func (s *Server) ofKeys(name string, record func(*key) dns.RR) (lines string) {
	z := s.byName[dns.CanonicalName(name)]
	if z == nil {
		return ""
	}
	for _, k := range z.keys {
		if k.DS != WithoutDS {
			lines += record(k).String() + "\n"
		}
	}
	return lines
}

// Change alters what the resolver does while it runs; the zones stay as they are.
func (s *Server) Change(change func(*World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.world)
}

// Queries returns what was asked, in order, and forgets it.
func (s *Server) Queries() []Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.queries
	s.queries = nil
	return asked
}

// Close ends the resolver and waits for all it has started.
func (s *Server) Close() {
	s.cancel()
	s.udp.Close()
	s.tcp.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *Server) serveUDP() {
	buf := make([]byte, 65535)
	for {
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		query := slices.Clone(buf[:n])
		s.wait.Go(func() {
			for _, message := range s.handle(query, false) {
				s.udp.WriteTo(message, from)
			}
		})
	}
}

func (s *Server) serveTCP() {
	for {
		conn, err := s.tcp.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wait.Go(func() {
			s.talk(conn)
			conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// talk answers the queries of a connection, each behind its length (RFC 1035 §4.2.2).
func (s *Server) talk(conn net.Conn) {
	for s.ctx.Err() == nil {
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		for _, message := range s.handle(query, true) {
			framed := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
			if _, err := conn.Write(append(framed, message...)); err != nil {
				return
			}
		}
	}
}
