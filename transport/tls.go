package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

// Implicit tells whether the connection begins with TLS.
func (l *Link) Implicit() bool {
	return l.options.TLS == Implicit || l.Target.Scheme.TLS && l.options.TLS != Off
}

// Demanded tells whether the check fails without good TLS.
func (l *Link) Demanded() bool { return l.options.TLS == Require || l.Implicit() }

// Wanted tells whether STARTTLS is to be tried.
func (l *Link) Wanted() bool { return l.options.TLS != Off && !l.Implicit() }

// Upgraded tells whether STARTTLS was tried and has led to TLS.
func (l *Link) Upgraded() bool { return l.Wanted() && l.Conn.TLS() != nil }

// Handshake is the step that makes TLS of the connection and judges it; or, with
// the time of a step of its own, the end of one that has asked for TLS.
func (l *Link) Handshake(s *probe.Step) error {
	l.NextStep()
	begin := time.Now()
	if err := l.Conn.StartTLS(l.config()); err != nil {
		l.broken = true
		return l.explainHandshake(err)
	}
	state := l.Conn.TLS()
	s.Learn(probe.Duration("handshake", time.Since(begin)))
	l.describe(s, state)
	l.Faults = append(JudgeChain(state.PeerCertificates, l.options.roots, l.serverName(), time.Now()), l.judgeVersion(state)...)
	return l.report(s)
}

// config accepts every certificate, version and cipher there is: they are judged
// when they are known.
func (l *Link) config() *tls.Config {
	return &tls.Config{
		ServerName:         l.serverName(),
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		Certificates:       l.options.certificate,
		CipherSuites:       allSuites(),
	}
}

// allSuites are all ciphers there are, the weak ones as well.
func allSuites() (ids []uint16) {
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, suite.ID)
	}
	return ids
}

func (l *Link) serverName() string {
	if l.options.ServerName != "" {
		return l.options.ServerName
	}
	return strings.TrimSuffix(l.Target.Host, ".")
}

func (l *Link) explainHandshake(err error) error {
	switch {
	case errors.Is(err, wire.ErrInjected) && l.Implicit():
		return probe.Fail(probe.Critical, err, "the server does not begin with TLS on this port: try --tls=auto, or port 465, 993 or 995")
	case errors.Is(err, wire.ErrInjected):
		return probe.Fail(probe.Critical, err, "someone on the way, or the server itself, sends plain text into the start of TLS: none of it was used")
	case errors.Is(err, wire.ErrTimeout):
		return probe.Fail(probe.Critical, fmt.Errorf("TLS handshake: %w", err), "the server stalls in the handshake: check its load, its source of randomness, and whether it speaks TLS on this port")
	}
	return probe.Fail(probe.Critical, fmt.Errorf("TLS handshake: %w", err), "look into the server's log for the other half of this error")
}

// describe tells what TLS was agreed on and whose certificate was shown.
func (l *Link) describe(s *probe.Step, state *tls.ConnectionState) {
	version, cipher := tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	s.Say(version + ", " + cipher)
	s.Learn(probe.Text("tls_version", version), probe.Text("cipher", cipher))
	if state.CurveID != 0 {
		s.Learn(probe.Text("key_exchange", state.CurveID.String()))
	}
	if len(state.PeerCertificates) > 0 {
		s.Learn(l.describeCertificate(state.PeerCertificates)...)
	}
}

func (l *Link) describeCertificate(chain []*x509.Certificate) []probe.Fact {
	leaf := chain[0]
	key, bits := keyOf(leaf)
	if bits > 0 {
		key = fmt.Sprintf("%s %d bits", key, bits)
	}
	return []probe.Fact{
		probe.Text("cert_subject", leaf.Subject.String()),
		probe.Text("cert_issuer", leaf.Issuer.String()),
		probe.Text("cert_names", strings.Join(names(leaf), ", ")),
		probe.Text("cert_key", key),
		probe.Text("cert_signature", leaf.SignatureAlgorithm.String()),
		probe.Number("cert_chain", float64(len(chain)), probe.None),
		probe.Text("cert_not_after", leaf.NotAfter.UTC().Format(time.RFC3339)),
		l.daysLeft(leaf),
	}
}

