package domain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
)

// zoneHead are the first six lines of the zones below.
const zoneHead = `$TTL 1h
@   SOA ns1 hostmaster 7 1d 2h 4w 1h
    NS  ns1
    MX  10 mx
ns1 A   192.0.2.53
mx  A   192.0.2.25
`

// writeZone writes a zone file.
func writeZone(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestZoneFaults: each mistake has its cause and line, and what is much like it and right
// has none.
func TestZoneFaults(t *testing.T) {
	long := strings.Repeat("k", 300)
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "@ SOA ns1 hostmaster 6 1 1 1 1"},
		{Name: "provider.net", Records: "mail A 192.0.2.99\ns1.dkim TXT key"},
	}})
	for _, test := range []struct {
		name, text string   // what follows zoneHead, in line 7
		faults     []string // status, cause, line and a part of the text; none for a near miss
		fix        []string
	}{
		{"nothing", "", nil, nil},
		{"dot missing at an exchanger", "@ MX 20 mx.example.org",
			[]string{"CRITICAL zone-dot-missing line 7: MX mx.example.org.example.org"},
			[]string{"example.org. IN MX 10 mx.example.org.", "example.org. IN MX 20 mx.example.org."}},
		{"dot there", "@ MX 20 mx.example.org.", nil, nil},
		{"dot missing at an owner", "_dmarc.example.org TXT \"v=DMARC1; p=none\"",
			[]string{"CRITICAL zone-dot-missing line 7: TXT of _dmarc.example.org.example.org"},
			[]string{`_dmarc.example.org. IN TXT "v=DMARC1; p=none"`}},
		{"dot missing beside a host that is missing", "@ MX 20 mx.example.org\n@ MX 30 gone",
			[]string{"CRITICAL zone-dot-missing line 7", "WARNING zone-target-missing line 8"}, nil},
		{"dot missing beside an address", "@ MX 20 mx.example.org\n@ MX 30 192.0.2.1",
			[]string{"CRITICAL zone-dot-missing line 7", "WARNING zone-target-missing line 8"}, nil},
		{"dot missing at an owner that has a text", "_dmarc TXT \"v=DMARC1; p=reject\"\n_dmarc.example.org TXT \"v=DMARC1; p=none\"",
			[]string{"CRITICAL zone-dot-missing line 8"}, nil},
		{"dot missing at an address", "www.example.org A 192.0.2.1", []string{"WARNING zone-dot-missing line 7"}, []string{"www.example.org. IN A 192.0.2.1"}},
		{"dot missing at an origin", "$ORIGIN example.org\n_dmarc TXT x", []string{"CRITICAL zone-dot-missing line 8: TXT of _dmarc.example.org.example.org"}, []string{`_dmarc.example.org. IN TXT "x"`}},
		{"a name that only begins alike", "myexample.org A 192.0.2.1\nexample A 192.0.2.1", nil, nil},
		{"dot missing at a host elsewhere", "@ MX 20 mail.provider.net",
			[]string{"CRITICAL zone-dot-missing line 7: MX mail.provider.net.example.org"},
			[]string{"example.org. IN MX 10 mx.example.org.", "example.org. IN MX 20 mail.provider.net."}},
		{"dot missing at an alias elsewhere", "s1._domainkey CNAME s1.dkim.provider.net",
			[]string{"CRITICAL zone-dot-missing line 7: CNAME s1.dkim.provider.net.example.org"},
			[]string{"s1._domainkey.example.org. IN CNAME s1.dkim.provider.net."}},
		{"a host elsewhere", "@ MX 20 mail.provider.net.\ns1._domainkey CNAME s1.dkim.provider.net.", nil, nil},
		{"an address as exchanger", "@ MX 20 192.0.2.1", []string{"WARNING zone-target-missing line 7: MX 192.0.2.1: an address"}, nil},
		{"an exchanger without address", "@ MX 20 mx2\nmx2 TXT x", []string{"WARNING zone-target-missing line 7: MX mx2.example.org, which has no address"}, nil},
		{"an exchanger by a wildcard", "@ MX 20 mx2.x\n*.x AAAA 2001:db8::1", nil, nil},
		{"a null MX", "null MX 0 .", nil, nil},
		{"an alias to nothing", "a CNAME b", []string{"WARNING zone-target-missing line 7: CNAME b.example.org, which the zone does not have"}, nil},
		{"an alias to an empty non-terminal", "a CNAME b\nx.b A 192.0.2.1", nil, nil},
		{"a service without address", "_imaps._tcp SRV 0 1 993 imap", []string{"WARNING zone-target-missing line 7: SRV imap.example.org"}, nil},
		{"a service that there is not", "_imaps._tcp SRV 0 0 0 .", nil, nil},
		{"a name server without address", "@ NS ns2", []string{"CRITICAL zone-target-missing line 7: NS ns2.example.org"}, nil},
		{"a name server that is an alias", "@ NS ns2\nns2 CNAME ns1", []string{"CRITICAL zone-target-alias line 7: NS ns2.example.org"},
			[]string{"example.org. IN NS ns1.example.org."}},
		{"an exchanger that is an alias", "@ MX 20 mx2\nmx2 CNAME mx", []string{"WARNING zone-target-alias line 7: MX mx2.example.org: the name is an alias (CNAME) of mx.example.org"},
			[]string{"example.org. IN MX 10 mx.example.org.", "example.org. IN MX 20 mx.example.org."}},
		{"a service that is an alias", "_imaps._tcp SRV 0 1 993 a\na CNAME mx", []string{"WARNING zone-target-alias line 7"}, []string{"_imaps._tcp.example.org. IN SRV 0 1 993 mx.example.org."}},
		{"an alias of an alias", "a CNAME b\nb CNAME mx", nil, nil},
		{"an alias beside other records", "a CNAME mx\na TXT x", []string{"CRITICAL zone-alias-beside-data line 8: a.example.org has a CNAME beside TXT (lines 7 and 8)"}, nil},
		{"an alias at the apex", "@ CNAME mx", []string{"CRITICAL zone-alias-beside-data line 7", "CRITICAL zone-alias-beside-data line 7", "CRITICAL zone-alias-beside-data line 7"}, nil},
		{"two aliases", "a CNAME mx\na CNAME ns1", []string{"CRITICAL zone-alias-beside-data line 8: a.example.org has a second CNAME"}, nil},
		{"an alias with records below", "a CNAME mx\nb.a TXT x", nil, nil},
		{"a delegation without glue", "sub NS ns.sub", []string{"WARNING zone-glue-missing line 7: sub.example.org is delegated to ns.sub.example.org"}, nil},
		{"a delegation to a server of the same name", "sub NS sub", []string{"WARNING zone-glue-missing line 7"}, nil},
		{"a delegation with glue", "sub NS ns.sub\nns.sub AAAA 2001:db8::1\nother NS ns.provider.net.\nthird NS ns1\nsub DS 1 13 2 " + digest, nil, nil},
		{"a delegation to a missing server", "sub NS ns9", []string{"WARNING zone-target-missing line 7: NS ns9.example.org"}, nil},
		{"records below a delegation", "sub NS ns1\n_dmarc.sub TXT x\nsub MX 10 mx",
			[]string{"WARNING zone-hidden line 8: TXT of _dmarc.sub.example.org is not seen, as line 7", "WARNING zone-hidden line 9: MX of sub.example.org"}, nil},
		{"records below a redirection", "d DNAME provider.net.\nx.d TXT x", []string{"WARNING zone-hidden line 8: TXT of x.d.example.org is not seen, as line 7 redirects"}, nil},
		{"records beside a redirection", "d DNAME provider.net.\nd TXT x", nil, nil},
		{"a record outside", "_dmarc.example.com. TXT x", []string{"WARNING zone-outside line 7: TXT of _dmarc.example.com"}, nil},
		{"a second SOA", "@ SOA ns1 hostmaster 8 1 1 1 1", []string{"CRITICAL zone-incomplete line 7: a second SOA record, beside that of line 2"}, nil},
		{"a DMARC record cut off", "_dmarc TXT v=DMARC1; p=reject; rua=mailto:d@example.org",
			[]string{`CRITICAL zone-text-cut line 7: the DMARC record at _dmarc.example.org ends at a semicolon that is not in quotes: what counts is "v=DMARC1"`},
			[]string{`_dmarc.example.org. IN TXT "v=DMARC1; p=reject; rua=mailto:d@example.org"`}},
		{"a DMARC record cut off behind a blank", "_dmarc TXT v=DMARC1 ; p=reject", []string{"CRITICAL zone-text-cut line 7"}, []string{`_dmarc.example.org. IN TXT "v=DMARC1; p=reject"`}},
		{"a DMARC record cut off behind quotes", `_dmarc TXT "v=DMARC1; p=reject"; "rua=mailto:d@example.org"`, nil, nil},
		{"a DMARC record quoted in part", `_dmarc TXT "v=DMARC1"; p=reject`, []string{"CRITICAL zone-text-cut line 7"}, []string{`_dmarc.example.org. IN TXT "v=DMARC1; p=reject"`}},
		{"a DMARC record with a comment", `_dmarc TXT "v=DMARC1; p=none" ; p=reject from June on`, nil, nil},
		{"a DMARC record escaped", `_dmarc TXT v=DMARC1\;p=none`, nil, nil},
		{"a DKIM key cut off", "s1._domainkey TXT k=rsa; p=MIGf", []string{"CRITICAL zone-text-cut line 7: the DKIM key at s1._domainkey.example.org"}, []string{`s1._domainkey.example.org. IN TXT "k=rsa; p=MIGf"`}},
		{"another text with a comment", "www TXT v=other; p=x", nil, nil},
		{"SPF joined", `@ TXT "v=spf1 mx" "-all"`, []string{`CRITICAL zone-text-joined line 7: the strings of the SPF record of example.org are joined without a blank: "v=spf1 mx-all"`}, []string{`example.org. IN TXT "v=spf1 mx -all"`}},
		{"SPF joined to what is valid", `@ TXT "v=spf1 include:example.com" "-all"`, []string{"CRITICAL zone-text-joined line 7"}, []string{`example.org. IN TXT "v=spf1 include:example.com -all"`}},
		{"SPF without quotes", `@ TXT v=spf1 mx -all`, []string{"CRITICAL zone-text-joined line 7"}, []string{`example.org. IN TXT "v=spf1 mx -all"`}},
		{"SPF joined beside another text", "@ TXT \"v=spf1 mx\" \"-all\"\n@ TXT token", []string{"CRITICAL zone-text-joined line 7"}, []string{`example.org. IN TXT "v=spf1 mx -all"`, `example.org. IN TXT "token"`}},
		{"SPF split in a word", `@ TXT "v=spf1 include:exam" "ple.com -all"`, nil, nil},
		{"SPF split before a blank", `@ TXT "v=spf1 mx" " -all"` + "\n" + `www TXT "v=spf1 mx " "-all"`, nil, nil},
		{"DMARC joined", `_dmarc TXT "v=DMARC1; p=none" "rua=mailto:d@example.org"`, []string{"CRITICAL zone-text-joined line 7"}, []string{`_dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:d@example.org"`}},
		{"DMARC split behind a semicolon", `_dmarc TXT "v=DMARC1; p=none; " "rua=mailto:d@example.org"`, nil, nil},
		{"DKIM joined", `s1._domainkey TXT "v=DKIM1; k=rsa" "p=MIGf" "AAAA"`, []string{"CRITICAL zone-text-joined line 7"}, []string{`s1._domainkey.example.org. IN TXT "v=DKIM1; k=rsa; p=MIGfAAAA"`}},
		{"DKIM split in the key", `s1._domainkey TXT "v=DKIM1; p=MIGf" "p=" "t=="`, nil, nil},
		{"a long string", `s1._domainkey TXT "v=DKIM1; p=` + long + `"`, []string{"CRITICAL zone-text-long line 7: a string of 311 bytes"},
			[]string{`s1._domainkey.example.org. IN TXT "v=DKIM1; p=` + long[:244] + `" "` + long[244:] + `"`}},
		{"a long text of several strings", `s1._domainkey TXT "v=DKIM1; p=` + long[:244] + `" "` + long[244:] + `"`, nil, nil},
		{"two SPF records", "@ TXT \"v=spf1 mx -all\"\n@ TXT \"v=spf1 a -all\"", []string{"CRITICAL zone-text-twice line 8: a second SPF record at example.org, beside that of line 7"}, nil},
		{"two DMARC records", "_dmarc TXT \"v=DMARC1; p=none\"\n_dmarc TXT \"v=DMARC1; p=reject\"", []string{"CRITICAL zone-text-twice line 8"}, nil},
		{"two TLSRPT records", "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:a@b.org\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:c@b.org\"", []string{"WARNING zone-text-twice line 8"}, nil},
		{"an SPF record beside others", "@ TXT \"v=spf1 mx -all\"\n@ TXT \"v=spf10 a\"\n@ TXT token", nil, nil},
		{"two TTLs", "mx 300 A 192.0.2.26", []string{"WARNING zone-ttls-differ line 7: A of mx.example.org has a TTL of 300 s, and 3600 s in line 6"}, nil},
		{"two TTLs of two types", "mx 300 AAAA 2001:db8::1", nil, nil},
		{"a record twice", "@ MX 10 MX.example.org.", []string{"WARNING zone-duplicate line 7: MX of example.org stands in line 4 already"}, nil},
		{"a text twice but for its case", "@ TXT a\n@ TXT A", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := whole(t, addr, anchors, "example.org", "--only", "zone", "--zone", writeZone(t, "example.org", zoneHead+test.text+"\n"))
			faults, fix := faultsOf(r)
			if len(faults) != len(test.faults) || !slices.EqualFunc(faults, test.faults, strings.Contains) {
				t.Errorf("faults %q\nwant %q", faults, test.faults)
			}
			if !slices.Equal(fix, test.fix) {
				t.Errorf("fix %q\nwant %q", fix, test.fix)
			}
			if got, _ := factOf(&r.Steps[0], "zone_faults"); got != fmt.Sprint(len(test.faults)) {
				t.Errorf("zone_faults is %s", got)
			}
		})
	}
}

