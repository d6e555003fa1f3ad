package transport

import (
	"crypto/tls"
	"fmt"
	"reflect"
	"strings"

	"mailprobe/probe"
)

// The flags that permit credentials in spite of a fault.
const (
	insecure   = "--insecure"
	withoutTLS = "--auth-without-tls"
)

// ofCertificate reports whether the fault is one of the certificate, not of the TLS it
// came by.
func (f Fault) ofCertificate() bool {
	return strings.HasPrefix(f.Cause.Name, "cert-") || f.Cause.Is(CauseNoAuthorities)
}

// accepts reports whether the user accepts a fault.
func (l *Link) accepts(f Fault) bool { return l.options.Insecure && f.ofCertificate() }

// permit returns the flag without which a fault keeps credentials back; empty where
// it does not. Those of form, and ciphers that nobody who listens can break today, do
// not: what is said arrives at the right server, and only there.
func (l *Link) permit(f Fault) string {
	switch {
	case f.Cause.Is(CauseCertMalformed):
		return ""
	case f.ofCertificate():
		return insecure
	case f.Cause.Is(CauseOldVersion):
		return "--tls-min=" + shortVersion(l.Conn.TLS().Version)
	case f.Cause.Status == probe.Critical:
		return withoutTLS
	}
	return ""
}

// shortVersion writes a version as --tls-min has it.
func shortVersion(version uint16) string { return strings.TrimPrefix(tls.VersionName(version), "TLS ") }

// judgeProtocol names what is weak about the TLS that was agreed on.
func (l *Link) judgeProtocol(state *tls.ConnectionState) (faults []Fault) {
	if least := l.options.minVersion; state.Version < least {
		faults = append(faults, Fault{
			"old-version",
			fmt.Sprintf("the server agreed on %s only, %s is the least that is good", tls.VersionName(state.Version), tls.VersionName(least)),
			CauseOldVersion.Advise(fmt.Sprintf("enable a newer version of TLS on the server, or accept this one with --tls-min=%s", shortVersion(state.Version))),
		})
	}
	for _, suite := range tls.InsecureCipherSuites() {
		if suite.ID == state.CipherSuite {
			faults = append(faults, weakCipher(suite.Name))
		}
	}
	if state.Version == tls.VersionTLS12 && signedBySHA1(state) {
		faults = append(faults, Fault{"weak-tls-signature", "the server signs the TLS handshake with SHA-1", CauseWeakTLSSignature})
	}
	return faults
}

// weakCipher is worse than a Warning where the cipher itself is broken (RFC 7465). An
// exchange of keys by RSA lacks forward secrecy, CBC with SHA-256 and 3DES are weak
// against attackers with a lot of traffic (RFC 9325 §4).
func weakCipher(name string) Fault {
	switch {
	case strings.Contains(name, "RC4"):
		return Fault{"weak-cipher", "the server agreed on the broken cipher " + name, CauseWeakCipher}
	case strings.HasPrefix(name, "TLS_RSA_"):
		return Fault{"weak-cipher", "the server agreed on the weak cipher " + name + ", which has no forward secrecy", CauseWeakCipher.As(probe.Warning)}
	}
	return Fault{"weak-cipher", "the server agreed on the weak cipher " + name, CauseWeakCipher.As(probe.Warning)}
}

// signedBySHA1 reports whether the server signed its part of the key exchange with
// SHA-1. crypto/tls knows it and does not export it; where a later Go keeps it in
// another place the answer is no.
func signedBySHA1(state *tls.ConnectionState) bool {
	scheme := reflect.ValueOf(state).Elem().FieldByName("testingOnlyPeerSignatureAlgorithm")
	if !scheme.IsValid() || !scheme.CanUint() {
		return false
	}
	return scheme.Uint() == uint64(tls.PKCS1WithSHA1) || scheme.Uint() == uint64(tls.ECDSAWithSHA1)
}
