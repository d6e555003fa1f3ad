//go:build linux

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"mailprobe/dnssec/dnstest"
)

// The addresses of the far side.
const (
	dnsAddr    = "192.0.2.53"
	policyAddr = "192.0.2.80"
)

// exchangers are the addresses of mx1 and mx2.
var exchangers = []string{"192.0.2.25", "192.0.2.26"}

// signed is a domain that has everything, at two exchangers, with a DKIM key and the
// digests of the exchangers' keys.
func signed(dkim string, digests []string) dnstest.World {
	return dnstest.World{Listen: dnsAddr + ":53", Zones: []dnstest.Zone{
		{Name: "example.org", Records: fmt.Sprintf(`
			@                 NS    ns
			ns                A     %[1]s
			@                 MX    10 mx1
			@                 MX    20 mx2
			@                 TXT   "v=spf1 ip4:192.0.2.25 include:_spf.example.org -all"
			_spf              TXT   "v=spf1 ip4:192.0.2.0/24 -all"
			mx1               A     %[2]s
			mx2               A     %[3]s
			_25._tcp.mx1      TLSA  3 1 1 %[4]s
			_25._tcp.mx2      TLSA  3 1 1 %[5]s
			_dmarc            TXT   "v=DMARC1; p=reject; rua=mailto:d@example.org"
			_mta-sts          TXT   "v=STSv1; id=1"
			mta-sts           A     %[6]s
			_smtp._tls        TXT   "v=TLSRPTv1; rua=mailto:t@example.org"
			s1._domainkey     TXT   %[7]s`, dnsAddr, exchangers[0], exchangers[1], digests[0], digests[1], policyAddr, dkim)},
		{Name: "2.0.192.in-addr.arpa", Records: "25 PTR mx1.example.org.\n26 PTR mx2.example.org."},
	}}
}

// newDKIM is the record of a new key, in strings of at most 255 bytes.
func newDKIM() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", err
	}
	text := "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(der)
	return fmt.Sprintf("%q %q", text[:250], text[250:]), nil
}

// many are so many signed domains under one top-level domain. Each has what most have,
// of its own: exchangers with names in reverse, SPF with an include, DMARC, TLS reporting
// and TLSA records.
func many(n int) dnstest.World {
	w := dnstest.World{Listen: dnsAddr + ":53"}
	digest := strings.Repeat("ab", 32)
	var reverse strings.Builder
	for i := range n {
		name, network := domainName(i), fmt.Sprintf("10.%d.%d", i/256%256, i%256)
		w.Zones = append(w.Zones, dnstest.Zone{Name: name, Records: fmt.Sprintf(`
			@             MX    10 mx1
			@             MX    20 mx2
			@             TXT   "v=spf1 ip4:%[2]s.0/24 include:_spf.%[1]s -all"
			_spf          TXT   "v=spf1 ip4:192.0.2.0/24 -all"
			mx1           A     %[2]s.25
			mx2           A     %[2]s.26
			_25._tcp.mx1  TLSA  3 1 1 %[3]s
			_25._tcp.mx2  TLSA  3 1 1 %[3]s
			_dmarc        TXT   "v=DMARC1; p=reject; rua=mailto:d@%[1]s"
			_smtp._tls    TXT   "v=TLSRPTv1; rua=mailto:t@%[1]s"`, name, network, digest)})
		for j := 1; j <= 2; j++ {
			fmt.Fprintf(&reverse, "%d.%d.%d PTR mx%d.%s.\n", 24+j, i%256, i/256%256, j, name)
		}
	}
	w.Zones = append(w.Zones, dnstest.Zone{Name: "10.in-addr.arpa", Records: reverse.String()})
	return w
}

func domainName(i int) string { return fmt.Sprintf("d%d.org", i) }
