package imapcheck

import (
	"errors"
	"fmt"

	"mailprobe/probe"
)

const hintCredentials = "user name, password or token is wrong, or the account may not log in here: see the server's log for which"

// judge grades the error of a verb: the server's no by its response code, or as
// Critical with a hint of the step's where there is none that is known.
func judge(s *probe.Step, err error, hint string) error {
	reply, said := no(err)
	switch {
	case !said:
		return err
	}
	if reply.Code != "" {
		s.Learn(probe.Text("code", reply.Code))
	}
	for _, v := range verdicts() {
		if v.code == reply.Code {
			return probe.Refuse(v.status, fmt.Errorf("%s: %w", v.means, err), v.hint)
		}
	}
	switch reply.Status {
	case StatusBad:
		hint = "the server does not understand the command, or not at this point: look at the transcript with -v"
	case StatusBye:
		hint = "the server hung up by itself: see its text and its log, and whether it limits connections or log-ins from this host"
	}
	return probe.Refuse(probe.Critical, err, hint)
}

// no returns the words in which the server refused a command or the session.
func no(err error) (Reply, bool) {
	var refusal *Refusal
	var bye *Bye
	switch {
	case errors.As(err, &refusal):
		return refusal.Reply, true
	case errors.As(err, &bye):
		return bye.Reply, true
	}
	return Reply{}, false
}

// verdict is what a response code says about the server.
type verdict struct {
	code   string
	status probe.Status
	means  string
	hint   string
}

// verdicts are those of the response codes there are (RFC 5530 §3).
func verdicts() []verdict {
	return []verdict{
		{CodeAuthenticationFailed, probe.Critical, "the credentials are not good", hintCredentials},
		{CodeAuthorizationFailed, probe.Critical, "the password was right, but the account may not be used as this user",
			"the log-in is one for another user: check the user name, and the server's rules on who may act for whom"},
		{CodeExpired, probe.Critical, "the password or the account has expired",
			"renew it on the server: programs cannot log in until then"},
		{CodePrivacyRequired, probe.Critical, "the server wants TLS first",
			"use --tls=require, or imaps://, and see why TLS was not used"},
		{CodeContactAdmin, probe.Critical, "the server sends its users to the administrator",
			"the account is blocked or in some other way special: see the server's log"},
		{CodeUnavailable, probe.Critical, "a part of the server is down for now",
			"not a matter of credentials: its user database, storage or a limit on connections; see its log, it may pass"},
		{CodeInUse, probe.Warning, "the mailbox is locked by another session",
			"wait until that one ends, and see who holds the lock on the server"},
		{CodeLimit, probe.Warning, "the server has reached one of its limits",
			"too many sessions or too much at once, by its text: check this account less often, or raise the limit"},
		{CodeOverQuota, probe.Critical, "the mailbox is over its quota",
			"the mailbox is full: make room or raise its quota"},
		{CodeNonexistent, probe.Critical, "there is no such mailbox",
			"check the name given with --mailbox, letter case and hierarchy separator included"},
		{CodeNoPerm, probe.Critical, "the user has no right to this mailbox",
			"see the access list of the mailbox (RFC 4314), or log in as another user"},
		{CodeCorruption, probe.Critical, "the server's data on this mailbox are damaged",
			"the server's administrator must repair the mailbox or its index: see its log"},
		{CodeServerBug, probe.Critical, "the server says that it has a fault in its program",
			"see its log, and look for a newer version of it"},
		{CodeClientBug, probe.Critical, "the server says that mailprobe has a fault",
			"report it with the transcript, -o transcript"},
		{CodeCannot, probe.Critical, "the server can never do this",
			"the name or the command is not for this server: see its text"},
	}
}
