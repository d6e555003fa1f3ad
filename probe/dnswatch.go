package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// watchedResolver is net.Resolver, of which it reads along what it asks and what the
// servers answer. Its own errors have one text for an answer that is refused, not
// understood or not implemented, and one for a name that does not exist, has no
// addresses or leads in a circle; and they name the system's server where another
// one was asked.
type watchedResolver struct {
	net.Resolver
	server string // the one to ask, empty for those of the system

	mu    sync.Mutex
	heard map[question]dnsAnswer
}

// question is what a server was asked. The name is in lower case and ends in a dot.
type question struct {
	name string
	kind dnsmessage.Type
}

// dnsAnswer is what came of a question.
type dnsAnswer struct {
	asked    string // the server that was asked last
	askedAt  time.Time
	server   string // the one that answered
	at       time.Time
	answered bool // else it was asked, and nothing has come
	old      bool // it was asked for another look-up
	code     dnsmessage.RCode
	records  bool // there is an answer of the type asked for
	loop     bool // aliases (CNAME) lead back to the name
}

// maxHeard is how many questions are remembered; then all are forgotten.
const maxHeard = 4096

// newWatchedResolver makes a resolver that asks a server, or those of the system where
// that is empty.
func newWatchedResolver(server string, preferGo bool) *watchedResolver {
	w := &watchedResolver{server: server, heard: map[question]dnsAnswer{}}
	w.PreferGo = preferGo
	w.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if server != "" {
			address = server
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			noteLimit(ctx, err)
			return nil, err
		}
		if udp, ok := conn.(*net.UDPConn); ok {
			return &watchedPackets{udp, w, address}, nil
		}
		return &watchedStream{Conn: conn, resolver: w, server: address}, nil
	}
	return w
}

// LookupNetIP is that of net.Resolver; its error says what the servers answered.
func (w *watchedResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	begin := time.Now()
	ctx, limit := withLimit(ctx)
	addrs, err := w.Resolver.LookupNetIP(ctx, network, host)
	return addrs, w.explain(limit.instead(err, host), begin, host, dnsmessage.TypeA, dnsmessage.TypeAAAA)
}

// LookupMX is that of net.Resolver; its error says what the servers answered.
func (w *watchedResolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	begin := time.Now()
	ctx, limit := withLimit(ctx)
	records, err := w.Resolver.LookupMX(ctx, name)
	return records, w.explain(limit.instead(err, name), begin, name, dnsmessage.TypeMX)
}

// answerError is an error of net.Resolver with the answer behind it.
type answerError struct {
	error
	dnsAnswer
}

func (a *answerError) Unwrap() error { return a.error }

// explain adds to the error of a look-up the answer that says most of those for the
// name that came since it began.
func (w *watchedResolver) explain(err error, begin time.Time, name string, kinds ...dnsmessage.Type) error {
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var worst *dnsAnswer
	for asked, a := range w.heard {
		if a.at.Before(begin) { // of another look-up
			a = dnsAnswer{asked: a.asked, old: a.askedAt.Before(begin)}
		}
		if !a.answered {
			a.server = a.asked
		}
		if asked.isFor(name, kinds) && (worst == nil || a.weight() > worst.weight()) {
			worst = &a
		}
	}
	switch {
	case worst != nil:
		return &answerError{err, *worst}
	case w.server != "": // it could not even be asked
		return &answerError{err, dnsAnswer{server: w.server}}
	}
	return err
}

// isFor reports whether a question was asked to look a name up: the name itself, or,
// of a single label, with a search domain.
func (q question) isFor(name string, kinds []dnsmessage.Type) bool {
	label, _, absolute := strings.Cut(strings.ToLower(name), ".")
	switch {
	case q.kind != kinds[0] && q.kind != kinds[len(kinds)-1]:
		return false
	case absolute:
		return q.name == canonicalName(name)
	}
	return strings.HasPrefix(q.name, label+".")
}

