package dnssec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

const (
	// ednsSize is how much a UDP answer may hold: what passes everywhere without
	// fragments (DNS flag day 2020).
	ednsSize = 1232
	// maxMessage is the most a message can have (RFC 1035 §4.2.2).
	maxMessage = 65535
	// udpBuffer is what is read of a datagram: more than was allowed, as some resolvers
	// send that. What is larger still is asked for by TCP.
	udpBuffer = 4096
	// maxStray is how many packets that are no answer are read while one is awaited.
	maxStray = 64
)

// question is what a resolver is asked. The name is canonical.
type question struct {
	name string
	kind Type
	// check is set to have the resolver validate, which is CD=0.
	check bool
}

// reply is what a resolver answered.
type reply struct {
	*dns.Msg
	server string
	err    error     // why there is no message
	file   *ZoneFile // that answers in the resolver's place
}

// message makes the query: always with RD, DO and EDNS, and CD unless the resolver
// itself is to validate. Some resolvers give signatures only for all of them together.
func (q question) message() *dns.Msg {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.RecursionDesired = true
	m.CheckingDisabled = !q.check
	m.Question = []dns.Question{{Name: q.name, Qtype: uint16(q.kind), Qclass: dns.ClassINET}}
	m.SetEdns0(ednsSize, true)
	return m
}

// exchange asks the servers in turn, beginning with the one that answered last, until one
// answers NOERROR or NXDOMAIN. Otherwise it returns the first answer there was.
func (c *Client) exchange(ctx context.Context, q question) reply {
	if z := c.fileOf(q.name, q.kind); z != nil {
		return z.answer(q)
	}
	servers, err := c.servers()
	if err != nil {
		return reply{err: err}
	}
	query := q.message()
	packed, err := query.Pack()
	if err != nil {
		return reply{err: fmt.Errorf("%s is not a name that can be looked up", q.name)}
	}
	var best reply
	first := int(c.preferred.Load())
	for i := range servers {
		at := (first + i) % len(servers)
		r := c.ask(ctx, servers[at], query, packed, c.options.Timeout/time.Duration(len(servers)))
		if best.server == "" || best.Msg == nil && r.Msg != nil {
			best = r
		}
		if r.Msg != nil && isAnswer(r.Msg) {
			c.preferred.Store(int32(at))
			return r
		}
		if ctx.Err() != nil {
			break
		}
	}
	return best
}

// isAnswer reports whether another server need not be asked.
func isAnswer(m *dns.Msg) bool { return m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError }

// ask asks one server: by UDP, a second time after a quarter of the time, and by TCP
// after half of it, or when the answer was truncated.
func (c *Client) ask(ctx context.Context, server string, query *dns.Msg, packed []byte, limit time.Duration) reply {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return reply{server: server, err: ctx.Err()}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := c.askUDP(ctx, server, query, packed, limit/4)
	if m == nil && errors.Is(err, errTryTCP) {
		m, err = c.askTCP(ctx, server, query, packed)
	}
	return reply{Msg: m, server: server, err: err}
}

// errTryTCP: UDP brought nothing that can be used.
var errTryTCP = errors.New("no answer by UDP")

func (c *Client) askUDP(ctx context.Context, server string, query *dns.Msg, packed []byte, wait time.Duration) (m *dns.Msg, err error) {
	conn, err := c.takeSocket(ctx, server)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		untouched := stop()
		c.giveBack(conn, m != nil && untouched)
	}()
	for range 2 {
		c.queries.Add(1)
		if _, err := conn.Write(packed); err != nil {
			return nil, err
		}
		conn.SetReadDeadline(time.Now().Add(wait))
		m, err := awaitUDP(conn, query)
		switch {
		case m != nil:
			return m, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, errTryTCP):
			return nil, err
		}
	}
	return nil, errTryTCP
}

var bufferPool = sync.Pool{New: func() any { return new([udpBuffer + 1]byte) }}

