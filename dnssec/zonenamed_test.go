package dnssec_test

import (
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec"
)

// bindZones are what may follow the head of a zone. Where the two differ it is said why.
var bindZones = []struct {
	text        string
	named, here bool // whether named-checkzone and ParseZone take it
	why         string
}{
	{text: "", named: true, here: true},
	{text: "a A 192.0.2.1", named: true, here: true},
	{text: "a\tIN\tA\t192.0.2.1", named: true, here: true},
	{text: "a 300 IN A 192.0.2.1", named: true, here: true},
	{text: "a IN 300 A 192.0.2.1", named: true, here: true},
	{text: "a 1h30m A 192.0.2.1", named: true, here: true},
	{text: "a 1W2D a 192.0.2.1", named: true, here: true},
	{text: "$ttl 1d\na A 192.0.2.1", named: true, here: true},
	{text: "$ORIGIN sub\na A 192.0.2.1", named: true, here: true},
	{text: "$ORIGIN sub.example.org. ; comment\n@ A 192.0.2.1\n\tTXT x", named: true, here: true},
	{text: "a A ( 192.0.2.1 )", named: true, here: true},
	{text: "a MX ( ; one\n\n 10 ; two\n mx.example.net. ) ; three", named: true, here: true},
	{text: "a (A\n192.0.2.1)", named: true, here: true},
	{text: "a TXT \"one\" two \"th;ree\" fo\\;ur \\\"five \\032", named: true, here: true},
	{text: "a TXT \"\"", named: true, here: true},
	{text: "a TXT (\"one\"\n\"two\")", named: true, here: true},
	{text: "a TXT \"\\\\\"", named: true, here: true},
	{text: "a.b\\.c TXT x", named: true, here: true},
	{text: "\\097 TXT x", named: true, here: true},
	{text: "*.a MX 10 mx.example.net.", named: true, here: true},
	{text: "_25._tcp.a TLSA 3 1 1 (00112233445566778899aabbccddeeff\n00112233445566778899AABBCCDDEEFF)", named: true, here: true},
	{text: "a CAA 0 issue \"ca.example; account=1\"", named: true, here: true},
	{text: "a CAA 128 iodef mailto:a@example.org", named: true, here: true},
	{text: "_x._tcp SRV 0 0 0 .", named: true, here: true},
	{text: "a NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.org!\" .", named: true, here: true},
	{text: "a SSHFP 4 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", named: true, here: true},
	{text: "a LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", named: true, here: true},
	{text: "a HINFO PC \"Linux x\"", named: true, here: true},
	{text: "a RP a.example.org. .", named: true, here: true},
	{text: "a URI 10 1 \"https://example.org/\"", named: true, here: true},
	{text: "a SVCB 1 . alpn=h2 ipv4hint=192.0.2.1", named: true, here: true},
	{text: "a HTTPS 1 . alpn=h2,h3 port=443", named: true, here: true},
	{text: "a OPENPGPKEY AAAA", named: true, here: true},
	{text: "a SMIMEA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", named: true, here: true},
	{text: "a TYPE65400 \\# 3 abcdef", named: true, here: true},
	{text: "a TYPE65400 \\# 0", named: true, here: true},
	{text: "a TYPE1 \\# 4 c0000201", named: true, here: true},
	{text: "a A \\# 4 c0000201", named: true, here: true},
	{text: "a CLASS1 A 192.0.2.1", named: true, here: true},
	{text: "a SPF \"v=spf1 -all\"", named: true, here: true},
	{text: "$GENERATE 1-3 a$ A 192.0.2.$", named: true, here: true},
	{text: "$GENERATE 0-6/2 a${0,3,d} CNAME a$.example.net.", named: true, here: true},
	{text: "a A 192.0.2.1\r", named: true, here: true},
	{text: "a AAAA ::ffff:192.0.2.1", named: true, here: true},
	{text: "a DS 1 13 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\na NS ns.example.net.", named: true, here: true},
	{text: "a APL 1:192.0.2.0/24", named: true, here: true},
	{text: "a CERT PKIX 1 1 AAAA", named: true, here: true},
	{text: "a DNAME example.net.", named: true, here: true},
	{text: "a AFSDB 1 b", named: true, here: true},
	{text: "a TXT x ; y \"z", named: true, here: true},
	{text: "; (\na A 192.0.2.1", named: true, here: true},
	{text: "a WKS 192.0.2.1 6 25", named: true, why: "a type that nobody has any more"},
	{text: "a X25 311061700956", named: true, here: true},
	{text: "a ISDN 150862028003217", named: true, here: true},
	{text: "a RT 10 b", named: true, here: true},
	{text: "a NSAP 0x47000580", named: true, why: "a type that nobody has any more"},
	{text: "a PX 10 b c", named: true, here: true},
	{text: "a KX 10 b", named: true, here: true},
	{text: "a GPOS 1.0 1.0 1.0", named: true, here: true},
	{text: "a MINFO b c", named: true, here: true},
	{text: "a EUI48 00-00-5e-00-53-2a", named: true, here: true},
	{text: "a CSYNC 66 3 A NS AAAA", named: true, here: true},
	{text: "a ZONEMD 1 1 1 00", here: true, why: "the length of the digest has no bearing on mail"},
	{text: "a ZONEMD 1 1 1 (" + strings.Repeat("00", 48) + ")", named: true, here: true},
	{text: "a NID 10 0014:4fff:ff20:ee64", named: true, here: true},
	{text: "a HIP 2 200100107B1A74DF365639CC39F1D578 AwEA b", named: true, here: true},
	{text: "a AMTRELAY 10 0 1 192.0.2.1", named: true, here: true},
	{text: "a 0 A 192.0.2.1", named: true, here: true},
	{text: "\"a\" A 192.0.2.1", named: true, why: "only data is quoted, by RFC 1035 §5.1"},
	{text: "a A \"192.0.2.1\""},
	{text: "a MX 10 \"b\""},
	{text: "1.2.3 PTR b", named: true, here: true},
	{text: "a TXT x\n\n\n   \t\n;\n", named: true, here: true},
	{text: "IN A 192.0.2.1", named: true, here: true},
	{text: " IN A 192.0.2.1", named: true, here: true},
	{text: "a A 192.0.2.256"},
	{text: "a A"},
	{text: "a A 192.0.2.1 192.0.2.2"},
	{text: "a MX mx"},
	{text: "a MX 70000 mx"},
	{text: "a BLAH x"},
	{text: "a TXT \"x"},
	{text: "a TXT \"x\ny\""},
	{text: "a TXT (x"},
	{text: "a TXT x)"},
	{text: "$FOO x"},
	{text: "$TTL"},
	{text: "$TTL x"},
	{text: "a CH TXT x"},
	{text: "a TYPE65400 \\# 3 abcd"},
	{text: "a..b TXT x"},
	{text: strings.Repeat("a", 64) + " TXT x"},
	{text: "a TXT \"" + strings.Repeat("x", 256) + "\"", here: true, why: "some servers split it, and LongestString shows it"},
	{text: "a CAA 0 issue"},
	{text: "a AAAA 192.0.2.1"},
	{text: "a OPT x"},
	{text: "a CNAME b\na TXT x", here: true, why: "records are read, not judged"},
}

// TestNamedCheckzone: what BIND loads can be read, and what it does not load is refused but
// where the difference is wanted.
func TestNamedCheckzone(t *testing.T) {
	tool, dir := real(t, "named-checkzone"), t.TempDir()
	for _, zone := range bindZones {
		text := zoneHead + zone.text + "\n"
		write(t, dir, "zone", text)
		out := output(t.Context(), command(tool, "-i", "none", "example.org", filepath.Join(dir, "zone")))
		named := strings.HasSuffix(strings.TrimSpace(out), "OK")
		_, err := dnssec.ParseZone(strings.NewReader(text), "example.org", "zone")
		if named != zone.named || (err == nil) != zone.here {
			t.Errorf("%q: named %t, here %t; want %t and %t\n%v\n%s", zone.text, named, err == nil, zone.named, zone.here, err, out)
		}
		if (zone.named != zone.here) != (zone.why != "") {
			t.Errorf("%q: the difference is to be explained", zone.text)
		}
	}
}
