package integration

import (
	"testing"

	"mailprobe/probe"
)

// causeOf names the cause that each certificate but the good one is.
var causeOf = map[Certificate]string{
	Expired: "cert-expired", NotYetValid: "cert-not-yet-valid", WrongName: "cert-wrong-name",
	SelfSigned: "cert-untrusted", UnknownIssuer: "cert-untrusted",
}

// Every fault of a certificate is named by its own word, and by no other's.
// TLS that was only tried for makes it a Warning, TLS that was demanded makes
// it Critical.
func TestCertificateFaults(t *testing.T) {
	needDovecot(t)
	doors := []struct {
		service    Service
		kind, step string
		scheme     string
		flags      []string
		want       probe.Status
	}{
		{POP3, "pop3", "stls", "", nil, probe.Warning},
		{POP3, "pop3", "stls", "", []string{"--tls=require"}, probe.Critical},
		{POP3S, "pop3", "tls", "pop3s://", nil, probe.Critical},
		{SMTP, "smtp", "starttls", "", nil, probe.Warning},
		{SMTP, "smtp", "starttls", "", []string{"--tls=require"}, probe.Critical},
		{SMTPS, "smtp", "tls", "smtps://", nil, probe.Critical},
	}
	for _, door := range doors {
		if door.kind == "smtp" && !withPostfix {
			continue
		}
		for _, fault := range Certificates()[1:] {
			t.Run(string(door.service)+" "+door.want.String()+" "+string(fault), func(t *testing.T) {
				t.Parallel()
				o := check(t, "", door.kind, door.scheme+lab.Addr(door.service, fault), door.flags...).is(door.want)
				o.because(door.step, door.want, causeOf[fault], probe.BlameServer)
				o.fact("cert_faults", string(fault))
			})
		}
	}
}

// A good certificate is described in full.
func TestGoodCertificate(t *testing.T) {
	needDovecot(t)
	o := check(t, "", "pop3", "pop3s://"+lab.Addr(POP3S, Good)).is(probe.OK)
	for name, want := range map[string]string{
		"tls_version":    "TLS 1.3",
		"cert_subject":   "CN=" + Hostname,
		"cert_issuer":    "CN=mailprobe lab authority",
		"cert_names":     Hostname + ", " + lab.Host(Good),
		"cert_key":       "ECDSA 256 bits",
		"cert_days_left": "89",
	} {
		o.fact(name, want)
	}
	o = check(t, "", "pop3", "pop3s://"+lab.Addr(POP3S, Good), "--warn", "cert_days_left=120:").is(probe.Warning)
	o.step("tls", probe.Warning)
	o = check(t, "", "pop3", lab.Addr(POP3, Good), "--tls=off").is(probe.OK)
	if o.Step("stls") != nil {
		t.Error("--tls=off asked for TLS")
	}
}

// A server that does not offer STARTTLS is a Warning, unless it was demanded.
func TestNoStartTLS(t *testing.T) {
	needPostfix(t)
	check(t, "", "smtp", lab.Addr(ClearAuth, Good)).is(probe.Warning).
		because("starttls", probe.Warning, "tls-not-offered", probe.BlameServer, "does not offer STARTTLS")
	o := check(t, "", "smtp", lab.Addr(ClearAuth, Good), "--tls=require", "-t", lab.NewUser().Name).is(probe.Critical)
	o.because("starttls", probe.Critical, "tls-not-offered", probe.BlameServer, "does not offer STARTTLS")
	if o.Step("mail") != nil {
		t.Error("the session went on without TLS")
	}
}

// TLS of an older version than wanted is a fault like those of a certificate.
func TestOldTLS(t *testing.T) {
	needPostfix(t)
	target := lab.Addr(OldTLS, Good)
	check(t, "", "smtp", target).is(probe.OK).fact("tls_version", "TLS 1.2")
	check(t, "", "smtp", target, "--tls-min", "1.3").is(probe.Warning).because("starttls", probe.Warning, "tls-old-version", probe.BlameServer, "TLS 1.2")
	check(t, "", "smtp", target, "--tls-min", "1.3", "--tls=require").is(probe.Critical).because("starttls", probe.Critical, "tls-old-version", probe.BlameServer, "TLS 1.2")
}

// With TLS 1.3 a server that misses the client's certificate says so only when
// the client takes the handshake for done (RFC 8446 section 4.4.2.4).
func TestClientCertificate(t *testing.T) {
	needPostfix(t)
	target := lab.Addr(ClientCert, Good)
	check(t, "", "smtp", target).is(probe.Unknown).because("ehlo-tls", probe.Unknown, "client-cert-needed", probe.BlameSender, "421 4.7.1", "No client certificate")
	cert, key := lab.ClientCertificate()
	check(t, "", "smtp", target, "--client-cert", cert, "--client-key", key).is(probe.OK).step("ehlo-tls", probe.OK)
}

// Which versions real servers accept, by STARTTLS and from the start. Postfix up to 3.7 has
// all of them by default.
func TestTLSVersions(t *testing.T) {
	needDovecot(t)
	for _, door := range []struct {
		service      Service
		kind, scheme string
		want         probe.Status
		accepted     string
	}{
		{POP3, "pop3", "", probe.OK, "1.2 1.3"},
		{IMAP, "imap", "", probe.OK, "1.2 1.3"},
		{IMAPS, "imap", "imaps://", probe.OK, "1.2 1.3"},
		{SMTP, "smtp", "", probe.Warning, "1.0 1.1 1.2 1.3"},
		{OldTLS, "smtp", "", probe.OK, "1.2"},
	} {
		if door.kind == "smtp" && !withPostfix {
			continue
		}
		t.Run(string(door.service), func(t *testing.T) {
			t.Parallel()
			o := check(t, "", door.kind, door.scheme+lab.Addr(door.service, Good), "--tls-versions").is(door.want)
			o.step("tls-versions", door.want)
			o.fact("tls_versions", door.accepted)
			if door.want == probe.Warning {
				o.because("tls-versions", probe.Warning, "tls-old-version-accepted", probe.BlameServer, "accepts TLS 1.0 and 1.1")
			}
		})
	}
}