// faultsOf are the steps about faults, as status, cause and detail, and the records to
// publish.
func faultsOf(r *probe.Result) (faults, fix []string) {
	for _, s := range r.Steps {
		fix = append(fix, s.Fix...)
		if s.Cause == nil {
			continue
		}
		detail := s.Detail
		if i := strings.Index(detail, "; line "); i >= 0 {
			detail = detail[i+2:]
		}
		faults = append(faults, fmt.Sprintf("%s %s %s", s.Status, s.Cause.Name, detail))
	}
	return faults, fix
}

// TestZoneSerial: the serial is compared with the published one, by arithmetic that goes
// round.
func TestZoneSerial(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ SOA ns1 hostmaster 4294967295 1 1 1 1"}}})
	for serial, want := range map[string]string{
		"4294967294": "WARNING zone-serial-old line 2: the serial 4294967294 is not higher than the published 4294967295",
		"4294967295": "WARNING zone-serial-old", "0": "", "7": "", "2147483647": "WARNING zone-serial-old",
	} {
		text := strings.Replace(zoneHead, " 7 ", " "+serial+" ", 1)
		r := whole(t, addr, anchors, "example.org", "--only", "zone", "--zone", writeZone(t, "z", text))
		faults, _ := faultsOf(r)
		if got := strings.Join(faults, " "); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", serial, got)
		}
		if got, _ := factOf(&r.Steps[0], "zone_serial"); got != serial {
			t.Errorf("zone_serial is %s", got)
		}
	}
}

