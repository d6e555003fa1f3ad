package imapcheck

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
)

// The steps after the log-in.

func (w *walk) status(s *probe.Step, f *folder) (err error) {
	defer f.measure(s)()
	if f.counted, err = w.session.Status(f.name); err != nil {
		f.failed = true
		return w.session.WhichExist(f.name, judge(s, err))
	}
	w.learnCounts(s, f)
	if missing := f.counted.Missing; len(missing) > 0 {
		s.RaiseFor(transport.CauseProtocolError.As(probe.Warning).Advise("programs do without what is missing, or fail: see the server's version"),
			"STATUS lacks "+strings.Join(missing, ", ")+" (RFC 3501 §6.3.10)")
	}
	return nil
}

// learnCounts learns the items that STATUS returned.
func (w *walk) learnCounts(s *probe.Step, f *folder) {
	m := f.counted
	if f.number > 0 {
		s.Say(f.name)
	}
	has := func(item string) bool { return !slices.Contains(m.Missing, item) }
	if has(itemMessages) && has(itemUnseen) {
		s.Say(fmt.Sprintf("%s, %d unseen", probe.Count(m.Messages, "message"), m.Unseen))
	}
	for _, item := range []struct {
		name, fact string
		value      uint32
	}{
		{itemMessages, "messages", m.Messages}, {itemRecent, "recent", m.Recent}, {itemUnseen, "unseen", m.Unseen},
		{itemUIDNext, "uidnext", m.UIDNext}, {itemUIDValidity, "uidvalidity", m.UIDValidity},
	} {
		if has(item.name) && (item.name != itemRecent || w.session.knowsRecent()) {
			s.Learn(probe.Number(item.fact, float64(item.value), probe.None))
		}
	}
}

// examine opens a mailbox for reading only.
func (w *walk) examine(s *probe.Step, f *folder) error {
	m, err := w.session.Examine(f.name)
	if err != nil {
		f.failed = true
		return w.session.WhichExist(f.name, judge(s, err))
	}
	w.selected, f.holds = f, m
	s.Say(fmt.Sprintf("%s, %s", f.name, probe.Count(m.Messages, "message")))
	if !m.ReadOnly {
		s.RaiseFor(transport.CauseProtocolError.As(probe.Warning).Advise("EXAMINE must be answered by [READ-ONLY] (RFC 3501 §6.3.2)"),
			"the server does not say that it opened the mailbox for reading only")
	}
	if m.UIDValidity != 0 && f.counted.UIDValidity != 0 && m.UIDValidity != f.counted.UIDValidity {
		s.RaiseFor(transport.CauseMailboxDamaged.As(probe.Warning).Advise("programs fetch all mail anew when UIDVALIDITY changes (RFC 3501 §2.3.1.1): the server's index of this mailbox is not in order"),
			fmt.Sprintf("its UIDVALIDITY is %d, STATUS said %d", m.UIDValidity, f.counted.UIDValidity))
	}
	if slices.Contains(f.counted.Missing, itemMessages) {
		f.counted.Messages = m.Messages
		s.Learn(probe.Number("messages", float64(m.Messages), probe.None))
	}
	return nil
}

func (w *walk) wantsAge() bool {
	return w.IsLoggedIn() && w.selected != nil && w.probe.Judges(transport.NewestAge)
}

// age learns the age of the newest message in the first mailbox.
func (w *walk) age(s *probe.Step) error {
	if w.first().counted.Messages == 0 {
		transport.SkipEmpty(s, true)
		return nil
	}
	ends, err := w.session.Ends()
	if err == nil && len(ends) == 0 {
		err = ErrNoMessage
	}
	if errors.Is(err, ErrNoMessage) {
		return probe.Because(transport.CauseNoSuchMessage.Advise("another session may have removed the newest message a moment ago: try again"), err)
	}
	if err != nil {
		return judge(s, err)
	}
	m := w.newest(s, ends)
	if m.Received.IsZero() {
		s.RaiseFor(transport.CauseUndated.Advise("INTERNALDATE must be a date and a time (RFC 3501 §9): see it with -v"), "the server's date of the newest message cannot be read")
		return nil
	}
	if time.Until(m.Received) > transport.MaxSkew {
		s.RaiseFor(transport.CauseClockWrong, "the newest message came in the future, at "+m.Received.Format(time.RFC1123Z))
		return nil
	}
	s.Say(fmt.Sprintf("the newest message came at %s", m.Received.Format(time.RFC1123Z)))
	transport.LearnAge(s, m.Received)
	return nil
}

