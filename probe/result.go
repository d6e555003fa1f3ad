package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/wire"
)

// Result is the outcome of one check of one target.
type Result struct {
	// Name is what a file of checks calls the check, empty outside of such.
	Name string
	// Group and Tags are those of the check in such a file. They are no part of the JSON.
	Group string
	Tags  []string
	// LastSuccess is when such a check succeeded last, zero where that is not known. It is
	// no part of the JSON.
	LastSuccess time.Time
	// Silenced is why nothing bad is announced of such a check, nil where it is not silenced.
	// It changes neither the status nor the exit code.
	Silenced *Silenced
	// Check is the name of the kind.
	Check string
	// Target is the target as the user names it.
	Target string
	// Address is the network address it was checked at, empty until one is known.
	Address string
	// Start is when the check began.
	Start time.Time
	// Elapsed is how long it took, or the time set by Took; 0 where that is not known.
	Elapsed time.Duration
	// Status is the status of the worst step.
	Status Status
	// Summary is the verdict on one line.
	Summary string
	// Cause is why the result is not OK, as Step.Cause is; Also are further causes of
	// the same step.
	Cause *Cause
	Also  []*Cause
	// Refused is set if the server refused what the check is for, such as a recipient or
	// a log-in, whatever the status.
	Refused bool
	// Committed is set once the server may have a message, so that another attempt could
	// deliver a second one. It is not part of the JSON.
	Committed bool
	// Request is what the result answers in a run over many targets, nil elsewhere.
	Request *Request
	// Steps are what was done, in order.
	Steps []Step
	// Transcript is the recorded session, nil for none.
	Transcript *wire.Transcript

	options  *Options
	reported error         // what the last step that failed ended with
	took     time.Duration // see Took
	timed    bool          // see Took; false for how long the check ran
	complete bool          // see Complete
	leftOut  func(name string) bool
}

// Request is what a result answers, so that another run can tell that this is done.
type Request struct {
	// Target is the target that was given, in its Canonical form.
	Target string `json:"target"`
	// Options stands for the options of the check that change its results.
	Options string `json:"options"`
	// Results is how many results the target has, 0 for one.
	Results int `json:"results,omitempty"`
}

// LeaveOut declares which steps and facts are not asked for in this run, as another one does
// and learns them: thresholds and expectations for those do not lack them here.
func (r *Result) LeaveOut(is func(name string) bool) { r.leftOut = is }

// leavesOut reports whether a step or a fact is not asked for; name may be STEP:FACT.
func (r *Result) leavesOut(name string) bool {
	step, fact, ofStep := strings.Cut(name, ":")
	return r.leftOut != nil && (r.leftOut(step) || ofStep && r.leftOut(fact))
}

// Took overrides the elapsed time, for example with an average round trip. With 0 it is not
// known: neither the result nor its steps have a time, and there is no TotalFact.
func (r *Result) Took(d time.Duration) { r.took, r.timed = d, true }

// Complete declares that the check has finished although its context has ended, as a
// check without an end of its own does.
func (r *Result) Complete() { r.complete = true }

// Kept returns a copy to keep for long: without the transcript, and without what only the
// check itself needed.
func (r *Result) Kept() *Result {
	kept := *r
	kept.Transcript, kept.options, kept.reported = nil, nil, nil
	return &kept
}

// fewSteps is the initial capacity for steps.
const fewSteps = 6

// errRepeated is a fault of a check's own program.
var errRepeated = errors.New("a step of this name ran before")

// Run runs one step: it measures its time, grades it by its error, compares its facts
// with the thresholds and the server's reply with the expectations, and appends it. It
// returns the error of do, or that of the expectation; nil means that the walk can go on.
func (r *Result) Run(name string, do func(*Step) error) error {
	step := Step{Name: name, Status: OK}
	if r.options != nil && r.options.Watch != nil {
		defer r.options.Watch(r.Target, name)()
	}
	mark, begin := r.mark(), time.Now()
	var err error
	if r.Step(name) != nil {
		err = fmt.Errorf("%s: %w", name, errRepeated)
	} else {
		err = do(&step)
	}
	if step.Item == "" {
		step.Elapsed = cmp.Or(step.Took, time.Since(begin))
	}
	verdict := r.options.expect(&step, func() string { return r.saidSince(mark) }, err)
	step.grade(verdict)
	var f *Failure
	r.Refused = r.Refused || errors.As(verdict, &f) && f.Refused && !step.Aside
	r.options.judge(&step)
	if r.Steps == nil {
		r.Steps = make([]Step, 0, fewSteps)
	}
	r.Steps = append(r.Steps, step)
	if err := cmp.Or(err, verdict); err != nil {
		r.reported = err
		return err
	}
	return nil
}

