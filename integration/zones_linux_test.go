package integration

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"mailprobe/dnssec"
)

// labZone is a zone as the configuration of a server has it.
type labZone struct{ Name, File, Policy string }

// reverseZones have the names of the exchangers' addresses.
var reverseZones = []string{"2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"}

// publish writes and signs all zones, from those of the domains to the root.
func (l *domainLab) publish() {
	l.t.Helper()
	for _, folder := range []string{"keys", "knot"} {
		l.must(os.Mkdir(filepath.Join(l.dir, folder), 0o755))
	}
	var domains []labZone
	for _, d := range l.domains {
		z := labZone{Name: d.Name, File: filepath.Join(l.dir, d.Name+".zone")}
		l.must(os.WriteFile(z.File, []byte(l.zoneText(d)), 0o644))
		if d.signed == knotSigned || d.signed == knotHashed {
			z.Policy = d.signed
		}
		domains = append(domains, z)
	}
	l.must(renderFrom("config/domain", filepath.Join(l.dir, "knot.conf"), struct {
		Dir, Domains string
		Zones        []labZone
	}{l.dir, domainsAddr, domains}))
	test := zoneHead("test", parentsAddr)
	for _, d := range l.domains {
		test += fmt.Sprintf("%[1]s. NS ns.%[1]s.\nns.%[1]s. A %[2]s\n%[3]s", d.Name, domainsAddr, l.sign(d))
	}
	root := zoneHead(".", parentsAddr)
	parents := []labZone{}
	for name, text := range map[string]string{"test": test, reverseZones[0]: l.reverse(0), reverseZones[1]: l.reverse(1)} {
		file, ds := l.signWithBIND(name, text, 0)
		root += fmt.Sprintf("%[1]s. NS ns.%[1]s.\nns.%[1]s. A %[2]s\n%[3]s", name, parentsAddr, ds)
		parents = append(parents, labZone{Name: name, File: file})
	}
	file, ds := l.signWithBIND(".", root, 0)
	l.anchor = ds
	parents = append(parents, labZone{Name: ".", File: file})
	l.must(renderFrom("config/domain", filepath.Join(l.dir, "named.conf"), struct {
		Dir, Parents string
		Zones        []labZone
	}{l.dir, parentsAddr, parents}))
}

// reverse is the text of a reverse zone, with the names of all exchangers.
func (l *domainLab) reverse(i int) string {
	text := zoneHead(reverseZones[i], parentsAddr)
	for _, d := range l.domains {
		for _, x := range d.Exchangers {
			text += fmt.Sprintf("%s PTR %s.\n", reverseName([]string{x.addr4(), x.addr6()}[i]), x.Name)
		}
	}
	return text
}

// reverseName is the name that an address has PTR records at.
func reverseName(text string) string {
	addr := netip.MustParseAddr(text)
	if b := addr.AsSlice(); addr.Is4() {
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa.", b[3], b[2], b[1], b[0])
	}
	name := "ip6.arpa."
	for _, b := range addr.AsSlice() {
		name = fmt.Sprintf("%x.%x.", b&15, b>>4) + name
	}
	return name
}

// sign signs the zone of a domain, or prepares Knot to do it, and returns the DS records
// for the zone above.
func (l *domainLab) sign(d *mailDomain) (ds string) {
	l.t.Helper()
	switch d.signed {
	case knotSigned, knotHashed:
		keymgr := unpackedCommand(l.t, "keymgr", "-c", filepath.Join(l.dir, "knot.conf"), d.Name)
		l.make(append(keymgr, "generate", "algorithm=13", "ksk=yes", "zsk=yes")...)
		ds, _, _ = strings.Cut(l.make(append(keymgr, "ds")...), "\n") // that of SHA-256
		ds += "\n"
	case bindSigned:
		var file string
		file, ds = l.signWithBIND(d.Name, l.zoneText(d), d.until)
		l.must(os.Rename(file, filepath.Join(l.dir, d.Name+".zone")))
	}
	if d.wrongDS {
		ds = lastDigit.ReplaceAllStringFunc(ds, func(digit string) string { return strings.Map(otherDigit, digit) })
	}
	return ds
}

// lastDigit is the end of a DS record.
var lastDigit = regexp.MustCompile(`[0-9A-Fa-f]\n$`)