// TestZoneParts: a file without SOA is a part of a zone, whose apex is the domain.
func TestZoneParts(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "other.org"}}})
	r := whole(t, addr, anchors, "example.org", "--only", "zone", "--only", "mx", "--zone", writeZone(t, "z", "@ 60 MX 10 mx\nmx 60 A 192.0.2.1\n"))
	faults, _ := faultsOf(r)
	if len(faults) != 2 || !strings.Contains(faults[0], "there is no SOA record") || !strings.Contains(faults[1], "there is no NS record for example.org") {
		t.Errorf("%q", faults)
	}
	if s := r.Steps[len(r.Steps)-1]; s.Status != probe.OK || s.Detail != "10 mx.example.org" {
		t.Errorf("%+v", s)
	}
}

// TestZoneTargets: several domains of one zone are checked, and what is not in the zone is
// an error.
func TestZoneTargets(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "other.org"}}})
	relative := zoneHead + "sub MX 10 mx\ngone NS ns1\n"
	for _, file := range []struct{ name, text string }{
		{"with-origin", "$ORIGIN example.org.\n" + relative}, {"db.example.org", relative}, {"Example.Org.zone", relative},
	} {
		path := writeZone(t, file.name, file.text)
		for _, name := range []string{"example.org", "sub.example.org"} {
			r := whole(t, addr, anchors, name, "--only", "mx", "--zone", path)
			if s := r.Steps[0]; s.Status != probe.OK || s.Detail != "10 mx.example.org" {
				t.Errorf("%s: %s: %s %s", file.name, name, s.Status, s.Detail)
			}
		}
		r := whole(t, addr, anchors, "gone.example.org", "--only", "mx", "--zone", path)
		want := "gone.example.org is not in the zone of " + path + " (example.org), which delegates gone.example.org to others in line"
		if s := r.Steps[0]; s.Status != probe.Unknown || s.Cause.Name != "usage" || !strings.HasPrefix(s.Detail, want) {
			t.Errorf("%s: %s %s: %s", file.name, s.Status, s.Cause.Name, s.Detail)
		}
	}
	c := probe.New(domain.Kind())
	if _, err := probe.ParseArgs(c.Declared, []string{"--zone", writeZone(t, "z", "$ORIGIN example.org.\n"+relative)}); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"sub.example.org": true, "EXAMPLE.org": true, "other.org": false, "gone.example.org": false} {
		target, err := c.Kind.ParseTarget(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.PrepareTarget(target); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestZoneUnreadable: a file that no server loads is Critical, with its line, and nothing
// else is said.
func TestZoneUnreadable(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "other.org"}}})
	path := writeZone(t, "z", zoneHead+"mx2 A 192.0.2.256\n")
	r := whole(t, addr, anchors, "example.org", "--zone", path)
	if s := r.Steps[0]; len(r.Steps) != 1 || s.Status != probe.Critical || s.Cause.Name != "zone-unreadable" || !strings.HasPrefix(s.Detail, path+":7: ") {
		t.Errorf("%+v", r.Steps)
	}
}