// mark is the place in the transcript where a step begins.
func (r *Result) mark() int {
	if r.Transcript == nil {
		return 0
	}
	return r.Transcript.Len()
}

func (r *Result) saidSince(mark int) string {
	return strings.Join(r.Transcript.ServerSaid(mark), "\n")
}

// Step returns the step with a name, nil if it did not run.
func (r *Result) Step(name string) *Step {
	for i := range r.Steps {
		if r.Steps[i].Name == name {
			return &r.Steps[i]
		}
	}
	return nil
}

// Worst returns the step that the verdict is about, nil if none ran: the worst, and of
// several the one nearest to the purpose of the check.
func (r *Result) Worst() *Step {
	if s := r.verdictStep(); s != nil {
		return s
	}
	for i := range r.Steps {
		if r.Steps[i].Status == OK {
			return &r.Steps[i]
		}
	}
	if len(r.Steps) == 0 {
		return nil
	}
	return &r.Steps[0]
}

// Wrong returns the steps that are neither OK nor skipped, worst first. Of equally bad
// ones the nearest to the purpose of the check comes first: every step of a session is
// nearer than those before it, except for steps aside and repetitions such as "rcpt-2".
// Steps that ran side by side, or stand under headings, come in their order.
// Unknown and Warning are equally bad: a recipient about whom nothing was learned matters
// more than a faulty certificate.
func (r *Result) Wrong() []*Step {
	var wrong []*Step
	for i := range r.Steps {
		if s := &r.Steps[i]; Worst(s.Status, OK) != OK {
			wrong = append(wrong, s)
		}
	}
	slices.SortStableFunc(wrong, func(a, b *Step) int {
		return cmp.Or(
			first(a.Status == Critical, b.Status == Critical),
			first(!a.Aside, !b.Aside),
			cmp.Compare(r.stage(b), r.stage(a)),
		)
	})
	return wrong
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// stage returns how far the check had come at a step; repetitions, such as rcpt and
// rcpt-2, are one stage. Steps that ran side by side do not build on one another: the
// first of them is the nearest.
func (r *Result) stage(s *Step) int {
	stage := slices.IndexFunc(r.Steps, func(t Step) bool { return baseName(t.Name) == baseName(s.Name) })
	if s.Took > 0 || s.Group != "" {
		return -stage
	}
	return stage
}

// baseName returns a step's name without the number of a repetition.
func baseName(name string) string {
	base := strings.TrimRight(name, "0123456789")
	if base == name {
		return name
	}
	return strings.TrimSuffix(base, "-")
}

// Facts returns the facts of all steps but items, in order. Of several with one name,
// such as the extensions before and after STARTTLS, the last counts; but a fact of the
// step that the verdict is about takes precedence over all others, and all others over
// those of steps aside, so that the reply code of a refused recipient is not replaced by
// that of QUIT.
func (r *Result) Facts() []Fact {
	room := 0
	for i := range r.Steps {
		room += len(r.Steps[i].Facts)
	}
	facts, ranks := make([]Fact, 0, room), make([]int, 0, room)
	verdict := r.verdictStep()
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Item != "" {
			continue
		}
		rank := s.rank(verdict)
		for _, f := range s.Facts {
			if at := slices.IndexFunc(facts, func(g Fact) bool { return g.Name == f.Name }); at >= 0 {
				if ranks[at] > rank {
					continue
				}
				facts, ranks = slices.Delete(facts, at, at+1), slices.Delete(ranks, at, at+1)
			}
			facts, ranks = append(facts, f), append(ranks, rank)
		}
	}
	return facts
}

// verdictStep returns the step that makes the result not OK, nil where none does.
func (r *Result) verdictStep() *Step {
	if wrong := r.Wrong(); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}