// daysLeft is judged by default only while the certificate is valid: afterwards
// the fault "expired" speaks, graded as every fault is.
func (l *Link) daysLeft(leaf *x509.Certificate) probe.Fact {
	left := time.Until(leaf.NotAfter)
	days := left / (24 * time.Hour)
	if left < 0 {
		return probe.Number("cert_days_left", float64(days-1), probe.None)
	}
	return probe.Number("cert_days_left", float64(days), probe.None).Within("14:", "3:")
}

// judgeVersion names what is weak about the TLS that was agreed on.
func (l *Link) judgeVersion(state *tls.ConnectionState) []Fault {
	var faults []Fault
	if state.Version < l.options.minVersion {
		faults = append(faults, Fault{"old-version", fmt.Sprintf("the server agreed on %s only, %s is the least that is good", tls.VersionName(state.Version), tls.VersionName(l.options.minVersion)), "enable a newer version of TLS on the server, or lower --tls-min"})
	}
	for _, suite := range tls.InsecureCipherSuites() {
		if suite.ID == state.CipherSuite {
			faults = append(faults, Fault{"weak-cipher", "the server agreed on the weak cipher " + suite.Name, "enable ECDHE with AES-GCM or ChaCha20 on the server"})
		}
	}
	return faults
}

// report grades the faults: Critical where TLS was demanded, else a Warning.
func (l *Link) report(s *probe.Step) error {
	if len(l.Faults) == 0 {
		return nil
	}
	var texts, words []string
	for _, f := range l.Faults {
		texts, words = append(texts, f.Text), append(words, f.Name)
	}
	s.Learn(probe.Text("cert_faults", strings.Join(words, " ")))
	text, hint := strings.Join(texts, "; "), l.Faults[0].Hint
	switch {
	case l.options.Insecure:
		s.Say(text + " (accepted by --insecure)")
	case l.Demanded():
		return probe.Fail(probe.Critical, errors.New(text), hint)
	default:
		s.Raise(probe.Warning, text, hint)
	}
	return nil
}

// Confidential tells whether credentials may be sent: over TLS with the right
// server, or where the user said so. The error says why not.
func (l *Link) Confidential() error {
	switch {
	case l.options.WithoutTLS:
		return nil
	case l.Conn.TLS() == nil:
		return probe.Fail(probe.Critical, errors.New("not tried: the connection is not encrypted"), "make the server offer TLS, or permit it with --auth-without-tls")
	case len(l.Faults) > 0 && !l.options.Insecure:
		return probe.Fail(probe.Critical, errors.New("not tried: the server's certificate is not good, so anyone could be at the other end"), "mend the certificate, name the authority with --ca-file, or accept it with --insecure")
	}
	return nil
}

// InClear says, at the end of a sentence, how a session without TLS goes on.
func (l *Link) InClear() string {
	if l.options.WithoutTLS {
		return "; going on without TLS"
	}
	return "; going on without TLS and without credentials"
}

// WithoutTLS ends the walk where TLS was demanded, else goes on in clear text.
func (l *Link) WithoutTLS(s *probe.Step, why error) error {
	if l.Demanded() {
		return probe.Refuse(probe.Critical, why, "enable TLS on the server, or use --tls=auto to go on without")
	}
	s.Raise(probe.Warning, why.Error()+l.InClear(), "enable TLS on the server, or say --tls=off to find this good")
	return nil
}

// TLSSummary says in a few words what TLS there is, nothing where there is none.
func (l *Link) TLSSummary() string {
	if l.Conn == nil || l.Conn.TLS() == nil {
		return ""
	}
	version := tls.VersionName(l.Conn.TLS().Version)
	if len(l.Faults) > 0 {
		return version + ", certificate with faults"
	}
	days, _ := l.Result.Fact("cert_days_left")
	return fmt.Sprintf("%s, certificate good for %s days", version, days.Text)
}

// OverTLS names the version of TLS after "over", or says that there is none.
func (l *Link) OverTLS() string {
	if l.Conn == nil || l.Conn.TLS() == nil {
		return "without TLS"
	}
	return "over " + tls.VersionName(l.Conn.TLS().Version)
}
