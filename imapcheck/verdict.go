package imapcheck

import (
	"errors"

	"mailprobe/probe"
)

// judge grades the error of a verb: the server's no by the table of evidence.
func judge(s *probe.Step, err error) error {
	reply, said := no(err)
	if !said {
		return err
	}
	if reply.Code != "" {
		s.Learn(probe.Text("code", reply.Code))
	}
	var refusal *Refusal
	var notices []Reply
	if errors.As(err, &refusal) {
		notices = refusal.Notices
	}
	cause, also := diagnose(s.Name, reply, notices)
	return probe.RefuseBecause(cause, err, also...)
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