// newest returns the message that came last: the one with the highest number, unless the
// first one has a later date that can be believed. Some servers count the other way.
func (w *walk) newest(s *probe.Step, ends []Message) Message {
	byNumber := func(a, b Message) int { return cmp.Compare(a.Number, b.Number) }
	first, last := slices.MinFunc(ends, byNumber), slices.MaxFunc(ends, byNumber)
	if first.Received.After(last.Received) && time.Until(first.Received) < transport.MaxSkew {
		s.Say(fmt.Sprintf("message %d is newer than message %d, so it is taken for the latest", first.Number, last.Number))
		return first
	}
	return last
}

// The facts of the quota.
const (
	quotaUsed    = "quota_used"
	quotaLimit   = "quota_limit"
	quotaPercent = "quota_percent"
)

// wantsQuota reports whether to ask for the quota: if the server is known to offer it, or
// if there is a threshold on it, which is worth another command.
func (w *walk) wantsQuota() bool {
	return w.IsLoggedIn() && (w.session.Capabilities().Has(capQuota) || w.judgesQuota())
}

func (w *walk) judgesQuota() bool {
	return w.probe.Judges(quotaUsed) || w.probe.Judges(quotaLimit) || w.probe.Judges(quotaPercent)
}

func (w *walk) quota(s *probe.Step) error {
	if w.session.Capabilities() == nil {
		if _, err := w.session.Capability(); err != nil {
			return judge(s, err)
		}
	}
	if !w.session.Capabilities().Has(capQuota) {
		return w.withoutQuota(s, "the server does not offer QUOTA (RFC 2087)")
	}
	roots, err := w.session.QuotaRoot(w.first().name)
	switch {
	case transport.IsRefusal(err):
		return w.withoutQuota(s, err.Error())
	case err != nil:
		return judge(s, err)
	case len(roots) == 0:
		return w.withoutQuota(s, "the server sets no limit to the storage")
	}
	w.learnQuota(s, fullest(roots))
	return nil
}

// withoutQuota skips the step, unless there is a threshold on the quota.
func (w *walk) withoutQuota(s *probe.Step, why string) error {
	if !w.judgesQuota() {
		return s.Skip(why)
	}
	hint := "leave out the threshold on the quota, or make the server offer QUOTA"
	s.RaiseFor(probe.CauseNotJudged.Advise(hint), "there is no quota to judge: "+why)
	return nil
}

func (w *walk) learnQuota(s *probe.Step, q Quota) {
	s.Say(fmt.Sprintf("%d of %d bytes used, %g %%", q.Used, q.Limit, q.percent()))
	s.Learn(
		probe.Number(quotaUsed, float64(q.Used), probe.Bytes),
		probe.Number(quotaLimit, float64(q.Limit), probe.Bytes),
		// A full mailbox takes no mail.
		probe.Number(quotaPercent, q.percent(), probe.Percent).Within("90", "99").
			Saying(fmt.Sprintf("the mailbox is %g%% full", q.percent())),
	)
}

// percent returns how full the root is, with one decimal.
func (q Quota) percent() float64 {
	return math.Round(1000*float64(q.Used)/float64(q.Limit)) / 10
}

// fullest returns the fullest root, which is the first to refuse mail.
func fullest(roots []Quota) Quota {
	worst := roots[0]
	for _, q := range roots[1:] {
		if q.percent() > worst.percent() {
			worst = q
		}
	}
	return worst
}
