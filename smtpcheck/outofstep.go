package smtpcheck

import (
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// inStep is what a step does, with the cause named where replies were out of step.
func (w *walk) inStep(do func(*probe.Step) error) func(*probe.Step) error {
	return func(s *probe.Step) error {
		err := do(s)
		if errors.Is(err, ErrOutOfStep) {
			return w.outOfStep(err)
		}
		return err
	}
}

// outOfStep is the failure of a session in which the server said what nobody had
// asked for. After a PROXY header that is its answer to the header.
func (w *walk) outOfStep(err error) error {
	if w.TLS.Proxy != "" {
		return probe.Because(transport.CauseProxyUnexpected, err)
	}
	return probe.Because(transport.CauseOutOfStep, err)
}

// distrust takes back what steps had learned when QUIT shows that a reply too many
// had come before: each of them may have got that of another command.
func (w *walk) distrust() {
	doubtful := []string{"auth", "vrfy", "mail", "rcpt", "data", "message"}
	for i := range w.Result.Steps {
		s := &w.Result.Steps[i]
		if slices.Contains(doubtful, strings.TrimRight(s.Name, "-0123456789")) && s.Status != probe.Skipped {
			s.RaiseFor(transport.CauseOutOfStep, "not known: the reply may be that to another command, as QUIT showed a reply too many")
		}
	}
	w.accepted, w.login.By, w.queued = nil, "", ""
}