// awaitUDP reads until the answer comes. What is no answer to the query is passed over.
func awaitUDP(conn net.Conn, query *dns.Msg) (*dns.Msg, error) {
	buf := bufferPool.Get().(*[udpBuffer + 1]byte)
	defer bufferPool.Put(buf)
	for range maxStray {
		n, err := conn.Read(buf[:])
		if err != nil {
			return nil, err
		}
		switch m, what := readMessage(buf[:n], query, n > udpBuffer); what {
		case isReply:
			return m, nil
		case isTruncated:
			return nil, errTryTCP
		}
	}
	return nil, errTryTCP
}

func (c *Client) askTCP(ctx context.Context, server string, query *dns.Msg, packed []byte) (*dns.Msg, error) {
	conn, err := c.options.Dial(ctx, "tcp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.queries.Add(1)
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(packed)))
	if _, err := conn.Write(append(framed, packed...)); err != nil {
		return nil, err
	}
	// RFC 7766 §7: answers may be to something else; not ours, as we asked once.
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, or(ctx.Err(), err)
	}
	buf := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, or(ctx.Err(), err)
	}
	switch m, what := readMessage(buf, query, false); what {
	case isReply:
		return m, nil
	case isTruncated:
		return nil, errors.New("the answer by TCP is truncated")
	}
	return nil, errors.New("the answer by TCP is not one to the query")
}

func or(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// messageKind is what a message is to a query.
type messageKind int

const (
	isStray     messageKind = iota // not an answer to it, or not to be read
	isTruncated                    // its content is not to be used
	isReply
)

// readMessage reads a message as an answer to a query: same identifier, opcode and
// question, whose name may have other letter case, as resolvers repeat the spelling of
// other clients. The truncation bit counts even where the message cannot be read on, and
// one that was cut here is like one that was truncated there.
func readMessage(wire []byte, query *dns.Msg, cut bool) (*dns.Msg, messageKind) {
	m := new(dns.Msg)
	err := m.Unpack(wire)
	if len(wire) < 12 || !m.Response || m.Id != query.Id || m.Opcode != dns.OpcodeQuery {
		return nil, isStray
	}
	switch same := sameQuestion(m, query); {
	case (m.Truncated || cut) && (same || len(m.Question) == 0):
		return nil, isTruncated
	case err != nil:
		return nil, isStray
	case !same:
		return nil, isStray
	case !isWhole(wire, m):
		return nil, isTruncated
	}
	lowerOwners(m)
	return m, isReply
}

// isWhole reports whether a message has the records that its header counts, and they have
// their data. What was cut off on the way without the truncation bit is no denial.
func isWhole(wire []byte, m *dns.Msg) bool {
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return true
	}
	answers, authority := binary.BigEndian.Uint16(wire[6:]), binary.BigEndian.Uint16(wire[8:])
	return int(answers) == len(m.Answer) && int(authority) == len(m.Ns) &&
		!slices.ContainsFunc(m.Answer, isEmpty) && !slices.ContainsFunc(m.Ns, isEmpty)
}

// isEmpty reports of a record whether its data, or the name in it, is missing, which the
// parser lets pass (RFC 2136 §2.4 has such in updates).
func isEmpty(rr dns.RR) bool {
	name := "."
	switch rr := rr.(type) {
	case *dns.MX:
		name = rr.Mx
	case *dns.CNAME:
		name = rr.Target
	case *dns.DNAME:
		name = rr.Target
	case *dns.NS:
		name = rr.Ns
	case *dns.PTR:
		name = rr.Ptr
	case *dns.SRV:
		name = rr.Target
	}
	return name == "" || rr.Header().Rdlength == 0
}

// sameQuestion compares questions. An error need not repeat it, as of a server that
// does not know EDNS.
func sameQuestion(m, query *dns.Msg) bool {
	if len(m.Question) == 0 {
		return m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented
	}
	got, want := m.Question[0], query.Question[0]
	return len(m.Question) == 1 && got.Qtype == want.Qtype && got.Qclass == want.Qclass && strings.EqualFold(got.Name, want.Name)
}
