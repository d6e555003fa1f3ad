package delivery

import (
	"errors"
	"slices"

	"mailprobe/imapcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// The causes of a message that does not come, or not as it should.
var (
	CauseNotArrived = &probe.Cause{
		Name: "not-arrived", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "A server accepted the message, but it did not arrive in the mailbox in time.",
		Hint:    "the server that accepted the message answers for it: look there in its log and queue, then at the server it went on to",
		Source:  "RFC 5321 §6.1",
	}
	CauseUnreadable = &probe.Cause{
		Name: "mailbox-unreadable", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The mailbox could not be read again, so it is not known what arrived in it.",
		Hint:    "see why the mailbox cannot be read",
		Source:  "mailprobe",
	}
	CauseTooShort = &probe.Cause{
		Name: "timeout-too-short", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The time limit is too short to read the mailbox after the message was sent.",
		Hint:    "raise --timeout",
		Source:  "RFC 2449 §6.6: LOGIN-DELAY",
	}
	CauseLate = &probe.Cause{
		Name: "arrived-late", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "The message of an earlier run arrived after that run had stopped looking for it.",
		Hint:    "see where it waited: its Received fields, with --keep, and the queues of the servers",
		Source:  "RFC 5321 §4.5.4.1",
	}
	CauseBounced = &probe.Cause{
		Name: "bounced", Blame: probe.BlameUnclear, Status: probe.Critical,
		Meaning: "A server on the way returned the message with a delivery status notification.",
		Hint:    "the words are those of the server that refused it: see its log, and the one of the server that wrote the report",
		Source:  "RFC 3464, RFC 5321 §6.1",
	}
	CauseDuplicated = &probe.Cause{
		Name: "duplicated", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "One message arrived more than once.",
		Hint:    "a server on the way handed it on twice: see their logs for connections that broke after the body",
		Source:  "RFC 1047",
	}
	CauseReplyMissing = &probe.Cause{
		Name: "reply-missing", Blame: probe.BlameUnclear, Status: probe.Critical,
		Meaning: "A server accepted the message, but no reply of the recipient's answering service arrived in time.",
		Hint:    "see whether the message came to the recipient, whether it was answered there, and what became of the reply",
		Source:  "RFC 3834",
	}
	CauseProofMissing = &probe.Cause{
		Name: "proof-missing", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "A message with the Message-ID of the one sent arrived without the header field that proves it, and was left alone.",
		Hint:    "look for what removes header fields on the way, and let " + runHeader + " pass",
		Source:  "RFC 5321 §6.4",
	}
)

// The causes of a message that is not what was sent.
var (
	CauseAltered = &probe.Cause{
		Name: "body-altered", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The body of the message was changed.",
		Hint:    "look for what rewrites mail on its way: a scanner, a gateway, a relay that breaks lines or drops dots",
		Source:  "RFC 5321 §4.5.2, §6.4",
	}
	CauseExtended = &probe.Cause{
		Name: "body-extended", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "Something was appended to the body of the message.",
		Hint:    "a list, a gateway or a scanner puts a footer on: that breaks signatures",
		Source:  "RFC 6377 §3.3",
	}
	CauseWrongMessage = &probe.Cause{
		Name: "wrong-message", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server gave another message than the one whose header it had shown.",
		Hint:    "the server's index of this mailbox is not in order: rebuild it",
		Source:  "RFC 1939 §4, RFC 3501 §2.3.1.1",
	}
	CauseSPFReceived = &probe.Cause{
		Name: "spf-fail-received", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "The receiving server found that SPF does not permit the sending server to send for the sender's domain, or that the record is faulty.",
		Hint:    hintForged,
		Source:  "RFC 7208 §8.4, §8.7; RFC 8601 §2.7.2",
	}
	CauseDKIMReceived = &probe.Cause{
		Name: "dkim-fail-received", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "The receiving server found no valid DKIM signature in the message.",
		Hint:    hintForged,
		Source:  "RFC 8601 §2.7.1",
	}
	CauseDMARCReceived = &probe.Cause{
		Name: "dmarc-fail-received", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "The receiving server found that the message fails the DMARC policy of the sender's domain.",
		Hint:    hintForged,
		Source:  "RFC 7489 §11.2",
	}
	CauseDKIMBroken = &probe.Cause{
		Name: "dkim-broken", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "A DKIM signature does not match the message as it arrived.",
		Hint:    "the message was changed after it was signed, or the key in DNS is another: see which server signs and what comes after it",
		Source:  "RFC 6376 §6.1.3",
	}
	CauseDKIMUnusable = &probe.Cause{
		Name: "dkim-unusable", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "Nobody can accept a DKIM signature of the message: it, or its key in DNS, is incomplete, faulty, revoked or expired.",
		Hint:    "whatever became of the message, nobody can accept this signature: see the server that signs, and the record of its key in DNS",
		Source:  "RFC 6376 §6.1.1, §6.1.2",
	}
	CauseSpam = &probe.Cause{
		Name: "taken-for-spam", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "A spam filter on the way marked the message as spam.",
		Hint:    "see its rules, in X-Spam-Status or X-Spamd-Result, with --keep",
		Source:  "SpamAssassin, rspamd",
	}
)

const hintForged = "mail from this sender is taken for forged: see the records of the domain in DNS, and which server sends for it"

// CauseJunk is the cause of a message that arrived, and not where it should.
var CauseJunk = &probe.Cause{
	Name: "delivered-as-spam", Blame: probe.BlameServer, Status: probe.Warning,
	Meaning: "The message arrived in a mailbox for spam, where recipients do not look for it.",
	Hint:    "see why in the header fields of the filter, on the recipient's server or with --keep; then correct what the sender lacks there, or the filter",
	Source:  "RFC 6154 §2: \\Junk",
}

// The causes of a run that judges alone, and has nothing to judge.
var (
	CauseNoneSent = &probe.Cause{
		Name: "none-sent", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "No message of an earlier run waits to be judged.",
		Hint:    "see whether the runs with --send-only ran and could send, with the same --fetch and --state",
		Source:  "mailprobe",
	}
	CauseUnderWay = &probe.Cause{
		Name: "still-under-way", Blame: probe.BlameNobody, Status: probe.Unknown,
		Meaning: "The messages of earlier runs have not arrived, and have not had the time of --timeout yet.",
		Hint:    "judge later after sending, or lower --timeout",
		Source:  "mailprobe",
	}
)

// The causes of the mailbox, and of what has to be remembered.
var (
	CauseReadOnly = &probe.Cause{
		Name: "mailbox-read-only", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The mailbox is read-only, so the message could not be deleted.",
		Hint:    "see the rights on the mailbox",
		Source:  "RFC 3501 §7.1: READ-ONLY",
	}
	CauseNotDeleted = &probe.Cause{
		Name: "not-deleted", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server did not confirm that the message is deleted.",
		Hint:    "the next run tries to delete it again",
		Source:  "RFC 1939 §6, RFC 4315 §2.1",
	}
	CauseNoUIDPlus = &probe.Cause{
		Name: "uidplus-missing", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server cannot remove one message alone, so the message is only marked as deleted.",
		Hint:    "enable UIDPLUS on the server, or fetch by POP3",
		Source:  "RFC 4315",
	}
	CauseState = &probe.Cause{
		Name: "state-unusable", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The state directory, where runs are remembered, cannot be read or written.",
		Hint:    "name another directory with --state",
		Source:  "mailprobe",
	}
)

// Causes returns the causes of this package.
func Causes() []*probe.Cause {
	return []*probe.Cause{
		CauseNotArrived, CauseUnreadable, CauseTooShort, CauseLate, CauseBounced, CauseDuplicated, CauseReplyMissing, CauseProofMissing,
		CauseAltered, CauseExtended, CauseWrongMessage, CauseSPFReceived, CauseDKIMReceived, CauseDMARCReceived,
		CauseDKIMBroken, CauseDKIMUnusable, CauseSpam, CauseJunk, CauseNoneSent, CauseUnderWay, CauseReadOnly, CauseNotDeleted, CauseNoUIDPlus, CauseState,
	}
}

// failureOf returns the Failure of an error, nil for none.
func failureOf(err error) *probe.Failure {
	var f *probe.Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// causesOf returns the causes of a failure that kept the run from something, likeliest
// first: those of the failure, and own, which says what it kept the run from. Only own is
// returned if the server's words mean nothing.
func causesOf(err error, own *probe.Cause) (first *probe.Cause, also []*probe.Cause) {
	f := failureOf(err)
	switch {
	case f == nil:
		return own, nil
	case f.Cause == nil || f.Cause.Is(transport.CauseRefusedUnclear):
		return own.Advise(f.Hint), nil
	}
	return f.Cause.Advise(f.Hint), append(slices.Clone(f.Also), own)
}

// isBusy reports whether the server refused temporarily: a lock, a limit, or a fault that
// may pass.
func isBusy(err error) bool {
	f := failureOf(err)
	if f == nil || !f.Refused || f.Cause.Is(transport.CauseAccountLocked) {
		return false
	}
	return f.Status == probe.Warning || f.Cause.Passes()
}

// isLockedOut reports whether the server refused the account, so that further log-ins are
// useless and may lock it.
func isLockedOut(err error) bool {
	f := failureOf(err)
	if f == nil || !f.Refused || f.Cause == nil {
		return false
	}
	return f.Cause.Is(transport.CauseAccountLocked) ||
		f.Cause.Blame == probe.BlameAccount && f.Status == probe.Critical && !f.Cause.Passes()
}

// allCauses returns the causes of a delivery and of its sessions.
func allCauses() []*probe.Cause {
	return probe.MergeCauses(Causes(), smtpcheck.Causes(), pop3check.Causes(), imapcheck.Causes())
}
