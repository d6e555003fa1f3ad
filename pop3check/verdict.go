package pop3check

import (
	"errors"

	"mailprobe/probe"
)

// judge grades the error of a verb: a refusal by the table of evidence.
func judge(s *probe.Step, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.Reply.Code != "" {
		s.Learn(probe.Text("code", refusal.Reply.Code))
	}
	cause, also := diagnose(s.Name, refusal.Reply)
	return probe.RefuseBecause(cause, err, also...)
}
