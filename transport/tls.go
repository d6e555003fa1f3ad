package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"mailprobe/probe"
)

// Implicit reports whether the connection begins with TLS.
func (l *Link) Implicit() bool {
	return l.options.TLS == Implicit || l.Target.Scheme.TLS && l.options.TLS != Off
}

// Demanded reports whether the check fails without good TLS.
func (l *Link) Demanded() bool {
	return l.options.TLS == Require || l.options.TLS == DANE || l.Implicit()
}

// Wanted reports whether the session should use STARTTLS.
func (l *Link) Wanted() bool { return l.options.TLS != Off && !l.Implicit() }

// Upgraded reports whether STARTTLS has succeeded.
func (l *Link) Upgraded() bool { return l.Wanted() && l.Conn.TLS() != nil }

// Handshake makes the TLS handshake and judges it. It is a step of its own, or the end of
// a step that asked for TLS, with a new time limit.
func (l *Link) Handshake(s *probe.Step) error {
	l.NextStep()
	l.shook = true
	elapsed, err := l.negotiate(s)
	l.writeCertificates(s)
	if err != nil {
		l.broken = true
		return l.explainHandshake(err)
	}
	state := l.Conn.TLS()
	if l.options.Handshaken != nil {
		l.options.Handshaken(l.Conn.TLS())
	}
	s.Learn(probe.Duration("handshake", elapsed))
	l.matchTLSA()
	l.describe(s, state)
	faults, chains := l.options.verified.judgeChain(state.PeerCertificates, l.options.roots, l.serverName(), time.Now())
	if observe := probe.ObserverOf(l.ctx).Handshaken; observe != nil {
		state.VerifiedChains = chains
		observe(state)
	}
	faults = append(faults, l.judgeStaple(s, state, chains)...)
	l.describePath(s, chains)
	l.Faults = l.withoutExempt(s, append(faults, l.judgeProtocol(state)...))
	return l.report(s)
}

// clientCertificate is called if the server asks for a certificate. An empty one stands
// for none.
func (l *Link) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	l.asked = true
	if len(l.options.certificate) == 0 {
		return &tls.Certificate{}, nil
	}
	return &l.options.certificate[0], nil
}

// allSuites returns all cipher suites, including the weak ones.
var allSuites = sync.OnceValue(func() (ids []uint16) {
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, suite.ID)
	}
	return ids
})

func (l *Link) serverName() string {
	if l.options.ServerName != "" {
		return l.options.ServerName
	}
	if l.byTLSA() {
		return l.tlsa.Base
	}
	return strings.TrimSuffix(l.Target.Host, ".")
}

// describe reports the negotiated TLS and the server's certificate.
func (l *Link) describe(s *probe.Step, state *tls.ConnectionState) {
	version, cipher := tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	s.Say(version + ", " + cipher)
	s.Learn(probe.Text("tls_version", version).As(probe.Label), probe.Text("cipher", cipher).As(probe.Label))
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
	left := DaysLeft("cert_days_left", leaf)
	left.Unjudged = left.Unjudged || l.ignoresDates()
	return []probe.Fact{
		probe.Text("cert_subject", leaf.Subject.String()),
		probe.Text("cert_issuer", leaf.Issuer.String()).As(probe.Label),
		probe.Text("cert_serial", fmt.Sprintf("%x", leaf.SerialNumber)).As(probe.Identifier),
		probe.Text("cert_sha256", fmt.Sprintf("%x", sha256.Sum256(leaf.Raw))).As(probe.Identifier),
		probe.Text("spki_sha256", fmt.Sprintf("%x", sha256.Sum256(leaf.RawSubjectPublicKeyInfo))).As(probe.Identifier),
		probe.Text("cert_not_before", leaf.NotBefore.UTC().Format(time.RFC3339)).As(probe.Identifier),
		probe.Text("cert_names", strings.Join(names(leaf), ", ")),
		probe.Text("cert_key", key),
		probe.Text("cert_signature", leaf.SignatureAlgorithm.String()),
		probe.Number("cert_chain", float64(len(chain)), probe.None),
		probe.Text("cert_not_after", leaf.NotAfter.UTC().Format(time.RFC3339)).As(probe.Moment),
		left,
	}
}

// DaysLeft returns the fact of a name that a certificate expires in so many whole days. It
// is judged by default only while the certificate is valid: afterwards the fault "expired"
// speaks, graded as every fault is.
func DaysLeft(name string, leaf *x509.Certificate) probe.Fact {
	return daysLeft(name, "the certificate", leaf.NotAfter)
}

func daysLeft(name, of string, until time.Time) probe.Fact {
	left := time.Until(until)
	days := int(left / (24 * time.Hour))
	if left < 0 {
		days--
	}
	fact := probe.Number(name, float64(days), probe.None).Within("14:", "3:").Saying(of + expiry(days, until))
	fact.Cause, fact.Unjudged = CauseCertExpiresSoon, left < 0
	return fact
}

