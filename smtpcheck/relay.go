package smtpcheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/wire"
)

// The foreign addresses of the relay test, in domains that are reserved for
// documentation (RFC 2606): no server has them for its own.
const (
	relaySender    = "mailprobe@example.net"
	relayRecipient = "mailprobe@example.com"
)

const (
	// maxRelaySessions bounds the sessions of the relay test: servers end a session after
	// some refusals.
	maxRelaySessions = 16
	// tarpit is how long an answer may take before the next question uses another
	// session: servers slow down after refusals (Courier by 8 seconds and more).
	tarpit = 3 * time.Second
)

// envelope is one question of the relay test.
type envelope struct {
	from, to string
	plain    bool // the recipient is written as any other is
}

func (e envelope) String() string { return fmt.Sprintf("MAIL FROM:<%s> RCPT TO:<%s>", e.from, e.to) }

// answer is the server's last reply to a question, at MAIL or RCPT.
type answer struct {
	verb  string
	reply Reply
	// used is set if the session cannot be used for another question, ended if not even
	// this one was answered.
	used, ended bool
}

// relayTest is the state of the relay test. Each question is accepted, refused, or not
// answered: refused for another reason than relaying.
type relayTest struct {
	*walk
	sessions             int
	inSession            int // questions answered in the session there is
	accepted, unanswered []string
	refused              int
	why                  *probe.Cause // what kept the first question from an answer; nil where that is the envelope
	broken               error        // why the questions after it were not put
}

// openRelay tests whether the server relays from a foreign sender to a foreign recipient,
// in the spellings that have fooled servers. Nothing is ever sent: RSET follows each
// question.
func (w *walk) openRelay(s *probe.Step) error {
	t := &relayTest{walk: w, sessions: 1}
	questions := w.relayQuestions()
	for _, q := range questions {
		if t.broken = t.put(q); t.broken != nil {
			break
		}
	}
	asked := len(t.accepted) + len(t.unanswered) + t.refused
	s.Learn(probe.Number("relay_asked", float64(asked), probe.None), probe.Number("relay_accepted", float64(len(t.accepted)), probe.None),
		probe.Number("relay_refused", float64(t.refused), probe.None))
	if t.sessions > 1 {
		s.Say(fmt.Sprintf("asked in %d sessions", t.sessions))
	}
	return t.conclude(s, asked, len(questions))
}

// conclude grades the answers.
func (t *relayTest) conclude(s *probe.Step, asked, all int) error {
	sofar := fmt.Sprintf("%d of %d ways of relaying are refused", t.refused, all)
	switch {
	case len(t.accepted) > 0:
		return probe.Because(CauseOpenRelay, errors.New("the server relays for anyone: it accepted "+strings.Join(t.accepted, "; ")))
	case t.broken != nil:
		return probe.Because(CauseRelayUnanswered.Advise("the server ends sessions with many refusals: exempt this host, or give it longer with --timeout"),
			fmt.Errorf("%s%s, %d not asked: %w", sofar, t.others(", %d not answered (%s)"), all-asked, t.broken))
	case len(t.unanswered) > 0:
		return probe.Because(t.unansweredFor(), errors.New(sofar+t.others("; the other %d were refused for another reason, or not finally: %s")))
	}
	s.Say(fmt.Sprintf("all %d ways of relaying are refused", all))
	return nil
}

// others returns how many questions were not answered and quotes the first; empty for
// none.
func (t *relayTest) others(format string) string {
	if len(t.unanswered) == 0 {
		return ""
	}
	return fmt.Sprintf(format, len(t.unanswered), t.unanswered[0])
}

// put asks a question, in a new session if needed, and once more in another one if the
// server ended the session or would take no more mail in it.
func (t *relayTest) put(q envelope) error {
	for attempt := 0; ; attempt++ {
		fresh := t.session == nil
		if fresh {
			if err := t.again(); err != nil {
				return err
			}
		}
		a, err := t.ask(q)
		if a.used || err != nil {
			t.session = nil
		}
		// A server may end the session, or take no more mail in it (Courier: MAILMAX).
		tired := a.ended || a.verb == "MAIL" && a.reply.Transient() && t.inSession > 0
		switch {
		case errors.Is(err, ErrOutOfStep), errors.Is(err, wire.ErrTimeout), errors.Is(err, context.Canceled):
			return err
		case err != nil && attempt > 0:
			t.unanswered = append(t.unanswered, fmt.Sprintf("%s: %s", q, err))
			return nil
		case err == nil && (!tired || fresh || attempt > 0):
			t.count(q, a)
			return nil
		}
		t.session = nil
	}
}

