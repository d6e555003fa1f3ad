package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// answers makes what a name server says of a name, by its first label. Of those that
// begin with "tcp-" it says over UDP that the answer is too long.
func answers(t *testing.T, packet []byte, udp bool) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 {
		t.Errorf("a query with %d questions: %v", len(m.Questions), err)
		return nil
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	label, rest, _ := strings.Cut(q.Name.String(), ".")
	if long := strings.HasPrefix(label, "tcp-"); long && udp {
		m.Truncated = true
		label = "nodata"
	} else if long {
		label = label[4:]
	}
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	alias := func(from, to string) {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(from + "." + rest), Type: dnsmessage.TypeCNAME, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(to + "." + rest)},
		})
	}
	switch label {
	case "servfail":
		m.RCode = dnsmessage.RCodeServerFailure
	case "half": // the addresses of one family are not known
		if q.Type == dnsmessage.TypeAAAA {
			m.RCode = dnsmessage.RCodeServerFailure
		}
	case "refused":
		m.RCode = dnsmessage.RCodeRefused
	case "notimp":
		m.RCode = dnsmessage.RCodeNotImplemented
	case "formerr":
		m.RCode = dnsmessage.RCodeFormatError
	case "nxdomain":
		m.RCode = dnsmessage.RCodeNameError
	case "dangling":
		alias("dangling", "nowhere")
		m.RCode = dnsmessage.RCodeNameError
	case "loop":
		alias("loop", "around")
		alias("around", "loop")
	case "self":
		alias("self", "self")
	case "lame":
		m.RecursionAvailable = false
	case "good":
		alias("good", "host")
		if header.Name = dnsmessage.MustNewName("host." + rest); q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}})
		}
	}
	answer, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return answer
}

// nameServer serves over UDP and TCP at one address.
func nameServer(t *testing.T) string {
	t.Helper()
	stream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", stream.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = stream.Close(), packets.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := packets.ReadFrom(packet)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo(answers(t, packet[:n], true), from)
		}
	}()
	go func() {
		for {
			conn, err := stream.Accept()
			if err != nil {
				return
			}
			go serveStream(t, conn)
		}
	}()
	return stream.Addr().String()
}

func serveStream(t *testing.T, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	var size [2]byte
	for {
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		answer := answers(t, packet, false)
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// TestAnswers: what a server answers is distinguished, with the name of the server that
// was asked.
func TestAnswers(t *testing.T) {
	server := nameServer(t)
	o := &Options{Resolver: server, Timeout: 3 * time.Second}
	if err := o.prepareResolver(); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]struct {
		cause *Cause
		says  string
	}{
		"servfail.example.org":     {CauseResolver, "the resolver SERVER could not answer for HOST: SERVFAIL"},
		"half.example.org":         {CauseResolver, "the resolver SERVER could not answer for HOST: SERVFAIL"},
		"refused.example.org":      {CauseResolverRefused, "the resolver SERVER refuses to answer for HOST: REFUSED"},
		"notimp.example.org":       {CauseResolverUnable, "the resolver SERVER does not understand the query for HOST: NOTIMP"},
		"formerr.example.org":      {CauseResolverUnable, "the resolver SERVER does not understand the query for HOST: FORMERR"},
		"nxdomain.example.org":     {CauseNoSuchName, "HOST does not exist in DNS: the resolver SERVER answered NXDOMAIN"},
		"dangling.example.org":     {CauseNoSuchName, "HOST does not exist in DNS: the resolver SERVER answered NXDOMAIN"},
		"nodata.example.org":       {CauseNoAddress, "HOST has no address in DNS: the resolver SERVER knows the name, but no such record of it"},
		"NoData.Example.ORG":       {CauseNoAddress, "HOST has no address in DNS: the resolver SERVER knows the name, but no such record of it"},
		"loop.example.org":         {CauseAliasLoop, "HOST is an alias that leads back to itself: the resolver SERVER answered with CNAME records in a circle"},
		"self.example.org":         {CauseAliasLoop, "HOST is an alias that leads back to itself: the resolver SERVER answered with CNAME records in a circle"},
		"lame.example.org":         {CauseResolverRefused, "the resolver SERVER could not answer for HOST: it is no resolver: it refers to other servers"},
		"tcp-refused.example.org":  {CauseResolverRefused, "the resolver SERVER refuses to answer for HOST: REFUSED"},
		"tcp-nxdomain.example.org": {CauseNoSuchName, "HOST does not exist in DNS: the resolver SERVER answered NXDOMAIN"},
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			_, err := o.Addresses(t.Context(), Target{Host: host})
			cause := causeOf(err)
			says := strings.NewReplacer("SERVER", server, "HOST", host).Replace(want.says)
			if err == nil || err.Error() != says || !want.cause.Is(cause) {
				t.Errorf("%v; cause: %v\nwant %s", err, cause, says)
			}
		})
	}
}

// TestAnswersGood: an answer in spite of an odd one is an answer.
func TestAnswersGood(t *testing.T) {
	o := &Options{Resolver: nameServer(t), Timeout: 3 * time.Second}
	if err := o.prepareResolver(); err != nil {
		t.Fatal(err)
	}
	addrs, err := o.Addresses(t.Context(), Target{Host: "good.example.org"})
	if err != nil || joinAddrs(addrs) != "192.0.2.1" {
		t.Errorf("%v, %v", addrs, err)
	}
}

// TestAnswersMX: exchangers are reported from addresses.
func TestAnswersMX(t *testing.T) {
	server := nameServer(t)
	w := newWatchedResolver(server, true)
	_, err := w.LookupMX(t.Context(), "refused.example.org.")
	if err = ExplainDNS(err, "refused.example.org"); !CauseResolverRefused.Is(causeOf(err)) {
		t.Errorf("%v", err)
	}
}

