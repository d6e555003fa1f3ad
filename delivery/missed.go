package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
)

// nextRun says what happens with an undelivered message.
const nextRun = "the next run looks for the message first"

// missed returns the verdict on a message that was not found. It is only known to be
// missing if the last look into the mailbox succeeded.
func (v *watch) missed() error {
	switch {
	case v.unproven:
		return probe.Because(CauseProofMissing, errors.New(v.absent()+
			"; a message with its Message-ID came, but without the field "+runHeader+" that proves it, and was left alone"))
	case v.polls == 0:
		return v.noLook()
	case v.looks == 0 || !v.blind.since.IsZero():
		return v.unknown()
	case v.ExpectReply:
		return v.noReply()
	case v.isFull():
		return probe.Because(CauseNotArrived.Advise("make room in the mailbox, or raise its quota; "+nextRun),
			fmt.Errorf("%s; before it was sent the mailbox was one whose quota leaves room for %s", v.absent(), probe.Count(int(v.room), "byte")))
	}
	return probe.Because(v.notArrived(v.record), errors.New(v.absent()))
}

// notArrived is the cause of a message that a server had accepted, and where to look for
// it.
func (w *walk) notArrived(r record) *probe.Cause {
	return CauseNotArrived.Advise(fmt.Sprintf(
		"it is known that %s has it: look there in its log and queue for %s, then at the server it went on to; %s",
		w.viaTo.Host, w.trace(r), nextRun))
}

// trace is what to look for in the log of the server that accepted a message.
func (w *walk) trace(r record) string { return cmp.Or(queueID(r.Queued), w.From) }

// absent says that the message was not there, and how often that was seen.
func (v *watch) absent() string {
	return fmt.Sprintf("the message was not in the mailbox %s after %s; %s looked into it",
		probe.FormatDuration(time.Since(v.accepted)), v.acceptance(), probe.Count(v.looks, "log-in"))
}

func (v *watch) acceptance() string { return v.acceptanceOf(v.record) }

// acceptanceOf says who took the message of a run, and with which words.
func (w *walk) acceptanceOf(r record) string {
	text := w.viaTo.Host + " had accepted it"
	if r.Queued != "" {
		text += fmt.Sprintf(" with %q", r.Queued)
	}
	return text
}

// noLook returns the verdict if there was no time for a look.
func (v *watch) noLook() error {
	if v.between > 0 {
		return probe.Because(CauseTooShort.Advise("raise --timeout, or lower the server's LOGIN-DELAY for this account; "+nextRun),
			fmt.Errorf("not known whether it arrived: the server with the mailbox wants %s between two log-ins, for which the time was too short", v.between))
	}
	return probe.Because(CauseTooShort.Advise("raise --timeout; "+nextRun),
		errors.New("not known whether it arrived: when "+v.acceptance()+" there was no time left to look into the mailbox"))
}

// unknown returns the verdict if the mailbox could not be read when it mattered; the
// cause is what prevented that.
func (v *watch) unknown() error {
	if v.blind.err == nil {
		return probe.Because(CauseTooShort.Advise("raise --timeout; "+nextRun),
			errors.New("not known whether it arrived: there was no time to look at all messages that came meanwhile"))
	}
	text := fmt.Sprintf("not known whether it arrived: since %s the mailbox could not be read: %v", v.blind.since.Local().Format("15:04"), v.blind.err)
	if v.looks > 0 {
		text += fmt.Sprintf("; it was not there %s after %s", probe.FormatDuration(v.record.Looked.Sub(v.accepted)), v.acceptance())
	} else {
		text += fmt.Sprintf("; %s", v.acceptance())
	}
	first, also := causesOf(v.blind.err, CauseUnreadable)
	return probe.Because(first.As(probe.Unknown).Advise(first.Hint+"; "+nextRun), errors.New(text), also...)
}

// isFull reports whether the message did not fit into the mailbox.
func (w *walk) isFull() bool { return w.room >= 0 && w.room < int64(len(w.text)) }
