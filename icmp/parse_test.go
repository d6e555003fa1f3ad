package icmp

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

func FuzzParse(f *testing.F) {
	tmpl, err := newTemplate(protoICMP4, DefaultSize, cookie{1, 2, 3}, nil)
	if err != nil {
		f.Fatal(err)
	}
	req := Packet{Data: tmpl, Addr: host}
	f.Add(true, req.Reply().Data)
	f.Add(true, quoteError(req, router, 3, 4, 8).Data)
	f.Add(true, quoteError(req, router, 11, 0, len(tmpl)).Data)
	f.Add(false, []byte{1, 4, 0, 0, 0, 0, 0, 0, 0x60})
	f.Add(false, []byte{129, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, four bool, b []byte) {
		proto := protoICMP6
		if four {
			proto = protoICMP4
		}
		if p, ok := parse(proto, b, host); ok && len(p.payload) > len(b) {
			t.Errorf("%d octets of payload in a message of %d", len(p.payload), len(b))
		} else if ok && p.fault != nil && (p.fault.Error() == "" || !p.dst.IsValid()) {
			t.Error("an error without words or destination")
		}
		parseRequest(proto, b)
		m := Packet{Data: b}
		stripHeader(&m)
	})
}

// All requests of a run have the same checksum, and it is right.
func TestConstantChecksum(t *testing.T) {
	tmpl, err := newTemplate(protoICMP4, 57, cookie{0xff, 0xff, 1}, []byte{0xab, 0xcd, 0xef})
	if err != nil {
		t.Fatal(err)
	}
	stamp(tmpl, 0xbeef, 0)
	first := [2]byte(tmpl[2:])
	for _, index := range []uint64{1, 2, 65535, 65536, 1<<32 - 1, 1 << 32, maxIndex} {
		stamp(tmpl, 0xbeef, index)
		if checksum(tmpl) != 0 || [2]byte(tmpl[2:]) != first {
			t.Errorf("index %d: checksum field %x, sum %04x", index, tmpl[2:4], checksum(tmpl))
		}
		if got := tokenIndex(tmpl[8:]); got != index {
			t.Errorf("index %d came back as %d", index, got)
		}
	}
}

func TestFilter(t *testing.T) {
	const id = 0x1234
	ip := append([]byte{0x46}, make([]byte, 23)...) // a header with options
	for _, c := range []struct {
		what  string
		proto int
		icmp  []byte
		pass  bool
	}{
		{"own reply", 4, []byte{0, 0, 0, 0, 0x12, 0x34, 0, 1}, true},
		{"another's reply", 4, []byte{0, 0, 0, 0, 0x12, 0x35, 0, 1}, false},
		{"request", 4, []byte{8, 0, 0, 0, 0x12, 0x34, 0, 1}, false},
		{"unreachable", 4, []byte{3, 1, 0, 0, 0, 0, 0, 0}, true},
		{"time exceeded", 4, []byte{11, 0, 0, 0, 0, 0, 0, 0}, true},
		{"parameter problem", 4, []byte{12, 0, 0, 0, 0, 0, 0, 0}, true},
		{"redirect", 4, []byte{5, 0, 0, 0, 0, 0, 0, 0}, false},
		{"cut short", 4, []byte{0, 0}, false},
		{"own reply", 6, []byte{129, 0, 0, 0, 0x12, 0x34, 0, 1}, true},
		{"another's reply", 6, []byte{129, 0, 0, 0, 0x12, 0x35, 0, 1}, false},
		{"request", 6, []byte{128, 0, 0, 0, 0x12, 0x34, 0, 1}, false},
		{"neighbour solicitation", 6, []byte{135, 0, 0, 0, 0, 0, 0, 0}, false},
		{"unreachable", 6, []byte{1, 0, 0, 0, 0, 0, 0, 0}, true},
		{"too big", 6, []byte{2, 0, 0, 0, 0, 0, 0, 0}, true},
		{"time exceeded", 6, []byte{3, 0, 0, 0, 0, 0, 0, 0}, true},
		{"parameter problem", 6, []byte{4, 0, 0, 0, 0, 0, 0, 0}, true},
	} {
		proto, packet := protoICMP6, c.icmp
		if c.proto == 4 {
			proto, packet = protoICMP4, append(ip[:len(ip):len(ip)], c.icmp...)
		}
		if n := runFilter(t, proto, id, packet); (n > 0) != c.pass {
			t.Errorf("IPv%d %s: filter returned %d", c.proto, c.what, n)
		}
	}
}

func runFilter(t *testing.T, proto int, id uint16, packet []byte) int {
	t.Helper()
	raw, err := echoFilter(proto, id)
	if err != nil {
		t.Fatal(err)
	}
	prog, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("the filter does not disassemble")
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestErrorWords(t *testing.T) {
	from := netip.MustParseAddr("2001:db8::1")
	for want, e := range map[string]*Error{
		"host unreachable (type 3 code 1), says 2001:db8::1":                           {From: from, Type: 3, Code: 1},
		"fragmentation needed (type 3 code 4), next link takes 1400 bytes":             {Type: 3, Code: 4, MTU: 1400},
		"time to live exceeded (type 11 code 0)":                                       {Type: 11},
		"parameter problem (type 12 code 0)":                                           {Type: 12},
		"destination unreachable (type 3 code 99)":                                     {Type: 3, Code: 99},
		"packet too big (type 2 code 0), next link takes 1280 bytes, says 2001:db8::1": {From: from, Type: 2, MTU: 1280, IPv6: true},
		"no route to destination (type 1 code 0)":                                      {Type: 1, IPv6: true},
		"time to live exceeded (type 3 code 0)":                                        {Type: 3, IPv6: true},
		"unknown next header (type 4 code 1)":                                          {Type: 4, Code: 1, IPv6: true},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e, want)
		}
	}
}

func TestPermissionErrorNamesTheCommands(t *testing.T) {
	text := (&PermissionError{}).Error()
	for _, want := range []string{`sysctl -w net.ipv4.ping_group_range="0 2147483647"`, "setcap cap_net_raw+ep /"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not name %q", text, want)
		}
	}
}
