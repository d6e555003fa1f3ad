package transport

import (
	"crypto/tls"
	"fmt"
	"reflect"
	"strings"

	"mailprobe/probe"
)

// The flags that permit credentials despite a fault.
const (
	insecure   = "--insecure"
	withoutTLS = "--auth-without-tls"
)

// ofCertificate reports whether the certificate has the fault, rather than the TLS
// session.
func (f Fault) ofCertificate() bool {
	return strings.HasPrefix(f.Cause.Name, "cert-") || f.Cause.Is(CauseNoAuthorities)
}

// accepts reports whether the user's options accept a fault.
func (l *Link) accepts(f Fault) bool { return l.options.Insecure && f.ofCertificate() }

// permit returns the flag that permits credentials despite a fault; empty if the fault
// does not withhold them. A malformed certificate does not, nor one without a good OCSP
// response, nor a cipher that an eavesdropper cannot break today.
func (l *Link) permit(f Fault) string {
	switch {
	case f.Cause.Is(CauseCertMalformed), f.Cause.Is(CauseStapleBad), f.Cause.Is(CauseStapleMissing):
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

// shortVersion returns a version in the form of --tls-min.
func shortVersion(version uint16) string { return strings.TrimPrefix(tls.VersionName(version), "TLS ") }

// judgeProtocol returns the faults of the TLS version, cipher and signature.
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
			faults = append(faults, l.weakCipher(suite.Name))
		}
	}
	if state.Version == tls.VersionTLS12 && signedBySHA1(state) {
		faults = append(faults, Fault{"weak-tls-signature", "the server signs the TLS handshake with SHA-1", CauseWeakTLSSignature})
	}
	return faults
}

// weakCipher returns the fault of a cipher. It is worse than a Warning only if the cipher
// is broken (RFC 7465). RSA key exchange lacks forward secrecy; CBC with SHA-256 and 3DES
// are weak against attackers with a lot of traffic (RFC 9325 §4). A server that was offered
// only weak ones may prefer others.
func (l *Link) weakCipher(name string) Fault {
	switch {
	case l.options.Ciphers.areWeak():
		return Fault{"weak-cipher", "the server accepts the weak cipher " + name + ", having been offered no other", CauseWeakCipher.As(probe.Warning)}
	case strings.Contains(name, "RC4"):
		return Fault{"weak-cipher", "the server agreed on the broken cipher " + name, CauseWeakCipher}
	case strings.HasPrefix(name, "TLS_RSA_"):
		return Fault{"weak-cipher", "the server agreed on the weak cipher " + name + ", which has no forward secrecy", CauseWeakCipher.As(probe.Warning)}
	}
	return Fault{"weak-cipher", "the server agreed on the weak cipher " + name, CauseWeakCipher.As(probe.Warning)}
}

// signedBySHA1 reports whether the server signed its key exchange with SHA-1. crypto/tls
// does not export that; if a later Go moves the field the answer is no.
func signedBySHA1(state *tls.ConnectionState) bool {
	scheme := reflect.ValueOf(state).Elem().FieldByName("testingOnlyPeerSignatureAlgorithm")
	if !scheme.IsValid() || !scheme.CanUint() {
		return false
	}
	return scheme.Uint() == uint64(tls.PKCS1WithSHA1) || scheme.Uint() == uint64(tls.ECDSAWithSHA1)
}
