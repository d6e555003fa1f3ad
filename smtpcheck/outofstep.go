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
	steps := w.Result.Steps[w.known():]
	for i := range steps {
		s := &steps[i]
		if slices.Contains(doubtful, strings.TrimRight(s.Name, "-0123456789")) && s.Status != probe.Skipped {
			s.RaiseFor(transport.CauseOutOfStep, "not known: the reply may be that to another command, as QUIT showed a reply too many")
		}
	}
	w.accepted, w.Login.By, w.queued = nil, "", ""
}

// known is how many steps had the replies to their own commands beyond doubt: those up
// to AUTH or DATA that was granted, as only those are answered by 235 and 354.
func (w *walk) known() int {
	for i := len(w.Result.Steps) - 1; i >= 0; i-- {
		if s := w.Result.Steps[i]; s.Status == probe.OK && (s.Name == "auth" || s.Name == "data") {
			return i + 1
		}
	}
	return 0
}
