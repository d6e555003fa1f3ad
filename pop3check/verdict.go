package pop3check

import (
	"errors"
	"fmt"

	"mailprobe/probe"
)

// judge grades the error of a verb: a refusal by its response code, or as Critical
// with a hint of the step's where there is none that is known.
func judge(s *probe.Step, err error, hint string) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.Reply.Code != "" {
		s.Learn(probe.Text("code", refusal.Reply.Code))
	}
	if v, ok := verdictOf(refusal.Reply); ok {
		return probe.Refuse(v.status, fmt.Errorf("%s: %w", v.means, err), v.hint)
	}
	return probe.Refuse(probe.Critical, err, hint)
}

// verdict is what a response code says about the server.
type verdict struct {
	code   string
	status probe.Status
	means  string
	hint   string
}

// verdicts are those of the response codes there are.
func verdicts() []verdict {
	return []verdict{
		// RFC 2449 §8.1.2: the authentication succeeded.
		{CodeInUse, probe.Warning, "the password was right, but the mailbox is locked",
			"another session has it open, or one broke off a moment ago: wait until it ends, and see who holds the lock on the server"},
		// RFC 2449 §8.1.1
		{CodeLoginDelay, probe.Warning, "the server wants more time between two log-ins",
			"check this account less often than its LOGIN-DELAY, or raise the limit for it"},
		// RFC 3206 §5
		{CodeAuth, probe.Critical, "the credentials are not good",
			"user name, password or token is wrong, or the account may not log in here: see the server's log for which"},
		// RFC 3206 §4
		{CodeTemporary, probe.Critical, "a transient fault of the server's system",
			"not a matter of credentials: the server has a problem such as a full disk or a user database that is down; see its log, it may pass"},
		{CodePermanent, probe.Critical, "a permanent fault of the server's system",
			"not a matter of credentials: someone must mend the server, such as the rights on this mailbox or its configuration; see its log"},
		// RFC 6856 §5
		{CodeNeedsUTF8Mode, probe.Critical, "the server wants UTF-8 mode for this message",
			"the message has addresses or headers in UTF-8: only a client that sends UTF8 can read it"},
	}
}

func verdictOf(r Reply) (verdict, bool) {
	for _, v := range verdicts() {
		if r.HasCode(v.code) {
			return v, true
		}
	}
	return verdict{}, false
}