// query is what a resolver asks for the addresses of a name.
func query(t *testing.T, name string) []byte {
	t.Helper()
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{
		Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET,
	}}}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// TestNoAnswer: of a server that does not answer the name is reported that was asked, even
// where net.Resolver names another; of a single label it was asked with a search domain.
func TestNoAnswer(t *testing.T) {
	w := newWatchedResolver("", true)
	w.ask("192.0.2.53:53", query(t, "mx.example.org."))
	w.ask("192.0.2.54:53", query(t, "mx1.corp.test."))
	for host, server := range map[string]string{
		"mx.example.org": "192.0.2.53:53", "mx1": "192.0.2.54:53", "mx2": "127.0.0.1:53", "mx.example.com": "127.0.0.1:53",
	} {
		err := &net.DNSError{Err: "i/o timeout", Server: "127.0.0.1:53", IsTimeout: true}
		explained := ExplainDNS(w.explain(err, time.Time{}, Absolute(host), dnsmessage.TypeA, dnsmessage.TypeAAAA), host)
		want := "the resolver " + server + " did not answer for " + host + " in time"
		if explained.Error() != want || !CauseResolverTimeout.Is(causeOf(explained)) {
			t.Errorf("%v, want %s", explained, want)
		}
	}
}

// TestNotAsked: a server that could not even be asked is named, not one of the system's.
func TestNotAsked(t *testing.T) {
	w := newWatchedResolver("192.0.2.53:53", true)
	err := &net.DNSError{Err: "dial udp 192.0.2.53:53: connect: network is unreachable", Server: "127.0.0.1:53"}
	explained := ExplainDNS(w.explain(err, time.Time{}, "mx.example.org.", dnsmessage.TypeA), "mx.example.org")
	if !strings.HasPrefix(explained.Error(), "the resolver 192.0.2.53:53 could not answer for mx.example.org") {
		t.Error(explained)
	}
}

// TestHalfAnswered: that there is no address of one family says nothing of the name, as
// long as the question for the other has no answer.
func TestHalfAnswered(t *testing.T) {
	w := newWatchedResolver("", true)
	w.ask("192.0.2.53:53", query(t, "nodata.example.org."))
	w.mu.Lock()
	w.heard[question{"nodata.example.org.", dnsmessage.TypeAAAA}] = dnsAnswer{asked: "192.0.2.53:53", askedAt: time.Now(), server: "192.0.2.53:53", at: time.Now(), answered: true}
	w.mu.Unlock()
	err := &net.DNSError{Err: "no such host", IsNotFound: true}
	explained := ExplainDNS(w.explain(err, time.Time{}, "nodata.example.org.", dnsmessage.TypeA, dnsmessage.TypeAAAA), "nodata.example.org")
	if !CauseResolverTimeout.Is(causeOf(explained)) {
		t.Error(explained)
	}
}

// TestHalfAsked: nor where the question for the other could not be asked.
func TestHalfAsked(t *testing.T) {
	ctx, limit := withLimit(t.Context())
	noteLimit(ctx, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}) // the server's
	if err := limit.instead(errBroken, "mx"); err != errBroken {
		t.Error(err)
	}
	noteLimit(ctx, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("socket", syscall.EMFILE)})
	explained := ExplainDNS(limit.instead(&net.DNSError{Err: "no such host", IsNotFound: true}, "mx"), "mx")
	if !CauseMachineLimit.Is(causeOf(explained)) {
		t.Error(explained)
	}
	if err := limit.instead(nil, "mx"); err != nil {
		t.Error(err)
	}
}

// TestOldAnswer: an answer to an earlier look-up says nothing of a later one, and the
// question of a later one takes nothing from an earlier.
func TestOldAnswer(t *testing.T) {
	w := newWatchedResolver("", true)
	begin := time.Now()
	w.ask("192.0.2.53:53", query(t, "nxdomain.example.org."))
	w.hear("192.0.2.53:53", answers(t, query(t, "nxdomain.example.org."), true))
	w.ask("192.0.2.54:53", query(t, "nxdomain.example.org."))
	err := &net.DNSError{Err: "i/o timeout", IsTimeout: true}
	for since, want := range map[time.Time]string{
		begin:                       "nxdomain.example.org does not exist in DNS: the resolver 192.0.2.53:53 answered NXDOMAIN",
		time.Now().Add(time.Second): "the resolver 192.0.2.54:53 did not answer for nxdomain.example.org in time",
	} {
		explained := ExplainDNS(w.explain(err, since, "nxdomain.example.org.", dnsmessage.TypeA, dnsmessage.TypeAAAA), "nxdomain.example.org")
		if explained.Error() != want {
			t.Errorf("%v, want %s", explained, want)
		}
	}
}

// TestHeardBounded: questions without end are forgotten.
func TestHeardBounded(t *testing.T) {
	w := newWatchedResolver("", true)
	for i := range 3 * maxHeard {
		w.ask("192.0.2.53:53", query(t, fmt.Sprintf("mx%d.example.org.", i)))
	}
	if n := len(w.heard); n == 0 || n > maxHeard {
		t.Errorf("%d questions are remembered", n)
	}
}

// FuzzHeard: whatever a server sends is read without harm.
func FuzzHeard(f *testing.F) {
	f.Add([]byte("\x00\x01\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01x\x00\x00\x01\x00\x01"))
	f.Fuzz(func(_ *testing.T, packet []byte) {
		w := newWatchedResolver("", true)
		w.hear("192.0.2.53:53", packet)
		w.ask("192.0.2.53:53", packet)
	})
}

// causeOf is the cause of an error, nil for none.
func causeOf(err error) *Cause {
	var f *Failure
	if errors.As(err, &f) {
		return f.Cause
	}
	return nil
}
