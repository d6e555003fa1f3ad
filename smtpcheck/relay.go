package smtpcheck

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"mailprobe/probe"
)

// The foreign addresses of the relay test, in domains that are reserved for
// documentation (RFC 2606): no server has them for its own.
const (
	relaySender    = "mailprobe@example.net"
	relayRecipient = "mailprobe@example.com"
)

// envelope is one question of the relay test.
type envelope struct{ from, to string }

// openRelay asks whether a foreigner may write to a foreigner, in the spellings
// by which servers have been fooled. Nothing is ever sent: RSET follows each.
func (w *walk) openRelay(s *probe.Step) error {
	questions := w.relayQuestions()
	var accepted []string
	asked := 0
	var broken error
	for _, q := range questions {
		yes, answer, err := w.ask(q)
		if err != nil {
			broken = err
			break
		}
		asked++
		if yes {
			accepted = append(accepted, fmt.Sprintf("MAIL FROM:<%s> RCPT TO:<%s>: %q", q.from, q.to, answer))
		}
	}
	s.Learn(probe.Number("relay_asked", float64(asked), probe.None), probe.Number("relay_accepted", float64(len(accepted)), probe.None))
	switch {
	case len(accepted) > 0:
		return probe.Fail(probe.Critical, errors.New("the server relays for anyone: it accepted "+strings.Join(accepted, "; ")),
			"restrict relaying to own networks and logged-in users before spammers find it (Postfix: smtpd_relay_restrictions)")
	case broken != nil:
		return probe.Fail(probe.Unknown, fmt.Errorf("after %d of %d questions, all refused: %w", asked, len(questions), broken),
			"the server ends sessions with many refusals: exempt this host to have all questions answered")
	}
	s.Say(fmt.Sprintf("all %d ways of relaying are refused", asked))
	return nil
}

// ask puts one question and forgets it. answer is the server's last word on it.
func (w *walk) ask(q envelope) (yes bool, answer Reply, err error) {
	answer, err = w.session.Mail(q.from)
	if err == nil {
		answer, err = w.session.Rcpt(q.to)
	}
	yes = err == nil
	if isReply(err) {
		err = nil
	}
	if answer.Code == 421 {
		return false, answer, fmt.Errorf("the server hung up with %q", answer)
	}
	if err == nil {
		_, err = w.session.Rset()
	}
	return yes, answer, err
}

// relayQuestions are the spellings; -f and -t replace the foreign addresses.
func (w *walk) relayQuestions() []envelope {
	from, to := relaySender, relayRecipient
	if w.From != "" {
		from = w.From
	}
	if len(w.To) > 0 {
		to = w.To[0]
	}
	user, domain, _ := strings.Cut(to, "@")
	host := w.Target.Host
	return []envelope{
		{from, to},
		{"", to},
		{"postmaster@" + host, to},
		{from, user + "%" + domain + "@" + host},
		{from, user + "%" + domain + "@" + w.addressLiteral()},
		{from, `"` + to + `"`},
		{from, `"` + to + `"@` + host},
		{from, to + "@" + host},
		{from, "@" + host + ":" + to},
		{from, domain + "!" + user},
		{from, domain + "!" + user + "@" + host},
	}
}

// addressLiteral writes the server's address as a domain (RFC 5321 §4.1.3).
func (w *walk) addressLiteral() string {
	addr, err := netip.ParseAddrPort(w.Result.Address)
	if err == nil && addr.Addr().Is6() {
		return "[IPv6:" + addr.Addr().String() + "]"
	}
	return "[" + addr.Addr().String() + "]"
}
