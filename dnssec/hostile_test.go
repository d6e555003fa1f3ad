package dnssec_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// attacker is a resolver in the process which alters answers on the way.
type attacker struct {
	world *dnstest.Server
	// alter changes the answer to a question, and returns the message if it is to be sent
	// otherwise than packed.
	alter func(m *dns.Msg) []byte
}

// dial makes a connection to the attacker.
func (a attacker) dial(_ context.Context, network, _ string) (net.Conn, error) {
	return &attackerConn{attacker: a, framed: network == "tcp"}, nil
}

type attackerConn struct {
	net.Conn
	attacker attacker
	framed   bool
	answers  [][]byte
}

func (c *attackerConn) Close() error                    { return nil }
func (c *attackerConn) SetDeadline(time.Time) error     { return nil }
func (c *attackerConn) SetReadDeadline(time.Time) error { return nil }
func (c *attackerConn) Write(query []byte) (int, error) {
	n := len(query)
	if c.framed {
		query = query[2:]
	}
	m := new(dns.Msg)
	if err := m.Unpack(query); err != nil {
		return 0, err
	}
	answer := c.attacker.world.Answer(m)
	wire := c.attacker.alter(answer)
	if wire == nil {
		var err error
		if wire, err = answer.Pack(); err != nil {
			wire = []byte{}
		}
	}
	if len(wire) >= 2 {
		binary.BigEndian.PutUint16(wire, m.Id)
	}
	if c.framed {
		wire = append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
	}
	c.answers = append(c.answers, wire)
	return n, nil
}

func (c *attackerConn) Read(b []byte) (int, error) {
	if len(c.answers) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.answers[0])
	if c.answers[0] = c.answers[0][n:]; !c.framed || len(c.answers[0]) == 0 {
		c.answers = c.answers[1:]
	}
	return n, nil
}

// target is a question with its right answer.
type target struct {
	name   string
	kind   dnssec.Type
	answer dnssec.Answer
}

// battlefield is a world, right answers in it, and the records that an attacker has seen.
type battlefield struct {
	world   *dnstest.Server
	anchors []dnssec.Anchor
	targets []target

	mu   sync.Mutex // messages asked for ahead come late
	pool []dns.RR
}

// theField is made once, as it takes time.
var theField = sync.OnceValue(func() *battlefield {
	s, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: mailZone},
		{Name: "hashed.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 1, Salt: "ab"}},
		{Name: "sub.example.org", Records: mailZone, Algorithm: dnstest.Unsigned},
		{Name: "sub.hashed.org", Records: mailZone, Algorithm: dnstest.Unsigned},
		{Name: "plain.org", Records: mailZone, Algorithm: dnstest.Unsigned},
		{Name: "expired.org", Records: mailZone, Fault: dnstest.Expired},
		{Name: "out", NSEC3: &dnstest.NSEC3{OptOut: true}},
		{Name: "signed.out", Records: mailZone, Algorithm: dnstest.Ed25519},
		{Name: "plain.out", Records: mailZone, Algorithm: dnstest.Unsigned},
	}})
	if err != nil {
		panic(err)
	}
	s.Close() // it is asked without a network
	anchors, err := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	if err != nil {
		panic(err)
	}
	b := &battlefield{world: s, anchors: anchors}
	for _, zone := range []string{"example.org", "hashed.org", "signed.out", "plain.org", "plain.out", "sub.example.org", "sub.hashed.org", "expired.org"} {
		for _, q := range []target{
			{name: zone, kind: dnssec.TypeMX}, {name: zone, kind: dnssec.TypeAAAA}, {name: zone, kind: dnssec.TypeDS},
			{name: "nothing." + zone, kind: dnssec.TypeA}, {name: "x.y.wild." + zone, kind: dnssec.TypeA}, {name: "x.wild." + zone, kind: dnssec.TypeTXT},
			{name: "alias." + zone, kind: dnssec.TypeA}, {name: "gone." + zone, kind: dnssec.TypeA}, {name: "away." + zone, kind: dnssec.TypeA},
			{name: "a.moved." + zone, kind: dnssec.TypeA}, {name: "_tcp.mx1." + zone, kind: dnssec.TypeA}, {name: "loop." + zone, kind: dnssec.TypeA},
			{name: "_25._tcp.mx1." + zone, kind: dnssec.TypeTLSA}, {name: "_25._tcp.mx2." + zone, kind: dnssec.TypeTLSA},
		} {
			b.add(q)
		}
	}
	return b
})

