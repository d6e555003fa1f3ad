package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/fleet"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/wire"
)

const (
	// maxResult bounds the results of one check, in bytes of JSON, maxParts their number.
	maxResult = 300 << 10
	maxParts  = 100
	// maxPending is how many results wait to be written where the disk is full.
	maxPending = 10_000
	// maxKnown is how many secrets are masked.
	maxKnown = 10_000
)

// secret returns what a credential of a job stands for: what the centre has sealed to the
// agent, or else what its owner has under that name.
func (a *Agent) secret(c suite.Credential, host string, options settings.Values) (wire.Secret, error) {
	text, err := a.find(c, host, options)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.secrets) < maxKnown {
		a.secrets[wire.Secret(text)] = true
	}
	return wire.Secret(text), nil
}

func (a *Agent) find(c suite.Credential, host string, options settings.Values) (string, error) {
	if len(c.Sealed) == 0 {
		own, ok := a.o.Config.Credentials[c.Name]
		if !ok {
			return "", fmt.Errorf("neither the centre nor agent.yaml has a secret %q; add it to the environment of mailprobe serve, or under credentials: in agent.yaml", c.Name)
		}
		if err := own.permits(host, options); err != nil {
			return "", fmt.Errorf("credential %s: %w", c.Name, err)
		}
		return own.read()
	}
	if len(c.Sealed) > maxSecret {
		return "", errors.New("the sealed secret is too long")
	}
	text, err := fleet.Open(c.Sealed, a.state.curve)
	if err == nil && len(text) == 0 {
		err = errors.New("the sealed secret is empty")
	}
	return string(text), err
}

// unsafe are the options with which a secret could come to another host than that which the
// check names, or to whoever listens. Those of one of two servers have its name before them.
var unsafe = []string{"resolver", "insecure", "auth-without-tls", "server-name", "mx", "trust-anchor"}

// permits returns why a secret of the owner's may not be sent to a host by a check with options:
// what the centre knows itself it may send where it likes, but not what it only knows the name
// of.
func (s Source) permits(host string, options settings.Values) error {
	if !slices.ContainsFunc(s.Hosts, func(one string) bool { return strings.EqualFold(strings.TrimSuffix(one, "."), host) }) {
		return fmt.Errorf("agent.yaml permits it for %s only, and not for %s", strings.Join(s.Hosts, ", "), cmp.Or(host, "a host that is not known beforehand"))
	}
	for _, v := range options {
		if slices.ContainsFunc(unsafe, func(name string) bool { return v.Name == name || strings.HasSuffix(v.Name, "-"+name) }) && v.Text != "false" {
			return fmt.Errorf("with the option %s it could come to others", v.Name)
		}
	}
	return nil
}

// known returns the secrets that are masked in all results, whichever check they are of.
func (a *Agent) known() (all []wire.Secret) {
	for _, source := range a.o.Config.Credentials {
		if text, err := source.read(); err == nil {
			all = append(all, wire.Secret(text))
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.secrets {
		all = append(all, s)
	}
	return all
}

// ended takes the outcome of a check, and has it written.
func (a *Agent) ended(o *suite.Outcome) {
	secrets := a.known()
	for _, r := range o.Results {
		r.Mask(secrets...)
	}
	text, err := encode(o.Results)
	if err != nil {
		a.o.Warn(fmt.Errorf("a result of %s cannot be written: %w", o.ID, err))
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.pending) >= maxPending {
		a.pending = a.pending[1:]
		a.lost++
	}
	a.pending = append(a.pending, fleet.Result{Job: o.ID, Attempts: o.Attempts, Results: text})
	signal(a.flush)
}

// encode writes the results of a check. Those that are too large lose their transcripts, then
// what their steps say, and say so.
func encode(all []*probe.Result) (json.RawMessage, error) {
	var short []*probe.Result
	for i, r := range all[:min(len(all), maxParts)] {
		kept := *r
		if i == maxParts-1 && len(all) > maxParts {
			kept.Summary = fmt.Sprintf("%s (and %d more results, which were left out)", kept.Summary, len(all)-maxParts)
		}
		short = append(short, &kept)
	}
	for _, lose := range []func(*probe.Result){nil, loseTranscript, loseDetails, loseSteps} {
		for _, r := range short {
			if lose != nil {
				lose(r)
			}
		}
		if text, err := json.Marshal(short); err != nil || len(text) <= maxResult {
			return text, err
		}
	}
	return nil, errors.New("it is too large")
}

func loseTranscript(r *probe.Result) {
	if r.Transcript != nil && r.Transcript.Len() > 0 {
		r.Summary += " (too large to be sent whole: without its transcript)"
	}
	r.Transcript = nil
}

func loseDetails(r *probe.Result) {
	r.Summary += " (and without what its steps say)"
	steps := make([]probe.Step, len(r.Steps))
	for i, s := range r.Steps {
		s.Detail, s.Facts, s.Fix = "", nil, nil
		steps[i] = s
	}
	r.Steps = steps
}

// loseSteps keeps the step that counts.
func loseSteps(r *probe.Result) {
	if worst := r.Worst(); worst != nil {
		r.Steps = []probe.Step{*worst}
	}
}

// writeAll writes results into the spool as they come, those together that came while others
// were written, until the context ends.
func (a *Agent) writeAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.flush:
		}
		if a.write(); a.waiting() > 0 { // the disk may be full
			probe.Pause(ctx, sendAgain)
			signal(a.flush)
		}
	}
}

func (a *Agent) waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.pending)
}

// write writes the results that wait into the spool. What cannot be written waits on.
func (a *Agent) write() {
	a.mu.Lock()
	waiting := a.pending
	a.pending = nil
	a.mu.Unlock()
	var err error
	for err == nil && len(waiting) > 0 {
		n := fitting(waiting)
		if err = a.spool.add(a.batch(waiting[:n])); err == nil {
			waiting = waiting[n:]
		}
	}
	if err != nil {
		err = fmt.Errorf("results cannot be written and wait in memory: %w", err)
	}
	a.told.tell("spool", errors.Join(err, a.spool.tidy()))
	a.mu.Lock()
	a.pending = append(waiting[:len(waiting):len(waiting)], a.pending...)
	a.mu.Unlock()
	signal(a.send)
}

// fitting is how many results fit in a batch; at least one.
func fitting(all []fleet.Result) int {
	size := 0
	for i, r := range all {
		size += len(r.Results) + len(r.Job) + 64
		if i > 0 && (size > maxBatch || i >= maxBatchResults) {
			return i
		}
	}
	return len(all)
}

// batch makes a batch of results.
func (a *Agent) batch(all []fleet.Result) batch {
	offset, known := a.clock.offset()
	return batch{Batch: fleet.Batch{Sent: a.o.Now().Round(0), Offset: offset.Seconds(), Results: all}, Unmeasured: !known}
}