// ask asks one question in the current session and resets it. An accepted recipient
// counts whatever happens to the session.
func (t *relayTest) ask(q envelope) (a answer, err error) {
	begin := time.Now()
	a.verb = "MAIL"
	if a.reply, err = t.session.Mail(q.from); err == nil {
		a.verb = "RCPT"
		a.reply, err = t.session.Rcpt(q.to)
	}
	if err != nil && !transport.IsRefusal(err) {
		return a, err
	}
	if a.ended = a.reply.Code == 421; a.ended {
		a.used = true
		return a, nil
	}
	_, forgotten := t.session.Rset()
	a.used = forgotten != nil || time.Since(begin) > tarpit
	return a, nil
}

// count counts an answer.
func (t *relayTest) count(q envelope, a answer) {
	t.inSession++
	said := fmt.Sprintf("%s: %q", q, a.reply)
	switch {
	case a.reply.Positive():
		t.accepted = append(t.accepted, said)
	case refusesRelay(a.verb, q.plain, a.reply):
		t.refused++
	default:
		if len(t.unanswered) == 0 {
			t.why = whyUnanswered(a)
		}
		t.unanswered = append(t.unanswered, said)
	}
}

// whyUnanswered returns why the server refused if another envelope would not help,
// otherwise nil.
func whyUnanswered(a answer) *probe.Cause {
	row := table().Find(evidence(strings.ToLower(a.verb), a.reply))
	if first := row.Causes[0]; first.Is(transport.CauseRefusedUnclear) || slices.ContainsFunc(envelopeCauses, first.Is) {
		return nil
	}
	c, _ := row.Cause()
	return c
}

// unansweredFor returns the cause of questions not answered, with what helps.
func (t *relayTest) unansweredFor() *probe.Cause {
	if t.why == nil {
		return CauseRelayUnanswered
	}
	return CauseRelayUnanswered.Advise(t.why.Hint)
}

// again opens another session with the same server at the same address. Its steps are not
// recorded.
func (t *relayTest) again() error {
	if t.sessions == maxRelaySessions {
		return fmt.Errorf("the server ended each of %d sessions", t.sessions)
	}
	next, err := t.reopen()
	if err != nil {
		return fmt.Errorf("another session was not to be had: %w", err)
	}
	t.sessions++
	t.inSession = 0
	t.Link.Close()
	t.Conn, t.session = next.Conn, next.session
	return nil
}

// refusesRelay reports whether a reply refuses to relay, and not for another reason.
func refusesRelay(verb string, plain bool, r Reply) bool {
	step := strings.ToLower(verb)
	if !slices.ContainsFunc(relayCauses, table().Find(evidence(step, r)).Causes[0].Is) {
		return false
	}
	if step == "rcpt" && !plain {
		step = "spelling"
	}
	row := relayReplies.Find(evidence(step, r))
	return row != nil && row.Causes[0].Is(CauseRelayDenied)
}

// relayQuestions returns the spellings; -f and -t replace the foreign addresses.
func (w *walk) relayQuestions() []envelope {
	from, to := relaySender, relayRecipient
	if w.From != "" {
		from = w.wireForm(w.From)
	}
	if all := w.recipients(); len(all) > 0 {
		to = w.wireForm(all[0])
	}
	user, domain, _ := strings.Cut(to, "@")
	literal := w.serverLiteral()
	host := w.Target.Host
	if _, err := netip.ParseAddr(host); err == nil {
		host = literal // RFC 5321 §4.1.3: an address stands in brackets
	}
	return []envelope{
		{from, to, true},
		{"", to, true},
		{"postmaster@" + host, to, true},
		{from, user + "%" + domain + "@" + host, false},
		{from, user + "%" + domain + "@" + literal, false},
		{from, `"` + to + `"`, false},
		{from, `"` + to + `"@` + host, false},
		{from, to + "@" + host, false},
		{from, "@" + host + ":" + to, false},
		{from, domain + "!" + user, false},
		{from, domain + "!" + user + "@" + host, false},
	}
}

// serverLiteral returns the server's address in the form of a domain.
func (w *walk) serverLiteral() string {
	addr, err := netip.ParseAddrPort(w.Result.Address)
	if err != nil {
		return "[127.0.0.1]"
	}
	return addressLiteral(addr.Addr())
}
