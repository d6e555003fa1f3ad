package mailtest

import (
	"crypto/tls"
	"net"
	"net/url"
	"slices"
)

// Service is one of the ports of a host.
type Service string

// The services that every host has. A trailing s means TLS from the start
// (RFC 8314 §3); the others offer to turn it on.
const (
	SMTP        Service = "smtp"
	Submission  Service = "submission"
	Submissions Service = "submissions"
	POP3        Service = "pop3"
	POP3S       Service = "pop3s"
	IMAP        Service = "imap"
	IMAPS       Service = "imaps"
)

var services = [...]Service{SMTP, Submission, Submissions, POP3, POP3S, IMAP, IMAPS}

// Services returns all services of a host.
func Services() []Service { return slices.Clone(services[:]) }

// implicitTLS reports whether connections begin with the handshake.
func (s Service) implicitTLS() bool {
	return s == Submissions || s == POP3S || s == IMAPS
}

// Addr is the address of a service, such as 127.0.0.1:40025.
func (h *Host) Addr(service Service) string { return h.ports[service].addr }

// URL is a service as a target of mailprobe, with the user's name unless it is empty.
func (h *Host) URL(service Service, user string) string {
	u := url.URL{Scheme: string(service), Host: h.Addr(service)}
	if user != "" {
		u.User = url.User(user)
	}
	return u.String()
}

// SMTPURL is where other servers hand over mail.
func (h *Host) SMTPURL() string { return h.URL(SMTP, "") }

// SubmissionURL is where users hand over mail, after STARTTLS.
func (h *Host) SubmissionURL() string { return h.URL(Submission, "") }

// POP3URL is where a user fetches mail, after STLS.
func (h *Host) POP3URL(user string) string { return h.URL(POP3, user) }

// POP3SURL is where a user fetches mail, over TLS.
func (h *Host) POP3SURL(user string) string { return h.URL(POP3S, user) }

// IMAPURL is where a user reads mail by IMAP, after STARTTLS.
func (h *Host) IMAPURL(user string) string { return h.URL(IMAP, user) }

// IMAPSURL is where a user reads mail by IMAP, over TLS.
func (h *Host) IMAPSURL(user string) string { return h.URL(IMAPS, user) }

// WriteCA writes the certificate that clients must trust to a PEM file.
func (h *Host) WriteCA(file string) error { return h.authority.WriteFile(file) }

// serve has the server of a service answer on its port.
func (h *Host) serve(p *port) {
	var listener net.Listener = p
	if p.service.implicitTLS() {
		listener = tls.NewListener(p, h.tlsConfig(p.service))
	}
	switch p.service {
	case SMTP, Submission, Submissions:
		h.serveSMTP(p, listener)
	case POP3, POP3S:
		h.servePOP3(p, listener)
	case IMAP, IMAPS:
		h.serveIMAP(p, listener)
	}
}
