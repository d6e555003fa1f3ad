package transport

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/probe"
)

// CipherSuites are suites of TLS 1.2 and below by their numbers: the value of an option
// that takes the names of crypto/tls or of OpenSSL, separated by commas. Go's TLS does not
// let one choose the suites of TLS 1.3.
type CipherSuites []uint16

// Set adds the suites that a text names.
func (c *CipherSuites) Set(text string) error { return addNamed((*[]uint16)(c), text, suiteNamed) }

// String lists the suites by the names of crypto/tls.
func (c *CipherSuites) String() string { return listNamed(*c, tls.CipherSuiteName) }

// areWeak reports whether there are suites, and only weak ones.
func (c CipherSuites) areWeak() bool {
	return len(c) > 0 && !slices.ContainsFunc(c, func(id uint16) bool {
		return slices.ContainsFunc(tls.CipherSuites(), func(s *tls.CipherSuite) bool { return s.ID == id })
	})
}

// KeyExchanges are groups for the key exchange (RFC 8446 §4.2.7): the value of an option
// that takes their names, or those of OpenSSL, separated by commas.
type KeyExchanges []tls.CurveID

// Set adds the groups that a text names.
func (k *KeyExchanges) Set(text string) error {
	return addNamed((*[]tls.CurveID)(k), text, groupNamed)
}

// String lists the groups by their names.
func (k *KeyExchanges) String() string { return listNamed(*k, groupName) }

// classic returns the groups whose key shares are short, which TLS 1.2 has as well.
func (k KeyExchanges) classic() []tls.CurveID {
	return slices.DeleteFunc(slices.Clone(k), func(id tls.CurveID) bool { return !slices.Contains(classicCurves, id) })
}

// hybrid returns the first group that is not classic, that of Go without any.
func (k KeyExchanges) hybrid() tls.CurveID {
	if i := slices.IndexFunc(k, func(id tls.CurveID) bool { return !slices.Contains(classicCurves, id) }); i >= 0 {
		return k[i]
	}
	return tls.X25519MLKEM768
}

// addNamed adds to a list what the names in a text stand for, each once. As in OpenSSL a
// colon separates as well as a comma.
func addNamed[T comparable](to *[]T, text string, find func(name string) (T, error)) error {
	for name := range strings.SplitSeq(strings.ReplaceAll(text, ":", ","), ",") {
		if name = strings.TrimSpace(name); name == "" {
			return fmt.Errorf("%q lacks a name; separate names by commas", text)
		}
		found, err := find(name)
		if err != nil {
			return err
		}
		if !slices.Contains(*to, found) {
			*to = append(*to, found)
		}
	}
	return nil
}

func listNamed[T any](all []T, name func(T) string) string {
	names := make([]string, len(all))
	for i, each := range all {
		names[i] = name(each)
	}
	return strings.Join(names, ",")
}

// suiteNamed finds a suite by its name in crypto/tls or OpenSSL, in any letter case.
func suiteNamed(name string) (uint16, error) {
	var names []string
	for _, s := range slices.Concat(tls.InsecureCipherSuites(), tls.CipherSuites()) {
		isOne := strings.EqualFold(name, s.Name)
		switch of13 := !slices.Contains(s.SupportedVersions, tls.VersionTLS12); {
		case isOne && of13:
			return 0, fmt.Errorf("%s is a suite of TLS 1.3, and Go's TLS does not let one choose among those", s.Name)
		case of13:
			continue
		case isOne, strings.EqualFold(name, openSSLName(s.Name)):
			return s.ID, nil
		}
		names = append(names, s.Name, openSSLName(s.Name))
	}
	return 0, fmt.Errorf("there is no cipher suite %q in Go's TLS; %s", name, probe.Meant(name, names, "the ones there are: "+strings.Join(openSSLNames(names), ", ")))
}

// openSSLNames returns the second of each pair of names.
func openSSLNames(pairs []string) (names []string) {
	for i := 1; i < len(pairs); i += 2 {
		names = append(names, pairs[i])
	}
	return names
}

// openSSLName returns OpenSSL's name of a suite: ECDHE-RSA-AES128-SHA for
// TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA.
func openSSLName(name string) string {
	return strings.NewReplacer(
		"TLS_RSA_WITH_", "", "TLS_", "", "_WITH_", "-", "AES_128_CBC", "AES128", "AES_256_CBC", "AES256", "AES_128", "AES128", "AES_256", "AES256",
		"3DES_EDE_CBC", "DES-CBC3", "RC4_128", "RC4", "CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", "_", "-",
	).Replace(name)
}

// group is a group for the key exchange and its names, the first of which is shown.
type group struct {
	id    tls.CurveID
	names []string
}

// groups returns those of crypto/tls.
func groups() []group {
	return []group{
		{tls.X25519MLKEM768, []string{"X25519MLKEM768"}},
		{tls.SecP256r1MLKEM768, []string{"SecP256r1MLKEM768"}},
		{tls.SecP384r1MLKEM1024, []string{"SecP384r1MLKEM1024"}},
		{tls.X25519, []string{"X25519"}},
		{tls.CurveP256, []string{"P-256", "prime256v1", "secp256r1", "CurveP256"}},
		{tls.CurveP384, []string{"P-384", "secp384r1", "CurveP384"}},
		{tls.CurveP521, []string{"P-521", "secp521r1", "CurveP521"}},
	}
}

func groupName(id tls.CurveID) string {
	for _, g := range groups() {
		if g.id == id {
			return g.names[0]
		}
	}
	return id.String()
}

// groupNamed finds a group by any of its names, in any letter case.
func groupNamed(name string) (tls.CurveID, error) {
	var names, all []string
	for _, g := range groups() {
		if slices.ContainsFunc(g.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return g.id, nil
		}
		names, all = append(names, g.names[0]), append(all, g.names...)
	}
	return 0, fmt.Errorf("there is no group %q in Go's TLS; %s", name, probe.Meant(name, all, "the ones there are: "+strings.Join(names, ", ")))
}

// Indication is the name to send in the TLS handshake (SNI, RFC 6066 §3), the value of an
// option. The zero value is for the name that the certificate must be for.
type Indication struct {
	name string
	set  bool
}

// noName is the word of the option for no name at all.
const noName = "none"

// Set reads a name; "none" and an empty text stand for none.
func (i *Indication) Set(text string) error {
	name := strings.TrimSuffix(text, ".")
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Errorf("%s is an address, and a client sends only names (RFC 6066 §3); use %s to send none", text, noName)
	}
	if strings.EqualFold(name, noName) {
		name = ""
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"/:@[\]`, r) }) {
		return fmt.Errorf("%q is not the name of a host", text)
	}
	*i = Indication{name, true}
	return nil
}

// String returns the value as Set reads it.
func (i *Indication) String() string {
	if i.set && i.name == "" {
		return noName
	}
	return i.name
}
