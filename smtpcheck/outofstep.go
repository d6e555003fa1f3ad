package smtpcheck

import (
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// inStep wraps a step to give replies out of step their cause.
func (w *walk) inStep(do func(*probe.Step) error) func(*probe.Step) error {
	return func(s *probe.Step) error {
		err := do(s)
		if errors.Is(err, ErrOutOfStep) {
			return w.outOfStep(err)
		}
		return err
	}
}

// outOfStep returns the error of a server that sent what nobody had asked for. After a
// PROXY header, that is its answer to the header.
func (w *walk) outOfStep(err error) error {
	if w.TLS.Proxy != "" {
		return probe.Because(transport.CauseProxyUnexpected, err)
	}
	return probe.Because(transport.CauseOutOfStep, err)
}

// distrust withdraws what steps have found if QUIT shows that there was a reply too many:
// each of them may have read that of another command.
func (w *walk) distrust() {
	doubtful := []string{"auth", "vrfy", "command", "mail", "rcpt", "data", "message", "prdr"}
	steps := w.Result.Steps[w.known():]
	for i := range steps {
		s := &steps[i]
		if slices.Contains(doubtful, strings.TrimRight(s.Name, "-0123456789")) && s.Status != probe.Skipped {
			s.RaiseFor(transport.CauseOutOfStep, "not known: the reply may be that to another command, as QUIT showed a reply too many")
		}
	}
	w.accepted, w.Login.By, w.queued = nil, "", ""
}

// known returns how many steps certainly read the replies to their own commands: those up
// to a successful AUTH or DATA, as only these are answered by 235 and 354.
func (w *walk) known() int {
	for i := len(w.Result.Steps) - 1; i >= 0; i-- {
		if s := w.Result.Steps[i]; s.Status == probe.OK && (s.Name == "auth" || s.Name == "data") {
			return i + 1
		}
	}
	return 0
}