// expiry continues a sentence about a certificate that has so many whole days left, or expired.
func expiry(days int, at time.Time) string {
	date := at.UTC().Format(day)
	switch {
	case days < 0:
		return " expired on " + date
	case days == 0:
		return " expires in less than a day, on " + date
	}
	return fmt.Sprintf(" expires in %s, on %s", probe.Count(days, "day"), date)
}

// report grades the faults: as bad as their causes if TLS was demanded, otherwise a
// Warning if they are the server's. --insecure accepts those of the certificate.
func (l *Link) report(s *probe.Step) error {
	if len(l.Faults) == 0 {
		return nil
	}
	var words, accepted, texts []string
	var causes []*probe.Cause
	for _, f := range l.Faults {
		words = append(words, f.Name)
		if l.accepts(f) {
			accepted = append(accepted, f.Text)
			continue
		}
		texts, causes = append(texts, f.Text), append(causes, l.weigh(f.Cause))
	}
	s.Learn(probe.Text("cert_faults", strings.Join(words, " ")))
	if len(accepted) > 0 {
		s.Say(strings.Join(accepted, "; ") + " (accepted: certificates are not verified)")
	}
	if len(causes) == 0 {
		return nil
	}
	worstFirst(causes)
	text := strings.Join(texts, "; ")
	if l.Demanded() && causes[0].Status != probe.Warning {
		return probe.Because(causes[0], errors.New(text), causes[1:]...)
	}
	s.RaiseFor(causes[0], text, causes[1:]...)
	return nil
}

// weigh returns the cause of a fault, as bad as it is here: if TLS is only tried the
// session would go on without it too, so faults are a Warning. What this side lacks stays
// Unknown.
func (l *Link) weigh(c *probe.Cause) *probe.Cause {
	if l.Demanded() || c.Blame == probe.BlameSender {
		return c
	}
	return c.As(probe.Warning)
}

// Confidential returns nil if credentials may be sent: over TLS with the right server, or
// if the user's options permit more. Otherwise the error says why not, and which flag
// permits it.
func (l *Link) Confidential() error {
	switch {
	case l.options.WithoutTLS:
		return nil
	case l.Conn.TLS() == nil && l.options.TLS == Off:
		return probe.Because(CauseTLSOff, probe.OptionErrorf("not tried: %s=off leaves the connection unencrypted", probe.OptionName("tls")))
	case l.Conn.TLS() == nil:
		return probe.Because(CauseNotConfidential, errors.New("not tried: the connection is not encrypted"))
	case l.byTLSA() && len(l.matched) == 0:
		return probe.Because(CauseDANEMismatch, errors.New("not tried: "+l.mismatch()+", so anyone could be at the other end"))
	}
	var texts, flags []string
	var causes []*probe.Cause
	for _, f := range l.Faults {
		flag := l.permit(f)
		if flag == "" || l.accepts(f) {
			continue
		}
		texts, causes = append(texts, f.Text), append(causes, f.Cause)
		if !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	if len(causes) == 0 {
		return nil
	}
	text := "not tried: " + strings.Join(texts, "; ")
	if flags[0] == insecure {
		text += ", so anyone could be at the other end"
	}
	hint, permit := causes[0].Hint, strings.Join(flags, " ")
	if !strings.Contains(hint, permit) {
		hint += ", or permit this with " + permit
	}
	return probe.Because(causes[0].Advise(hint), errors.New(text), causes[1:]...)
}

// WithoutTLS ends the step of a session that gets no TLS: with an error if TLS was
// demanded, otherwise with a warning, and the session goes on in clear text. why says
// that the server does not offer TLS or refuses it, and c is the cause.
func (l *Link) WithoutTLS(s *probe.Step, c *probe.Cause, why error) error {
	if l.Demanded() {
		return probe.RefuseBecause(c.Advise(strings.Replace(c.Hint, "--tls=off to accept this", "--tls=auto to go on without", 1)), why)
	}
	inClear := "; going on without TLS and without credentials"
	if l.options.WithoutTLS {
		inClear = "; going on without TLS"
	}
	s.RaiseFor(c.As(probe.Warning), why.Error()+inClear)
	return nil
}

// TLSSummary describes the TLS session in a few words; it is empty without TLS.
func (l *Link) TLSSummary() string {
	if l.Conn == nil || l.Conn.TLS() == nil {
		return ""
	}
	version := tls.VersionName(l.Conn.TLS().Version)
	if slices.ContainsFunc(l.Faults, Fault.ofCertificate) {
		return version + ", certificate with faults"
	}
	if len(l.Faults) > 0 {
		version += " with faults"
	}
	if len(l.matched) > 0 {
		return version + ", certificate as its TLSA records have it"
	}
	days, _ := l.Result.Fact("cert_days_left")
	return fmt.Sprintf("%s, certificate good for %s days", version, days.Text)
}

// OverTLS returns "over" and the version of TLS, or "without TLS".
func (l *Link) OverTLS() string {
	if l.Conn == nil || l.Conn.TLS() == nil {
		return "without TLS"
	}
	return "over " + tls.VersionName(l.Conn.TLS().Version)
}
