package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// workBulk does jobs of bulk runs by the same rules and within the same limits as those of the
// schedule, until the context ends.
func (a *Agent) workBulk(ctx context.Context) {
	w := bulk.Worker{
		JS: a.stream, Place: a.place, Groups: []string{a.place, bulk.Any}, Prepare: a.prepareBulk, Sessions: maxSessions,
		Permit: func(job *bulk.Job, t probe.Target) error { return notAllowed(a.o.Config.Rules.judge(job.Kind, t)) },
		Ended:  func(r *probe.Result) { r.Mask(a.known()...) },
		Log:    a.logBulk,
	}
	w.Run(ctx)
}

// notAllowed gives an error of the rules its cause.
func notAllowed(err error) error {
	if err == nil {
		return nil
	}
	return probe.Because(suite.CauseNotAllowed, err)
}

// prepareBulk returns the check of a job, prepared. Its secrets must be permitted for every one
// of its targets.
func (a *Agent) prepareBulk(ctx context.Context, job *bulk.Job) (*probe.Check, error) {
	j := suite.Job{Kind: job.Kind}
	for _, o := range job.Options {
		j.Options = append(j.Options, settings.Value(o))
	}
	for _, c := range job.Credentials {
		j.Credentials = append(j.Credentials, suite.Credential{Option: c.Name, Name: c.Text})
	}
	rules := a.rules()
	rules.Judge = func(string, probe.Target) error { return nil } // each target is judged by itself
	var check *probe.Check
	for _, t := range job.Targets {
		if check != nil && (len(j.Credentials) == 0 || !a.isTarget(job.Kind, t.Text)) {
			continue
		}
		var err error
		j.Target = t.Text
		if check, err = suite.CheckForAgent(j, a.o.Kinds, rules); err != nil && a.isTarget(job.Kind, t.Text) {
			return nil, notAllowed(errors.New(settings.AsKeys(err)))
		}
	}
	if check == nil {
		return nil, errors.New("the job has no targets of its kind")
	}
	o := check.Options
	o.Dial, o.DNS, o.Permit, o.Limit = a.o.Dial, a.o.DNS, a.permit, a.limit
	o.SendNothing, o.NoCommands, o.Abandon = true, true, true
	return check, check.Prepare(ctx)
}

// isTarget reports whether a text is a target of a kind.
func (a *Agent) isTarget(kind, text string) bool {
	i := slices.IndexFunc(a.o.Kinds, func(k probe.Kind) bool { return k.Name == kind })
	if i < 0 {
		return true // the kind is the fault, and not the text
	}
	_, err := a.o.Kinds[i].ParseTarget(text)
	return err == nil
}

// logBulk says what goes wrong with bulk runs, but for a server that is away, which is told
// by itself, and one that has no queues yet.
func (a *Agent) logBulk(err error) {
	for _, usual := range []error{jetstream.ErrConsumerNotFound, jetstream.ErrStreamNotFound, jetstream.ErrConnectionClosed, nats.ErrConnectionClosed,
		nats.ErrReconnectBufExceeded, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoHeartbeat, jetstream.ErrServerShutdown,
		jetstream.ErrMsgIteratorClosed, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, usual) {
			return
		}
	}
	if a.conn.IsConnected() {
		a.told.tell("bulk", fmt.Errorf("bulk runs: %w", err))
	}
}