func otherDigit(r rune) rune {
	switch r {
	case '\n':
		return r
	case '0':
		return '1'
	}
	return '0'
}

// signWithBIND signs a zone with a key of its own, for a month or, if it is given, until
// so many seconds from now, and returns the file and the DS record.
func (l *domainLab) signWithBIND(name, text string, until int) (file, ds string) {
	l.t.Helper()
	base := strings.TrimSuffix(name, ".")
	if base == "" {
		base = "root"
	}
	keys, plain := filepath.Join(l.dir, "keys"), filepath.Join(l.dir, base+".plain")
	file = filepath.Join(l.dir, base+".signed")
	l.must(os.WriteFile(plain, []byte(text), 0o644))
	l.make(unpackedCommand(l.t, "dnssec-keygen", "-q", "-K", keys, "-a", "ECDSAP256SHA256", "-f", "KSK", name)...)
	begin, end := "now-86400", "now+2592000"
	if until != 0 {
		begin, end = "now-7776000", fmt.Sprintf("now%+d", until)
	}
	// One key signs all (-z); what it verifies afterwards (-P) may be wrong on purpose.
	l.make(unpackedCommand(l.t, "dnssec-signzone", "-q", "-z", "-S", "-P", "-K", keys, "-d", keys, "-o", name, "-s", begin, "-e", end, "-f", file, plain)...)
	set, err := os.ReadFile(filepath.Join(keys, "dsset-"+strings.TrimSuffix(name, ".")+"."))
	l.must(err)
	return file, string(set)
}

// serveZones starts the name servers and the resolver.
func (l *domainLab) serveZones() {
	l.t.Helper()
	l.must(os.WriteFile(filepath.Join(l.dir, "anchors"), []byte(l.anchor), 0o644))
	l.must(os.WriteFile(filepath.Join(l.dir, "hints"), []byte(". 3600000 NS ns.\nns. 3600000 A "+parentsAddr+"\n"), 0o644))
	fields := strings.Fields(l.anchor) // . IN DS tag algorithm digest hex hex
	at := len(fields) - 5
	l.must(os.WriteFile(filepath.Join(l.dir, "delv.anchors"), []byte(fmt.Sprintf("trust-anchors { . static-ds %s %s %s %q; };\n",
		fields[at], fields[at+1], fields[at+2], strings.Join(fields[at+3:], ""))), 0o644))
	l.must(renderFrom("config/domain", filepath.Join(l.dir, "unbound.conf"), struct{ Dir, Resolver string }{l.dir, resolverAddr}))
	named := l.daemon("named", unpackedCommand(l.t, "named", "-g", "-n", "1", "-c", filepath.Join(l.dir, "named.conf"))...)
	knot := l.daemon("knot", unpackedCommand(l.t, "knotd", "-c", filepath.Join(l.dir, "knot.conf"))...)
	l.await(named, net.JoinHostPort(parentsAddr, "53"))
	l.await(knot, net.JoinHostPort(domainsAddr, "53"))
	for _, d := range l.domains {
		l.awaitZone(knot, domainsAddr, d.Name)
	}
	for _, name := range append([]string{".", "test"}, reverseZones...) {
		l.awaitZone(named, parentsAddr, name)
	}
	unbound := l.daemon("unbound", unpackedCommand(l.t, "unbound", "-d", "-c", filepath.Join(l.dir, "unbound.conf"))...)
	l.await(unbound, net.JoinHostPort(resolverAddr, "53"))
}

// awaitZone polls until a server has a zone: it listens before it has loaded and signed
// them, and the resolver would remember that it failed.
func (l *domainLab) awaitZone(d *daemon, server, name string) {
	l.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		answer, err := l.client().AskServer(l.t.Context(), server, name, dnssec.TypeSOA)
		if err == nil && answer.Authoritative {
			return
		}
		if dead := d.running(); dead != nil {
			l.t.Fatal(dead)
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s does not have %s: %s, %v\n%s", d.name, name, answer.Rcode, err, d.logTail())
		}
	}
}

// client is a validator of ours in the lab's network.
func (l *domainLab) client() *dnssec.Client {
	l.t.Helper()
	anchors, err := dnssec.ParseAnchors(strings.NewReader(l.anchor))
	l.must(err)
	return dnssec.New(dnssec.Options{Servers: []string{resolverAddr}, Anchors: anchors, Dial: l.node.Dial})
}