// rank orders steps by the precedence of their facts.
func (s *Step) rank(verdict *Step) int {
	switch {
	case s == verdict:
		return 2
	case s.Aside:
		return 0
	}
	return 1
}

// Fact returns the fact with a name; see Facts.
func (r *Result) Fact(name string) (Fact, bool) {
	best, found := -1, Fact{}
	verdict := r.verdictStep()
	for i := range r.Steps {
		s := &r.Steps[i]
		rank := s.rank(verdict)
		for j := range s.Facts {
			if s.Item == "" && s.Facts[j].Name == name && rank >= best {
				best, found = rank, s.Facts[j]
			}
		}
	}
	return found, best >= 0
}

// last returns the last step that is no item, nil where there is none.
func (r *Result) last() *Step {
	for i := range slices.Backward(r.Steps) {
		if s := &r.Steps[i]; s.Item == "" {
			return s
		}
	}
	return nil
}

// Learn adds a fact about the whole check.
func (r *Result) Learn(f Fact) {
	if last := r.last(); last != nil {
		last.Learn(f)
	}
}

// finish determines the verdict after all steps.
func (r *Result) finish(ctx context.Context, err error) {
	untimed := r.timed && r.took == 0
	if r.Elapsed = r.took; !r.timed {
		r.Elapsed = time.Since(r.Start)
	}
	r.recordFailure(err)
	for i := range r.Steps {
		if untimed {
			r.Steps[i].Elapsed = 0
		}
	}
	if last := r.last(); last != nil && !untimed {
		last.Learn(Duration(TotalFact, r.Elapsed))
		r.options.judgeFact(last, len(last.Facts)-1)
	}
	r.options.missing(r)
	if errors.Is(ctx.Err(), context.Canceled) && !r.complete {
		r.interrupt()
	}
	r.conclude()
	r.redact()
	r.bound()
	r.reported = nil // it may hold all that a server said
}

// stepInterrupted is the name of the step of a check that was stopped.
const stepInterrupted = "interrupted"

// interrupt records that the check was stopped.
func (r *Result) interrupt() {
	r.Steps = append(r.Steps, Step{Name: stepInterrupted, Status: Unknown, Detail: "stopped early; the steps above are complete", Cause: CauseInterrupted})
}

// recordFailure records the error that a check ended with, unless a step did.
func (r *Result) recordFailure(err error) {
	switch {
	case err == nil, r.reported != nil && errors.Is(err, r.reported):
	case len(r.Steps) == 0:
		_ = r.Run("prepare", func(*Step) error { return err })
	case Worst(r.Worst().Status, OK) == OK:
		_ = r.Run("check", func(*Step) error { return err })
	}
}

// conclude sets status, cause and summary by the worst step.
func (r *Result) conclude() {
	worst := r.Worst()
	if worst == nil {
		r.Status, r.Summary = Unknown, "nothing was checked"
		return
	}
	r.Status = worst.Status
	for _, s := range r.Steps {
		r.Status = Worst(r.Status, s.Status)
	}
	if r.Status == OK && r.Summary != "" {
		return
	}
	r.Cause, r.Also = worst.Cause, worst.Also
	r.Summary = worst.Reason()
	if n := len(r.Wrong()) - 1; n > 0 {
		r.Summary += fmt.Sprintf(" (+%d more)", n)
	}
}

// Reason returns the step's name and the part of its detail that explains its status.
func (s *Step) Reason() string {
	return strings.TrimSuffix(s.Name+": "+cmp.Or(s.reason, s.Detail), ": ")
}

// redact masks the known secrets in every text that may quote a server. Hints are
// mailprobe's own words; masking those would only show what a password begins with.
func (r *Result) redact() {
	r.eachText(func(text *string) { *text = r.Transcript.Redact(*text) })
}

// Mask masks further secrets in everything that may quote them.
func (r *Result) Mask(secrets ...wire.Secret) {
	if r.Transcript == nil {
		r.Transcript = &wire.Transcript{}
	}
	r.Transcript.Hide(secrets...)
	r.redact()
	for i := range r.Steps {
		r.Steps[i].Item = r.Transcript.Redact(r.Steps[i].Item)
		for j := range r.Steps[i].Fix {
			r.Steps[i].Fix[j] = r.Transcript.Redact(r.Steps[i].Fix[j])
		}
	}
}
