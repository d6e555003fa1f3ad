package integration

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// What delv says of an answer, and posttls-finger of a session.
const (
	secure   = "fully validated"
	insecure = "unsigned answer"
	bogus    = "resolution failed"

	verified  = "Verified TLS connection established"
	untrusted = "Untrusted TLS connection established" // by which it would deliver nothing where DANE holds
)

// labDomains are the domains of the signed lab, and what is to be said of them.
func labDomains() []*mailDomain {
	const ok, warning, critical = probe.OK, probe.Warning, probe.Critical
	const own, authority, another = "3 1 1 of its own", "2 0 1 of authority", "3 1 1 of another"
	return []*mailDomain{
		{Name: "good.test", sts: "enforce", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 25, tlsa: own}, {Number: 26, tlsa: own}},
			want:       labVerdict{ok, "", secure, verified, ok}},
		{Name: "hashed.test", sts: "enforce", signed: knotHashed,
			Exchangers: []*mailExchanger{{Number: 27, tlsa: authority}},
			want:       labVerdict{ok, "", secure, verified, ok}},
		{Name: "bind.test", sts: "enforce", signed: bindSigned,
			Exchangers: []*mailExchanger{{Number: 28, tlsa: own}},
			want:       labVerdict{ok, "", secure, verified, ok}},
		// RFC 7672 §3.1.1: DANE-EE ignores dates, DANE-TA does not.
		{Name: "oldcert.test", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 29, Cert: Expired, tlsa: own}},
			want:       labVerdict{ok, "", secure, verified, ok}},
		{Name: "oldanchored.test", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 30, Cert: Expired, tlsa: authority}},
			want:       labVerdict{critical, "dane=tlsa-mismatch", secure, untrusted, critical}},
		// RFC 8461 §2: MTA-STS demands a good certificate, whatever DANE says.
		{Name: "oldenforced.test", sts: "enforce", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 31, Cert: Expired, tlsa: own}},
			want:       labVerdict{critical, "exchanger=cert-expired mta-sts=cert-expired", secure, verified, ok}},
		{Name: "mismatch.test", sts: "enforce", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 32, tlsa: another}},
			want:       labVerdict{critical, "dane=tlsa-mismatch", secure, untrusted, critical}},
		{Name: "clear.test", sts: "enforce", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 33, Clear: true}},
			want:       labVerdict{critical, "exchanger=tls-not-offered mta-sts=tls-not-offered", secure, "", critical}},
		// posttls-finger prints nothing of TLS, and exits with 0.
		{Name: "cleardane.test", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 34, Clear: true, tlsa: own}},
			want:       labVerdict{critical, "exchanger=tls-not-offered dane=tlsa-mismatch", secure, "", critical}},
		{Name: "down.test", sts: "enforce", signed: knotSigned,
			Exchangers: []*mailExchanger{{Number: 35, tlsa: own, down: true}},
			want:       labVerdict{critical, "exchanger=refused", secure, "Connection refused", critical}},
		{Name: "ending.test", sts: "enforce", signed: bindSigned, until: 86400,
			Exchangers: []*mailExchanger{{Number: 36, tlsa: own}},
			want:       labVerdict{warning, "delegation=signatures-expire", secure, verified, ok}},
		{Name: "expired.test", sts: "enforce", signed: bindSigned, until: -3 * 86400,
			Exchangers: []*mailExchanger{{Number: 37, tlsa: own}},
			want:       labVerdict{critical, "delegation=dnssec-bogus", bogus, "Name service error", critical}},
		{Name: "wrongds.test", sts: "enforce", signed: knotSigned, wrongDS: true,
			Exchangers: []*mailExchanger{{Number: 38, tlsa: own}},
			want:       labVerdict{critical, "delegation=dnssec-bogus", bogus, "Name service error", critical}},
		{Name: "plain.test", sts: "enforce",
			Exchangers: []*mailExchanger{{Number: 39, tlsa: own}},
			want:       labVerdict{warning, "dane=tlsa-unsigned", insecure, untrusted, critical}},
	}
}

// TestSignedLab checks whole domains that Knot, BIND and Postfix serve, and holds what is
// said of them against Unbound's, delv's and posttls-finger's opinion.
func TestSignedLab(t *testing.T) {
	needPostfix(t)
	domains := labDomains()
	l := startDomainLab(t, append(domains, &mailDomain{Name: "spf.test", signed: knotSigned, more: spfZone()}))
	for _, d := range domains {
		t.Run(d.Name, func(t *testing.T) {
			l.checkDomain(t, d)
			l.checkSession(t, d)
			l.askFinger(t, d)
			l.askDelv(t, d)
		})
	}
	t.Run("spf", l.checkSPF)
}