func canonicalName(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") + "." }

// weight orders answers by how much they say about a failure: whoever could not answer
// may hide what the others did not find. Silence outweighs an answer of the other family,
// by which there may be addresses still.
func (a dnsAnswer) weight() int {
	switch {
	case a.old:
		return 0
	case a.isSilence():
		return 2
	case a.loop:
		return 5
	case a.code == dnsmessage.RCodeNameError:
		return 3
	case a.code != dnsmessage.RCodeSuccess:
		return 4
	case !a.records:
		return 1
	}
	return 0
}

// isSilence reports whether a server was asked for this look-up, and has not answered.
func (a dnsAnswer) isSilence() bool { return a.asked != "" && !a.answered && !a.old }

// ask notes that a server is asked.
func (w *watchedResolver) ask(server string, message []byte) {
	w.note(message, func(a *dnsAnswer, _ question, _ dnsmessage.Header, _ *dnsmessage.Parser) {
		a.asked, a.askedAt = server, time.Now()
	})
}

// hear notes what a server answers.
func (w *watchedResolver) hear(server string, message []byte) {
	w.note(message, func(a *dnsAnswer, q question, h dnsmessage.Header, p *dnsmessage.Parser) {
		if !h.Response {
			return
		}
		*a = dnsAnswer{asked: a.asked, askedAt: a.askedAt, server: server, at: time.Now(), answered: true, code: h.RCode}
		if answers, err := p.AllAnswers(); err == nil {
			a.read(q, answers)
		}
	})
}

// note reads a message and changes what is known of its question.
func (w *watchedResolver) note(message []byte, change func(*dnsAnswer, question, dnsmessage.Header, *dnsmessage.Parser)) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil {
		return
	}
	asked, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil {
		return
	}
	q := question{canonicalName(asked.Name.String()), asked.Type}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.heard) >= maxHeard {
		clear(w.heard)
	}
	a := w.heard[q]
	change(&a, q, header, &p)
	w.heard[q] = a
}

// read looks for what was asked for, and follows the aliases.
func (a *dnsAnswer) read(q question, answers []dnsmessage.Resource) {
	aliases := map[string]string{}
	for _, r := range answers {
		if alias, ok := r.Body.(*dnsmessage.CNAMEResource); ok {
			aliases[canonicalName(r.Header.Name.String())] = canonicalName(alias.CNAME.String())
		}
		a.records = a.records || r.Header.Type == q.kind
	}
	name := q.name
	for range len(aliases) + 1 {
		next, ok := aliases[name]
		if !ok {
			return
		}
		name = next
	}
	a.loop = true
}

// watchedPackets is a connection by UDP, with a message in each packet.
type watchedPackets struct {
	*net.UDPConn
	resolver *watchedResolver
	server   string
}

func (w *watchedPackets) Write(b []byte) (int, error) {
	w.resolver.ask(w.server, b)
	return w.UDPConn.Write(b)
}

func (w *watchedPackets) Read(b []byte) (int, error) {
	n, err := w.UDPConn.Read(b)
	w.resolver.hear(w.server, b[:n])
	return n, err
}

// watchedStream is a connection by TCP, where the length of a message comes before it
// (RFC 1035 §4.2.2).
type watchedStream struct {
	net.Conn
	resolver *watchedResolver
	server   string
	read     []byte
}

func (w *watchedStream) Write(b []byte) (int, error) {
	if len(b) > 2 {
		w.resolver.ask(w.server, b[2:])
	}
	return w.Conn.Write(b)
}

func (w *watchedStream) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.read = append(w.read, b[:n]...)
	for len(w.read) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(w.read))
		if len(w.read) < end {
			break
		}
		w.resolver.hear(w.server, w.read[2:end])
		w.read = w.read[end:]
	}
	return n, err
}

// answerIn returns the answer behind an error of a look-up.
func answerIn(err error) (dnsAnswer, bool) {
	var a *answerError
	if errors.As(err, &a) {
		return a.dnsAnswer, true
	}
	return dnsAnswer{}, false
}
