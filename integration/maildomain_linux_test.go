package integration

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"mailprobe/probe"
)

// mailDomain is a domain of the signed lab, and what is wrong with it. It has all
// records that a domain can have, but for those that are left out here.
type mailDomain struct {
	Name       string
	Exchangers []*mailExchanger
	sts        string // the mode of its MTA-STS policy; none if empty

	// Signed is who signs the zone: a policy of Knot; bindSigned; or nobody if empty.
	signed string
	// until is when BIND's signatures end, in seconds from now.
	until   int
	wrongDS bool   // the top-level domain has the DS of another key
	more    string // further records

	want labVerdict
}

// labVerdict is what is to be said of a domain.
type labVerdict struct {
	status probe.Status
	steps  string       // those with a warning or worse and their causes, such as "mx=null-mx-beside-others"
	delv   string       // what delv says of its records
	finger string       // what posttls-finger says of the session with DANE
	dane   probe.Status // of `smtp --tls=dane`
}

// The signers.
const (
	knotSigned = "made"   // by Knot, with NSEC
	knotHashed = "hashed" // by Knot, with NSEC3
	bindSigned = "bind"   // by dnssec-signzone, with NSEC
)

// mailExchanger is a Postfix at an address of its own.
type mailExchanger struct {
	Number int         // the last part of its addresses
	Cert   Certificate // Good if empty
	Clear  bool        // without STARTTLS
	down   bool
	// tlsa are its TLSA records: usage, selector and matching type, and a letter: of its
	// own certificate, of the authority's, or of another key.
	tlsa string

	Name string // mx1.DOMAIN, set by makeCertificates
	File string // of its certificate, without .crt
	leaf *x509.Certificate
}

func (x *mailExchanger) addr4() string { return fmt.Sprintf("192.0.2.%d", x.Number) }
func (x *mailExchanger) addr6() string { return fmt.Sprintf("2001:db8::%d", x.Number) }

// Listens are the addresses as Postfix's master.cf has them.
func (x *mailExchanger) Listens() []string { return []string{x.addr4(), "[" + x.addr6() + "]"} }

// hostTemplate describes the certificate of a host.
func hostTemplate(host string, kind Certificate) *x509.Certificate {
	t := serverTemplate(kind, nil)
	t.Subject.CommonName, t.DNSNames, t.IPAddresses = host, []string{host}, nil
	return t
}

// makeCertificates makes those of the exchangers. Each comes with the authority's, which
// DANE-TA needs (RFC 7672 §3.1.2).
func (l *domainLab) makeCertificates() {
	l.t.Helper()
	var err error
	l.ca, err = newAuthority("authority of the signed lab")
	l.must(err)
	l.must(writePEM(l.caFile(), "CERTIFICATE", l.ca.cert.Raw))
	for _, d := range l.domains {
		for i, x := range d.Exchangers {
			x.Name = fmt.Sprintf("mx%d.%s", i+1, d.Name)
			x.File = filepath.Join(l.dir, x.Name)
			l.must(issue(l.dir, x.Name, hostTemplate(x.Name, x.Cert), l.ca))
			text, err := os.ReadFile(x.File + ".crt")
			l.must(err)
			block, _ := pem.Decode(text)
			x.leaf, err = x509.ParseCertificate(block.Bytes)
			l.must(err)
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.ca.cert.Raw})...)
			l.must(os.WriteFile(x.File+".crt", text, 0o600))
		}
	}
}

func (l *domainLab) caFile() string { return filepath.Join(l.dir, "ca.crt") }

// tlsaRecord is the record of an exchanger, by its own certificate or the authority's.
func (l *domainLab) tlsaRecord(x *mailExchanger) string {
	parameters, of, _ := strings.Cut(x.tlsa, " of ")
	data := x.leaf.RawSubjectPublicKeyInfo
	switch of {
	case "authority":
		data = l.ca.cert.Raw
	case "another":
		data = []byte("the key of nobody")
	}
	sum := sha256.Sum256(data)
	return parameters + " " + hex.EncodeToString(sum[:])
}

// dkimText is the record of a key that all domains have.
var dkimText = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the size is good
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err) // and so is the key
	}
	text := "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(der)
	return fmt.Sprintf("%q %q", text[:250], text[250:])
})

// zoneText is the zone of a domain before it is signed.
func (l *domainLab) zoneText(d *mailDomain) string {
	var b strings.Builder
	b.WriteString(zoneHead(d.Name, domainsAddr))
	for i, x := range d.Exchangers {
		fmt.Fprintf(&b, "@ MX %[1]d mx%[2]d\nmx%[2]d A %[3]s\nmx%[2]d AAAA %[4]s\n", 10*(i+1), i+1, x.addr4(), x.addr6())
		if x.tlsa != "" {
			fmt.Fprintf(&b, "_25._tcp.mx%d TLSA %s\n", i+1, l.tlsaRecord(x))
		}
	}
	fmt.Fprintf(&b, `@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@%[1]s"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@%[1]s"
default._bimi TXT "v=BIMI1; l=https://%[1]s/logo.svg"
s1._domainkey TXT %[2]s
`, d.Name, dkimText())
	if d.sts != "" {
		fmt.Fprintf(&b, "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A %s\n", policyAddr)
	}
	return b.String() + d.more
}

// zoneHead begins a zone with one name server.
func zoneHead(name, server string) string {
	return fmt.Sprintf(`$ORIGIN %s.
$TTL 3600
@ SOA ns hostmaster 1 7200 3600 1209600 300
@ NS ns
ns A %s
`, strings.TrimSuffix(name, "."), server)
}