func (b *battlefield) add(q target) {
	client, _ := b.client(func(m *dns.Msg) []byte {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, rr := range slices.Concat(m.Answer, m.Ns) {
			if len(b.pool) < 4096 {
				b.pool = append(b.pool, dns.Copy(rr))
			}
		}
		return nil
	})
	var err error
	if q.answer, err = client.Lookup(context.Background(), q.name, q.kind); err != nil {
		panic(err)
	}
	b.targets = append(b.targets, q)
}

func (b *battlefield) client(alter func(*dns.Msg) []byte) (*dnssec.Client, func() int) {
	queries := 0
	var mu sync.Mutex
	a := attacker{b.world, func(m *dns.Msg) []byte {
		mu.Lock()
		defer mu.Unlock()
		queries++
		return alter(m)
	}}
	client := dnssec.New(dnssec.Options{Servers: []string{"192.0.2.53"}, Anchors: b.anchors, Dial: a.dial, Timeout: time.Second})
	return client, func() int {
		mu.Lock()
		defer mu.Unlock()
		return queries
	}
}

// tamper alters a message as a program says, whose instructions have four bytes.
func (b *battlefield) tamper(m *dns.Msg, program []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	var flips []byte
	for ; len(program) >= 4; program = program[4:] {
		op, x, y := program[0], int(program[1]), int(binary.BigEndian.Uint16(program[2:]))
		section := &m.Answer
		if x&1 == 1 {
			section = &m.Ns
		}
		at := 0
		if n := len(*section); n > 0 {
			at = x / 2 % n
		}
		some := b.pool[y%len(b.pool)]
		switch have := len(*section) > 0; {
		case op%12 == 0 && have:
			*section = slices.Delete(*section, at, at+1)
		case op%12 == 1:
			*section = append(*section, dns.Copy(some))
		case op%12 == 2 && have:
			(*section)[at] = dns.Copy(some)
		case op%12 == 3:
			m.Rcode = y % 24
		case op%12 == 4 && have:
			(*section)[at].Header().Name = some.Header().Name
		case op%12 == 5 && have:
			(*section)[at].Header().Ttl = uint32(y)
		case op%12 == 6:
			m.Answer, m.Ns = m.Ns, m.Answer
		case op%12 == 7:
			m.Truncated, m.Authoritative = y&1 == 1, y&2 == 2
		case op%12 == 8 && have:
			if sig, ok := (*section)[at].(*dns.RRSIG); ok {
				sig.Labels, sig.KeyTag = uint8(y), sig.KeyTag+uint16(y>>8)
			}
		case op%12 == 9 && have:
			if sig, ok := (*section)[at].(*dns.RRSIG); ok {
				sig.SignerName = some.Header().Name
			}
		case op%12 == 10 && have: // all of the records of another set, under the name asked for
			for _, rr := range b.pool {
				if rr.Header().Name == some.Header().Name && len(*section) < 40 {
					*section = append(*section, dns.Copy(rr))
				}
			}
		case op%12 == 11:
			flips = append(flips, program[1:4]...)
		}
	}
	if len(flips) == 0 {
		return nil
	}
	wire, err := m.Pack()
	if err != nil {
		return []byte{}
	}
	for ; len(flips) >= 3; flips = flips[3:] {
		wire[int(binary.BigEndian.Uint16(flips[1:]))%len(wire)] ^= flips[0]
	}
	return wire
}