// TestZoneDelegation: what the file says of DNSSEC, and of a file without signatures that
// nothing was checked.
func TestZoneDelegation(t *testing.T) {
	const records = "@ SOA ns1 hostmaster 6 1 1 1 1\n@ MX 10 mx\nmx A 192.0.2.25\n_25._tcp.mx TLSA 3 1 1 " + digest
	unsigned := zoneHead + "_25._tcp.mx TLSA 3 1 1 " + digest + "\n"
	for _, test := range []struct {
		name       string
		zone       dnstest.Zone
		signed     bool // the file is what the signer wrote
		args       string
		delegation row
		dane       row
	}{
		{"to be signed", dnstest.Zone{}, false, "",
			row{status: probe.OK, facts: "dnssec=indeterminate ns=ns1.example.org", says: "not published yet: the file has no signatures, so that none are checked; the zone above has a DS"},
			row{status: probe.OK, says: "1 usable TLSA record"}},
		{"to be signed, as is required", dnstest.Zone{}, false, "--require dnssec",
			row{status: probe.Unknown, cause: "zone-not-signed-yet", facts: "dnssec=indeterminate", says: "the file has no signatures"},
			row{status: probe.OK, says: "1 usable TLSA record"}},
		{"never signed", dnstest.Zone{Algorithm: dnstest.Unsigned}, false, "",
			row{status: probe.OK, facts: "dnssec=insecure", says: "not signed: example.org is delegated without DS"},
			row{status: probe.Warning, cause: "tlsa-unsigned", says: "have no effect"}},
		{"never signed, as is required", dnstest.Zone{Algorithm: dnstest.Unsigned}, false, "--require dnssec",
			row{status: probe.Critical, cause: "required-absent", facts: "dnssec=insecure"},
			row{status: probe.Warning, cause: "tlsa-unsigned"}},
		{"signed", dnstest.Zone{Valid: 240 * time.Hour}, true, "--require dnssec",
			row{status: probe.OK, facts: "dnssec=secure", says: "DNSSEC secure, signatures good for 9 days"},
			row{status: probe.OK, says: "1 usable TLSA record"}},
		{"signed for a day", dnstest.Zone{Valid: 25 * time.Hour}, true, "",
			row{status: probe.Warning, cause: "signatures-expire", facts: "dnssec=secure"},
			row{status: probe.OK}},
		{"signed by a key that the zone above does not have", dnstest.Zone{Fault: dnstest.WrongDS}, true, "",
			row{status: probe.Critical, cause: "dnssec-bogus", facts: "dnssec=bogus", says: "no key of example.org matches its DS in org"},
			row{status: probe.Unknown, cause: "dnssec-bogus"}},
		{"signed, while the zone above has no DS", dnstest.Zone{Fault: dnstest.NoDS}, true, "",
			row{status: probe.OK, facts: "dnssec=insecure", says: "delegated without DS"},
			row{status: probe.Warning, cause: "tlsa-unsigned"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			zone := test.zone
			zone.Name, zone.Records = "example.org", records
			server, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{zone}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			text := unsigned
			if test.signed {
				text = server.ZoneFile("example.org")
			}
			args := append(strings.Fields(test.args), "--only", "delegation", "--only", "dane", "--zone", writeZone(t, "z", text))
			r := whole(t, server.Addr(), writeAnchors(t, server), "example.org", args...)
			test.delegation.judge(t, &r.Steps[0])
			test.dane.judge(t, &r.Steps[1])
		})
	}
}

