package mailtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// relayLimit is how long one session with another host may take.
const relayLimit = 30 * time.Second

// exchanger is a server that mail is relayed to.
type exchanger struct{ name, address string }

// Route makes the host relay mail for a domain to another host by SMTP. A domain that is
// neither the host's own nor has a route does not exist for it.
func (h *Host) Route(domain string, next *Host) {
	h.RouteTo(domain, next.config.Name, next.Addr(SMTP))
}

// RouteTo makes the host relay mail for a domain to any SMTP server, at an address such
// as 127.0.0.1:25.
func (h *Host) RouteTo(domain, name, address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.routes[strings.ToLower(domain)] = exchanger{name, address}
}

// Join routes the domains of each of the hosts to it, at all others.
func Join(hosts ...*Host) {
	for _, from := range hosts {
		for _, to := range hosts {
			if from == to {
				continue
			}
			for _, domain := range to.config.Domains {
				from.Route(domain, to)
			}
		}
	}
}

func (h *Host) route(domain string) (next exchanger, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next, ok = h.routes[strings.ToLower(domain)]
	return next, ok
}

// relay hands a message over to the next server, and returns the recipients that it
// refused.
func (h *Host) relay(m *queued, next exchanger, to []string) []failure {
	var dialer net.Dialer
	socket, err := dialer.DialContext(h.ctx, "tcp", next.address)
	if err != nil {
		return refused(next, to, err)
	}
	_ = socket.SetDeadline(time.Now().Add(relayLimit))
	defer context.AfterFunc(h.ctx, func() { _ = socket.Close() })()
	client, err := h.greet(socket)
	if err != nil {
		_ = socket.Close()
		return refused(next, to, err)
	}
	defer func() { _ = client.Close() }()
	failed, err := transact(client, m, next, to)
	if err != nil {
		return refused(next, to, err)
	}
	_ = client.Quit()
	return failed
}

// greet begins the session, by TLS as servers use it among each other: whatever
// the certificate (RFC 7435).
func (h *Host) greet(socket net.Conn) (*smtp.Client, error) {
	client, err := smtp.NewClientStartTLS(socket, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	return client, client.Hello(h.config.Name)
}

// transact makes one mail transaction (RFC 5321 §3.3). The error is about all
// recipients.
func transact(client *smtp.Client, m *queued, next exchanger, to []string) (failed []failure, err error) {
	if err := client.Mail(m.from, &smtp.MailOptions{Size: int64(len(m.text))}); err != nil {
		return nil, err
	}
	var accepted []string
	for _, recipient := range to {
		if err := client.Rcpt(recipient, nil); err != nil {
			failed = append(failed, refused(next, []string{recipient}, err)...)
		} else {
			accepted = append(accepted, recipient)
		}
	}
	if len(accepted) == 0 {
		return failed, nil
	}
	if err := send(client, m.text); err != nil {
		failed = append(failed, refused(next, accepted, err)...)
	}
	return failed, nil
}

func send(client *smtp.Client, text []byte) error {
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(text); err != nil {
		return err
	}
	return data.Close()
}

// refused returns the recipients that another host refused. Everything but a
// 5xx reply may be better the next time (RFC 5321 §4.2.1).
func refused(next exchanger, to []string, err error) []failure {
	f := failure{temporary: true, host: next.name, status: "4.4.2", reply: err.Error()}
	var r *smtp.SMTPError
	if errors.As(err, &r) {
		f.temporary = r.Code < 500
		f.status = fmt.Sprintf("%d.%d.%d", r.EnhancedCode[0], r.EnhancedCode[1], r.EnhancedCode[2])
		f.reply = fmt.Sprintf("%d %s %s", r.Code, f.status, r.Message)
		if r.EnhancedCode[0] <= 0 {
			f.status = fmt.Sprintf("%d.0.0", r.Code/100)
			f.reply = fmt.Sprintf("%d %s", r.Code, r.Message)
		}
	}
	var failed []failure
	for _, f.recipient = range to {
		failed = append(failed, f)
	}
	return failed
}