// ask runs mailprobe with the lab's resolver and authorities, and returns the results of
// the targets in args, whose worst status the exit code must be.
func (l *domainLab) ask(t *testing.T, kind string, args ...string) []*probe.Result {
	t.Helper()
	program, err := binary()
	must(t, err)
	command := []string{program, kind, "-o", "json", "--resolver", resolverAddr, "--trust-anchor", filepath.Join(l.dir, "anchors"),
		"--ca-file", l.caFile(), "--helo", "probe.good.test"}
	code, out := l.run(append(command, args...)...)
	var results []*probe.Result
	if err := json.Unmarshal([]byte(out), &results); err != nil || len(results) == 0 {
		t.Fatalf("%s %q: exit code %d, %v\n%s", kind, args, code, err, out)
	}
	worst := probe.OK
	for _, r := range results {
		worst = probe.Worst(worst, r.Status)
	}
	if code != worst.ExitCode() {
		t.Errorf("%s %q: exit code %d, and %s", kind, args, code, worst)
	}
	return results
}

// checkDomain demands the verdict of the whole domain, with everything required that it
// is to have.
func (l *domainLab) checkDomain(t *testing.T, d *mailDomain) {
	t.Helper()
	required := "tlsrpt,dkim,ipv6,bimi"
	if d.sts != "" {
		required += ",mta-sts,enforce"
	}
	if d.signed != "" {
		required += ",dnssec"
		if d.Exchangers[0].tlsa != "" {
			required += ",dane"
		}
	}
	r := l.ask(t, "domain", d.Name, "--selector", "s1", "--require", required)[0]
	var wrong []string
	for _, s := range r.Steps {
		if s.Status == probe.Warning || s.Status == probe.Critical {
			wrong = append(wrong, s.Name+"="+s.Cause.Name)
		}
		if s.Name == "dane" && s.Status == probe.Critical {
			l.checkFix(t, d, &s)
		}
	}
	if got := strings.Join(wrong, " "); got != d.want.steps || r.Status != d.want.status {
		t.Errorf("domain: %s, %q, want %s, %q: %s", r.Status, got, d.want.status, d.want.steps, r.Summary)
	}
}

// checkFix demands that the record to publish for a certificate that no TLSA record is
// of is that of the certificate's own key.
func (l *domainLab) checkFix(t *testing.T, d *mailDomain, s *probe.Step) {
	t.Helper()
	x := *d.Exchangers[0]
	x.tlsa = "3 1 1 of its own"
	want := fmt.Sprintf("_25._tcp.%s. IN TLSA %s", x.Name, l.tlsaRecord(&x))
	if !x.Clear && !slices.Contains(s.Fix, want) {
		t.Errorf("to publish is %q, not %q", s.Fix, want)
	}
}

// checkSession demands the verdict of sessions that demand DANE.
func (l *domainLab) checkSession(t *testing.T, d *mailDomain) {
	t.Helper()
	for _, r := range l.ask(t, "smtp", d.Name, "--mx", "--tls=dane") {
		if r.Status != d.want.dane {
			t.Errorf("smtp --tls=dane %s: %s, want %s: %s", r.Address, r.Status, d.want.dane, r.Summary)
		}
	}
}

// askFinger has Postfix's client try a session by DANE, with the lab's resolver.
func (l *domainLab) askFinger(t *testing.T, d *mailDomain) {
	t.Helper()
	_, out := l.resolving("posttls-finger", "-c", "-l", "dane", d.Name)
	if !strings.Contains(out, d.want.finger) || d.want.finger == "" && out != "" {
		t.Errorf("posttls-finger says %q, without %q", out, d.want.finger)
	}
}

// askDelv holds what package dnssec says of records, and of what is denied, against
// delv's opinion of the same.
func (l *domainLab) askDelv(t *testing.T, d *mailDomain) {
	t.Helper()
	client := l.client()
	for _, q := range []struct {
		name string
		kind dnssec.Type
	}{
		{d.Name, dnssec.TypeMX}, {"mx1." + d.Name, dnssec.TypeA}, {"_25._tcp.mx1." + d.Name, dnssec.TypeTLSA},
		{"mx1." + d.Name, dnssec.TypeTXT}, {"nothing." + d.Name, dnssec.TypeA},
	} {
		a, err := client.Lookup(t.Context(), q.name, q.kind)
		must(t, err)
		_, out := l.run(unpackedCommand(t, "delv", "@"+resolverAddr, "-a", filepath.Join(l.dir, "delv.anchors"), "+root=.", q.name, q.kind.String())...)
		said := map[dnssec.Status]string{dnssec.Secure: secure, dnssec.Insecure: "unsigned", dnssec.Bogus: bogus}[a.Status]
		if said == "" || !strings.Contains(out, said) {
			t.Errorf("%s %s is %s, %q; delv says\n%s", q.name, q.kind, a.Status, a.Why, out)
		}
		if q.kind == dnssec.TypeMX && !strings.Contains(out, d.want.delv) {
			t.Errorf("delv does not say %q\n%s", d.want.delv, out)
		}
	}
}