// attack looks a name up while an attacker alters some of the answers, and holds the
// result against the right one: what is secure is true.
func (b *battlefield) attack(t *testing.T, which, where byte, program, raw []byte) {
	t.Helper()
	q := b.targets[int(which)%len(b.targets)]
	client, queries := b.client(func(m *dns.Msg) []byte {
		kind := dnssec.Type(m.Question[0].Qtype)
		hit := kind == q.kind && strings.EqualFold(m.Question[0].Name, q.name+".")
		switch where % 4 {
		case 1:
			hit = kind == dnssec.TypeDS
		case 2:
			hit = kind == dnssec.TypeDNSKEY
		case 3:
			hit = true
		}
		switch {
		case hit && len(raw) > 0:
			return slices.Clone(raw)
		case hit:
			return b.tamper(m, program)
		}
		return nil
	})
	begin := time.Now()
	a, err := client.Lookup(t.Context(), q.name, q.kind)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("%s %s took %v", q.name, q.kind, took)
	}
	if n := queries(); n > 60 {
		t.Errorf("%s %s took %d queries", q.name, q.kind, n)
	}
	if n := client.Stats().Signatures; n > 400 {
		t.Errorf("%s %s took %d signature checks", q.name, q.kind, n)
	}
	if err != nil || a.Status != dnssec.Secure {
		return
	}
	if q.answer.Status != dnssec.Secure {
		t.Fatalf("%s %s is secure now, and %s in truth", q.name, q.kind, q.answer.Status)
	}
	if got, want := content(a), content(q.answer); got != want {
		t.Fatalf("%s %s: secure is\n%s\nwhile true is\n%s", q.name, q.kind, got, want)
	}
}

// content is what an answer says. Letter case is not signed, nor is how often a record
// comes.
func content(a dnssec.Answer) string {
	lines := a.Lines()
	slices.Sort(lines)
	lines = append(slices.Compact(lines), a.Denial.String(), a.Canonical)
	return strings.ToLower(strings.Join(lines, "\n"))
}