// TestZoneSignatures: a signature that is not right is a fault with a line, whatever the
// zone above has.
func TestZoneSignatures(t *testing.T) {
	for fault, want := range map[dnstest.Fault]string{
		dnstest.NoDS: "", dnstest.NoDS | dnstest.ExpiredData: "CRITICAL zone-signature-invalid line ",
	} {
		server, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ MX 10 mx\nmx A 192.0.2.1", Fault: fault}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		r := whole(t, server.Addr(), writeAnchors(t, server), "example.org", "--only", "zone", "--zone", writeZone(t, "z", server.ZoneFile("example.org")))
		faults, _ := faultsOf(r)
		if got := strings.Join(faults, "\n"); want == "" && strings.Contains(got, "signature") || !strings.Contains(got, want) {
			t.Errorf("%d: %s", fault, got)
		}
	}
}

// TestZoneInput: the file may come from standard input; one that cannot be had is an error
// of the command line.
func TestZoneInput(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "other.org"}}})
	c := probe.New(domain.Kind())
	c.Options.Stdin = strings.NewReader(zoneHead)
	if _, err := probe.ParseArgs(c.Declared, []string{"--zone", "-", "--only", "zone", "--resolver", addr, "--trust-anchor", anchors}); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := c.Kind.ParseTarget("example.org")
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Do(t.Context(), target)[0].Steps[0]; s.Status != probe.OK || s.Detail != "standard input (example.org), 5 records" {
		t.Errorf("%s %s", s.Status, s.Detail)
	}
	for args, says := range map[string]string{
		"--zone " + writeZone(t, "z", zoneHead+"$INCLUDE other\n"): "z:7: $INCLUDE is not followed", "--zone " + writeZone(t, "z", strings.Repeat(" ", 9<<20)): "more than 8 MiB",
		"--zone /nonexistent": "no such file", "--only zone": "the file that --zone names", "--zone -": "no standard input",
		"--zone - --message -": "can be read only once",
	} {
		c := probe.New(domain.Kind())
		if _, err := probe.ParseArgs(c.Declared, strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if err := c.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestZoneSessions: the sessions are with the exchangers of the file, and its TLSA records
// are held against their certificates.
func TestZoneSessions(t *testing.T) {
	to, caFile := mailHosts(t)
	addr, anchors := start(t, exampleAt("192.0.2.5", "")) // which refuses connections
	text := strings.Replace(zoneHead, "192.0.2.25", "192.0.2.1", 1) + "_25._tcp.mx TLSA 3 1 1 " + digest + "\n"
	r := wholeOf(t, dialled(to), "example.org", "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "exchanger", "--only", "dane",
		"--timeout", "2s", "--helo", "client.example.net", "--zone", writeZone(t, "z", text))
	row{name: "sessions", status: probe.OK, says: "192.0.2.1): TLS 1.3"}.judge(t, r.Step("exchanger"))
	row{name: "TLSA", status: probe.Critical, cause: "tlsa-mismatch"}.judge(t, r.Step("dane"))
}
