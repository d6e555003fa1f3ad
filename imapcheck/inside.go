package imapcheck

import (
	"errors"
	"fmt"
	"math"
	"time"

	"mailprobe/probe"
)

// The steps after the log-in.

// hintMailbox says what may be behind a mailbox that cannot be read.
func (w *walk) hintMailbox() string {
	if w.Mailbox != inbox {
		return "the log-in worked, this mailbox cannot be read: check the name given with --mailbox, then the rights on it, and the server's log"
	}
	return "the log-in worked, reading the mailbox does not: see the server's log, its storage and the rights on this mailbox"
}

func (w *walk) status(s *probe.Step) (err error) {
	if w.counted, err = w.session.Status(w.Mailbox); err != nil {
		return judge(s, err, w.hintMailbox())
	}
	m := w.counted
	s.Say(fmt.Sprintf("%s, %d unseen", probe.Count(m.Messages, "message"), m.Unseen))
	s.Learn(probe.Number("messages", float64(m.Messages), probe.None))
	if w.session.knowsRecent() {
		s.Learn(probe.Number("recent", float64(m.Recent), probe.None))
	}
	s.Learn(
		probe.Number("unseen", float64(m.Unseen), probe.None),
		probe.Number("uidnext", float64(m.UIDNext), probe.None),
		probe.Number("uidvalidity", float64(m.UIDValidity), probe.None),
	)
	return nil
}

// examine opens the mailbox for reading only.
func (w *walk) examine(s *probe.Step) error {
	m, err := w.session.Examine(w.Mailbox)
	if err != nil {
		return judge(s, err, w.hintMailbox())
	}
	s.Say(fmt.Sprintf("%s, %s", w.Mailbox, probe.Count(m.Messages, "message")))
	if !m.ReadOnly {
		s.Raise(probe.Warning, "the server does not say that it opened the mailbox for reading only", "EXAMINE must be answered by [READ-ONLY] (RFC 3501 §6.3.2)")
	}
	if m.UIDValidity != 0 && m.UIDValidity != w.counted.UIDValidity {
		s.Raise(probe.Warning, fmt.Sprintf("its UIDVALIDITY is %d, STATUS said %d", m.UIDValidity, w.counted.UIDValidity),
			"programs fetch all mail anew when UIDVALIDITY changes (RFC 3501 §2.3.1.1): the server's index of this mailbox is not in order")
	}
	return nil
}

// newestAge is the fact that tells how old the newest message is, in seconds.
const newestAge = "newest_age"

func (w *walk) wantsAge() bool { return w.isLoggedIn() && w.probe.Judges(newestAge) }

// maxSkew is by how much the clocks of two machines may differ. A time further in
// the future than this is made up.
const maxSkew = time.Hour

// age learns when the newest message came.
func (w *walk) age(s *probe.Step) error {
	if w.counted.Messages == 0 {
		_ = s.Skip("the mailbox is empty")
		s.Raise(probe.Unknown, "so there is no newest message to judge", "a threshold on messages, such as --warn messages=1:, tells of an empty mailbox")
		return nil
	}
	m, err := w.session.Newest()
	if errors.Is(err, ErrNoMessage) {
		return probe.Fail(probe.Unknown, err, "another session may have removed the newest message a moment ago: try again")
	}
	if err != nil {
		return judge(s, err, w.hintMailbox())
	}
	age := time.Since(m.Received)
	if age < -maxSkew {
		s.Raise(probe.Unknown, "the newest message came in the future, at "+m.Received.Format(time.RFC1123Z), "set the server's clock right")
		return nil
	}
	age = max(age, 0).Truncate(time.Second)
	fact := probe.Duration(newestAge, age)
	fact.Text = age.String()
	s.Say(fmt.Sprintf("the newest message came at %s", m.Received.Format(time.RFC1123Z)))
	s.Learn(fact)
	return nil
}

// The facts of the quota.
const (
	quotaUsed    = "quota_used"
	quotaLimit   = "quota_limit"
	quotaPercent = "quota_percent"
)

// wantsQuota: the quota is worth one command where the server is known to tell
// it, and another to know that where there is a threshold on it.
func (w *walk) wantsQuota() bool {
	return w.isLoggedIn() && (w.session.Capabilities().Has(capQuota) || w.judgesQuota())
}

func (w *walk) judgesQuota() bool {
	return w.probe.Judges(quotaUsed) || w.probe.Judges(quotaLimit) || w.probe.Judges(quotaPercent)
}

func (w *walk) quota(s *probe.Step) error {
	if w.session.Capabilities() == nil {
		if _, err := w.session.Capability(); err != nil {
			return judge(s, err, "")
		}
	}
	if !w.session.Capabilities().Has(capQuota) {
		return w.withoutQuota(s, "the server does not offer QUOTA (RFC 2087)")
	}
	roots, err := w.session.QuotaRoot(w.Mailbox)
	switch {
	case isRefusal(err):
		return w.withoutQuota(s, err.Error())
	case err != nil:
		return judge(s, err, "")
	case len(roots) == 0:
		return w.withoutQuota(s, "the server sets no limit to the storage")
	}
	w.learnQuota(s, fullest(roots))
	return nil
}

// withoutQuota skips the step, but where there is a threshold on it.
func (w *walk) withoutQuota(s *probe.Step, why string) error {
	if !w.judgesQuota() {
		return s.Skip(why)
	}
	hint := "leave the threshold on the quota out, or make the server tell it"
	s.RaiseFor(probe.CauseNotJudged.Advise(hint), "there is no quota to judge: "+why)
	return nil
}

func (w *walk) learnQuota(s *probe.Step, q Quota) {
	s.Say(fmt.Sprintf("%d of %d bytes used, %g %%", q.Used, q.Limit, q.percent()))
	s.Learn(
		probe.Number(quotaUsed, float64(q.Used), probe.Bytes),
		probe.Number(quotaLimit, float64(q.Limit), probe.Bytes),
		// A full mailbox takes no mail.
		probe.Number(quotaPercent, q.percent(), probe.Percent).Within("90", "99"),
	)
}

// percent is how full it is, with one digit after the point. Where nothing is
// permitted it is full.
func (q Quota) percent() float64 {
	if q.Limit == 0 {
		return 100
	}
	return math.Round(1000*float64(q.Used)/float64(q.Limit)) / 10
}

// fullest is the root that will first take no more.
func fullest(roots []Quota) Quota {
	worst := roots[0]
	for _, q := range roots[1:] {
		if q.percent() > worst.percent() {
			worst = q
		}
	}
	return worst
}