// TestManyKeys: a zone with many keys of one tag, and many signatures for it, costs no
// more than a few checks (CVE-2023-50387).
func TestManyKeys(t *testing.T) {
	// The tag is a sum of words of 16 bits: keys with the words in another order have the
	// same.
	var lines strings.Builder
	var tag uint16
	for i := range 60 {
		key := make([]byte, 64)
		key[2*(i%30)] = 1 + byte(i/30)
		k := &dns.DNSKEY{Hdr: dns.RR_Header{Name: "example.org.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60}, Flags: 256, Protocol: 3, Algorithm: 13, PublicKey: base64.StdEncoding.EncodeToString(key)}
		lines.WriteString(k.String() + "\n")
		if i == 0 {
			tag = k.KeyTag()
		}
	}
	s, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: mailZone + lines.String()}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	anchors, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	a := attacker{s, func(m *dns.Msg) []byte {
		if m.Question[0].Qtype != dns.TypeMX {
			return nil
		}
		for _, rr := range slices.Clone(m.Answer) {
			if sig, ok := rr.(*dns.RRSIG); ok {
				var forged []dns.RR
				for i := range 400 {
					other := *sig
					raw, _ := base64.StdEncoding.DecodeString(sig.Signature)
					raw[0], raw[1] = byte(i), byte(i>>8)
					other.Signature, other.KeyTag = base64.StdEncoding.EncodeToString(raw), tag
					forged = append(forged, &other)
				}
				m.Answer = append(forged, m.Answer...)
			}
		}
		return nil
	}}
	client := dnssec.New(dnssec.Options{Servers: []string{"192.0.2.53"}, Anchors: anchors, Dial: a.dial, Timeout: time.Second})
	answer, err := client.Lookup(t.Context(), "example.org", dnssec.TypeMX)
	if err != nil || answer.Status != dnssec.Bogus {
		t.Errorf("%s, %q, %v", answer.Status, answer.Why, err)
	}
	if n := client.Stats().Signatures; n > 8*4+5 {
		t.Errorf("%d signature checks", n)
	}
}

// TestReplayed: signed records at places where they prove nothing.
func TestReplayed(t *testing.T) {
	s, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "*.w A 192.0.2.1\nm.w TXT real\na.b TXT real"},
		{Name: "other.org", Records: "*.w A 192.0.2.1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	anchors, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	// of returns what another question is answered.
	of := func(name string, kind uint16) *dns.Msg {
		m := new(dns.Msg)
		m.SetQuestion(name, kind)
		m.SetEdns0(1232, true)
		return s.Answer(m)
	}
	rename := func(rrs []dns.RR, from, to string) []dns.RR {
		for _, rr := range rrs {
			if rr.Header().Name == from {
				rr.Header().Name = to
			}
		}
		return rrs
	}
	for _, c := range []struct {
		what   string
		name   string
		kind   dnssec.Type
		alter  func(m *dns.Msg)
		status dnssec.Status
		denial dnssec.Denial
	}{
		{"NSEC of a wildcard as that of a name below it (RFC 4035 §5.3.4)", "m.w.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Answer, m.Ns = nil, rename(of("x.w.example.org.", dns.TypeTXT).Ns, "*.w.example.org.", "m.w.example.org.")
		}, dnssec.Bogus, dnssec.NoData},
		{"a wildcard where there is a name", "m.w.example.org", dnssec.TypeA, func(m *dns.Msg) {
			from := of("x.w.example.org.", dns.TypeA)
			m.Answer, m.Ns = rename(from.Answer, "x.w.example.org.", "m.w.example.org."), from.Ns
		}, dnssec.Bogus, 0},
		{"the denial of another zone", "m.w.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Rcode, m.Answer, m.Ns = dns.RcodeNameError, nil, of("nothing.other.org.", dns.TypeTXT).Ns
		}, dnssec.Indeterminate, dnssec.NoName},
		{"the denial by the zone above", "m.w.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Rcode, m.Answer, m.Ns = dns.RcodeNameError, nil, slices.Concat(of("nothing.org.", dns.TypeTXT).Ns, of("example.org.", dns.TypeDNSKEY).Ns)
		}, dnssec.Bogus, dnssec.NoName},
		{"the denial of another type", "m.w.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Answer, m.Ns = nil, of("m.w.example.org.", dns.TypeA).Ns
		}, dnssec.Bogus, dnssec.NoData},
		{"NXDOMAIN for a name that has only names below it", "b.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Rcode = dns.RcodeNameError
		}, dnssec.Secure, dnssec.NoData},
		{"no error for a name that does not exist", "nothing.example.org", dnssec.TypeTXT, func(m *dns.Msg) {
			m.Rcode = dns.RcodeSuccess
		}, dnssec.Bogus, dnssec.NoData},
		{"a DS as that of another zone", "example.org", dnssec.TypeDS, func(m *dns.Msg) {
			m.Answer = rename(of("other.org.", dns.TypeDS).Answer, "other.org.", "example.org.")
		}, dnssec.Bogus, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := attacker{s, func(m *dns.Msg) []byte {
				if m.Question[0].Name == c.name+"." && dnssec.Type(m.Question[0].Qtype) == c.kind {
					c.alter(m)
				}
				return nil
			}}
			client := dnssec.New(dnssec.Options{Servers: []string{"192.0.2.53"}, Anchors: anchors, Dial: a.dial, Timeout: time.Second})
			answer, err := client.Lookup(t.Context(), c.name, c.kind)
			if err != nil || answer.Status != c.status || answer.Denial != c.denial {
				t.Errorf("%s, %s, %q, %v; want %s, %s", answer.Status, answer.Denial, answer.Why, err, c.status, c.denial)
			}
		})
	}
}

// TestLongChain: aliases are followed for a while.
func TestLongChain(t *testing.T) {
	var lines strings.Builder
	for i := range 100 {
		fmt.Fprintf(&lines, "a%d CNAME a%d\n", i, i+1)
	}
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: lines.String()}}})
	client := clientOf(t, s)
	a, err := client.Lookup(t.Context(), "a0.example.org", dnssec.TypeA)
	if err != nil || !a.AliasLoop || a.IsCircle() || len(a.Aliases) > 13 || a.Found() {
		t.Errorf("%d aliases, %+v, %v", len(a.Aliases), a, err)
	}
}

