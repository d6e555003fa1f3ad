package delivery

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/wire"
)

// steps returns all steps, in order.
func (w *walk) steps() []transport.Step {
	return []transport.Step{
		{Name: "mailbox", Do: w.mailbox},
		{Name: "late", Due: func() bool { return w.isWhole() && w.mayFindEarlier() }, Do: w.late},
		{Name: "judge", Due: w.isJudging, Do: w.judge},
		{Name: "submit", Due: w.isSending, Do: w.submit},
		{Name: "wait", Due: w.isWhole, Do: w.wait},
		{Name: "fetch", Due: w.isWhole, Do: w.fetchMessage},
		{Name: "delete", Due: w.isWhole, Do: w.remove, Spares: func(error) bool { return true }},
		{Name: "verify", Due: w.isWhole, Do: w.verify},
	}
}

func stepNames() []string { return transport.Names((&walk{Check: &Check{}}).steps()...) }

// walk is the state of one delivery.
type walk struct {
	*Check
	ctx    context.Context
	result *probe.Result

	run  run
	text []byte // the message as it was sent; nil if an earlier run sent it
	sent fingerprint

	box      mailbox // open in some steps, nil in others
	before   mark    // how the mailbox was before
	room     int64   // bytes that its quota left, less than 0 if unknown
	opened   time.Time
	between  time.Duration // what the server wants between two log-ins
	cost     time.Duration // what the last look into the mailbox took
	pending  []record      // of earlier runs, whose message did not come
	past     past          // earlier runs, whose message did
	came     int           // messages since the last of these
	swept    bool          // what came since then has been looked at
	over     map[string]time.Time
	returned map[string]report // of earlier runs' messages, by token
	looked   map[string]bool

	accepted time.Time // when the server had taken the message
	record   record
	found    []message // more than one where it came twice
	arrived  time.Time // when it was seen
	received bytes.Buffer
	certain  bool // the reply answers the very message
	unproven bool // a message with the token but without a good HMAC was seen
}

// Check follows one message.
func (c *Check) Check(ctx context.Context, _ probe.Target, r *probe.Result) error {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	w := &walk{Check: c, ctx: ctx, result: r, looked: map[string]bool{}, over: map[string]time.Time{}, returned: map[string]report{}}
	defer w.shut()
	if !w.isWhole() || w.options.SendNothing {
		r.LeaveOut(w.isLeftOut)
	}
	err := w.walk()
	w.remember()
	r.Summary = w.summary()
	return err
}

// walk does the steps that are due, up to the one that fails.
func (w *walk) walk() error {
	steps := w.steps()
	if w.options.SendNothing { // and nothing is deleted
		steps = slices.DeleteFunc(steps, func(s transport.Step) bool { return s.Name != "mailbox" && s.Name != "submit" })
	}
	return transport.Walk(steps, func(s transport.Step) error {
		w.result.Transcript.Record(wire.Comment, s.Name)
		return w.result.Run(s.Name, s.Do)
	})
}

// newSession returns the result for one session, recorded in the transcript of the walk.
func (w *walk) newSession() *probe.Result {
	return &probe.Result{Check: w.result.Check, Start: time.Now(), Transcript: w.result.Transcript}
}

// shut closes the connection to the mailbox, if there is one.
func (w *walk) shut() {
	if w.box != nil {
		w.box.close()
		w.box = nil
	}
}

// leave ends the session with the mailbox.
func (w *walk) leave() (string, error) {
	defer w.shut()
	w.box.nextStep()
	return w.box.leave()
}

// tolerate turns an error of the state directory into a Warning, as it must not hide the
// result of the delivery.
func tolerate(s *probe.Step, err error) {
	if err != nil {
		s.RaiseFor(CauseState.As(probe.Warning), err.Error())
	}
}

// remember saves the record of an undelivered message so that the next run can find it
// and recognise duplicates.
func (w *walk) remember() {
	before := w.before
	if !w.swept || w.options.SendNothing {
		before = ""
	}
	_ = w.store.keepPast(w.mailboxName(), before, w.over)
	if w.record.Token == "" {
		return
	}
	w.record.Until = time.Now()
	_ = w.store.keep(w.record)
}

// forget drops the record of the run: no message is under way, or it stays in the
// mailbox.
func (w *walk) forget() error {
	token := w.record.Token
	w.record = record{}
	return w.store.forget(token)
}

// finish drops the record of a run whose message was deleted.
func (w *walk) finish(r record) error {
	w.over[r.Token] = r.Sent
	if r.Token == w.record.Token {
		w.record = record{}
	}
	return w.store.forget(r.Token)
}

// summary returns the summary of the delivery.
func (w *walk) summary() string {
	if !w.isWhole() {
		return w.halfSummary()
	}
	if w.arrived.IsZero() {
		return ""
	}
	parts := []string{w.timeWord() + probe.FormatDuration(w.arrived.Sub(w.accepted))}
	if hops, ok := w.result.Fact("hops"); ok && hops.Value != nil {
		parts = append(parts, "over "+probe.Count(int(*hops.Value), "hop"))
	}
	if body, ok := w.result.Fact("body"); ok {
		parts = append(parts, "body "+body.Text)
	}
	return strings.Join(parts, ", ")
}