// TestCutOff: a message without the records that it counts, or without their data, is no
// denial and no answer.
func TestCutOff(t *testing.T) {
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "plain.org", Records: "@ MX 10 mx", Algorithm: dnstest.Unsigned}}})
	odd := func(data string) dns.RR {
		return &dns.RFC3597{Hdr: dns.RR_Header{Name: "plain.org.", Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Rdata: data}
	}
	for name, c := range map[string]struct {
		answer []dns.RR
		counts uint16
	}{
		"nothing of what is counted": {nil, 3}, "too few": {[]dns.RR{odd("000a026d7800")}, 2}, "no data": {[]dns.RR{odd("")}, 1}, "no name": {[]dns.RR{odd("000a")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := attacker{s, func(m *dns.Msg) []byte {
				if m.Question[0].Name != "plain.org." || m.Question[0].Qtype != dns.TypeMX {
					return nil
				}
				m.Answer, m.Ns, m.Extra = c.answer, nil, nil
				wire, err := m.Pack()
				if err != nil {
					t.Error(err)
					return nil
				}
				binary.BigEndian.PutUint16(wire[6:], c.counts)
				return wire
			}}
			client := dnssec.New(dnssec.Options{Servers: []string{"192.0.2.53"}, Dial: a.dial, Timeout: time.Second})
			if answer, err := client.Lookup(t.Context(), "plain.org", dnssec.TypeMX); err == nil || !strings.Contains(err.Error(), "truncated") {
				t.Errorf("%+v, %v", answer, err)
			}
		})
	}
}

// TestOtherNames: records of other names alone are no denial.
func TestOtherNames(t *testing.T) {
	s := start(t, dnstest.World{
		Zones: []dnstest.Zone{{Name: "example.org", Records: "a A 192.0.2.1"}, {Name: "plain.org", Algorithm: dnstest.Unsigned}},
		Rules: []dnstest.Rule{{Name: "example.org", Type: "MX", Records: "example.net. MX 10 a.example.net."}, {Name: "plain.org", Type: "MX", Records: "example.net. MX 10 a.example.net."}},
	})
	client := clientOf(t, s)
	for _, name := range []string{"example.org", "plain.org"} {
		a, err := client.Lookup(t.Context(), name, dnssec.TypeMX)
		if err != nil || !a.Failed() || a.Denial != dnssec.NotDenied || a.Found() || !strings.Contains(a.Why, "other names") {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

// TestDeepNames: a name of many labels costs a bounded number of queries, even if all of
// it exists and its zone does not sign it.
func TestDeepNames(t *testing.T) {
	deep := strings.Repeat("a.", 100) + "nosig.org"
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "nosig.org", Records: deep + ". A 192.0.2.1"}},
		Rules: []dnstest.Rule{{Name: deep, Type: "A", Strip: true}}})
	client := clientOf(t, s)
	a, err := client.Lookup(t.Context(), deep, dnssec.TypeA)
	if err != nil || a.Status != dnssec.Indeterminate {
		t.Errorf("%s, %q, %v", a.Status, a.Why, err)
	}
	if n := client.Stats().Queries; n > 60 {
		t.Errorf("%d queries", n)
	}
}

// TestTampered: a few thousand attacks by chance.
func TestTampered(t *testing.T) {
	b := theField()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for range 1500 {
		program := make([]byte, 4*(1+random.IntN(6)))
		for i := range program {
			program[i] = byte(random.Uint32())
		}
		b.attack(t, byte(random.Uint32()), byte(random.Uint32()), program, nil)
	}
}

// FuzzAnswer: whatever comes from the network, nothing false is secure, and the work is
// bounded.
func FuzzAnswer(f *testing.F) {
	f.Add(byte(0), byte(0), []byte{0, 0, 0, 0}, []byte{})
	f.Add(byte(3), byte(3), []byte{1, 1, 0, 9, 3, 0, 0, 3}, []byte{})
	f.Add(byte(9), byte(1), []byte{2, 0, 1, 0, 11, 1, 0, 40}, []byte{})
	for _, q := range []string{"example.org.", "nothing.hashed.org."} {
		m := new(dns.Msg)
		m.SetQuestion(q, dns.TypeA)
		m.SetEdns0(1232, true)
		if wire, err := theField().world.Answer(m).Pack(); err == nil {
			f.Add(byte(0), byte(3), []byte{}, wire)
		}
	}
	f.Fuzz(func(t *testing.T, which, where byte, program, raw []byte) {
		if len(program) > 256 {
			return
		}
		theField().attack(t, which, where, program, raw)
	})
}
