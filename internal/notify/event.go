package notify

import (
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
	"mailprobe/wire"
)

// EventKind is how a check has changed.
type EventKind string

// The kinds of event. The empty one is no event.
const (
	Failure  EventKind = "failure"  // it failed, confirmed; it was OK before
	Worse    EventKind = "worse"    // it fails worse than was announced
	Better   EventKind = "better"   // it fails less badly
	Changed  EventKind = "changed"  // it fails as badly, at another step or for another cause
	Recovery EventKind = "recovery" // it is OK again
	Reminder EventKind = "reminder" // it still fails

	// Published: what the check's owner publishes, such as DNS records, is not what it
	// was, whatever the status.
	Published EventKind = "published"
)

// EventKinds returns all of them.
func EventKinds() []EventKind {
	return []EventKind{Failure, Worse, Better, Changed, Recovery, Reminder, Published}
}

// moves are the kinds of event by which a check leaves its status for another.
var moves = []EventKind{Failure, Worse, Better, Recovery}

// Moves reports whether the event is that a check has left its status for another.
func (k EventKind) Moves() bool { return slices.Contains(moves, k) }

// Event is a change of a check that somebody is notified of. Its JSON names are a
// promise.
type Event struct {
	Kind EventKind `json:"event"`
	// Check is the check's name, with the target where it has several; Sort is its kind.
	Check   string   `json:"check"`
	Sort    string   `json:"kind"`
	Target  string   `json:"target"`
	Address string   `json:"address,omitempty"`
	Group   string   `json:"group,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Status is what is announced now, since Since; Was is what was announced before.
	// Opened is when the incident began.
	Status probe.Status `json:"status"`
	Since  time.Time    `json:"since"`
	Was    probe.Status `json:"was"`
	Opened time.Time    `json:"opened,omitzero"`
	// At is when the run began that saw it.
	At time.Time `json:"at"`
	// Summary is the verdict in a line, Earlier the one before.
	Summary string `json:"summary"`
	Earlier string `json:"earlier,omitempty"`
	// Failed are the steps that are not OK, with the server's words.
	Failed []FailedStep `json:"failed,omitempty"`
	// Cause is the name of the cause, Blame who has to act, Causes are further causes.
	Cause  string      `json:"cause,omitempty"`
	Blame  probe.Blame `json:"blame,omitempty"`
	Causes []string    `json:"causes,omitempty"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
	// Fix are DNS records to publish, as lines of a zone.
	Fix []string `json:"fix,omitempty"`
	// Changes are what is published otherwise than in the run before.
	Changes []Change `json:"changes,omitempty"`
	// Fine are the steps that are OK.
	Fine []string `json:"fine,omitempty"`
	// Items are what the check found several of, such as the hops of a path, a line each.
	Items []string `json:"items,omitempty"`
	// Transcript are the last lines of the session.
	Transcript []string `json:"transcript,omitempty"`
	// Silence is the silence or the maintenance within which the check has recovered, or
	// because of which the event was not announced before.
	Silence *Silence `json:"silence,omitempty"`
	// Incident is the incident's identifier in the history.
	Incident string `json:"incident,omitempty"`

	// Result is the result that shows the change.
	Result *probe.Result `json:"-"`
	// Unrecorded is set where the history does not know of what this event ends.
	Unrecorded bool `json:"-"`

	origin      Origin
	first       bool    // as far as is known the check was never otherwise
	mark        Mark    // of the state that the check leaves
	identity    string  // the same whenever the same event is announced
	certificate string  // that the check was shown, empty for none
	others      []Event // of a group of which this is the first
}

// FailedStep is a step that is not OK.
type FailedStep struct {
	Name   string       `json:"name"`
	Status probe.Status `json:"status"`
	Detail string       `json:"detail,omitempty"`
}

// Silence is why something was not announced.
type Silence struct {
	probe.Silenced
	// Ended is set where it has ended since.
	Ended bool `json:"ended,omitempty"`
}

// String returns until when it was or is, by whom, and why.
func (s Silence) String() string {
	text := "until " + Clock(s.Until)
	if s.Ended {
		text = "until now"
	}
	if s.By != "" {
		text += " by " + s.By
	} else {
		text += ", by maintenance"
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}

// Origin is the check that an event is about.
type Origin struct {
	// File is the absolute path of the file of checks.
	File string
	// Check is the check's name, with the target where it has several.
	Check, Group string
	Tags         []string
	// Words are those by which `only` of a notifier selects the check.
	Words []string
	// Host is the host of its target.
	Host string
	// Own is the name of the state where the event is about mailprobe itself, such as
	// a notifier whose messages are refused; empty for a check.
	Own string
}

// lastLines is how many lines of a transcript an event has.
const lastLines = 10

// NewEvent returns the event for a check that went from state old to state now.
func NewEvent(kind EventKind, from Origin, r *probe.Result, old, now history.State) Event {
	e := Event{
		Kind: kind, Check: from.Check, Sort: r.Check, Target: r.Target, Address: r.Address, Group: from.Group, Tags: from.Tags,
		Status: now.Status, Since: now.Since, Was: old.Status, Opened: now.Since, At: now.LastRun,
		Summary: r.Summary, Earlier: old.Summary, Incident: now.Incident, Result: r, origin: from,
		first: old.LastRun.IsZero() || now.Since.Equal(old.Since), certificate: certificateOf(kind, r, old),
	}
	if old.LastRun.IsZero() {
		e.Was, e.Earlier = probe.OK, ""
	}
	if e.Incident == "" {
		e.Incident = old.Incident
	}
	if wrong := r.Wrong(); len(wrong) > 0 {
		e.Hint = wrong[0].Hint
	}
	if r.Cause != nil && now.Status != probe.OK {
		e.Cause, e.Blame, e.Causes = r.Cause.Name, r.Cause.Blame, CauseNames(r.Also...)
	}
	e.addSteps(r.Steps)
	e.Transcript = tail(r)
	e.Identify(old, now.LastRun)
	return e.cleaned()
}

// addSteps adds what the steps of a result show.
func (e *Event) addSteps(steps []probe.Step) {
	for _, s := range steps {
		e.Fix = append(e.Fix, s.Fix...)
		if s.Item != "" {
			e.Items = append(e.Items, itemLine(s))
		}
		switch {
		case s.Status == probe.OK && s.Item == "":
			e.Fine = append(e.Fine, s.Name)
		case s.Status != probe.OK && s.Status != probe.Skipped:
			e.Failed = append(e.Failed, FailedStep{s.Name, s.Status, s.Detail})
		}
	}
}

// itemLine returns an item's name, shares and time.
func itemLine(s probe.Step) string {
	line := strings.TrimSuffix(s.Name+": "+s.Detail, ": ")
	for _, f := range s.Facts {
		if f.Unit == probe.Percent {
			line += ", " + f.Text + " " + f.Name
		}
	}
	if s.Elapsed > 0 {
		line += ", " + probe.FormatDuration(s.Elapsed)
	}
	return line
}

// CauseNames returns the names of causes, leaving out nil.
func CauseNames(causes ...*probe.Cause) []string {
	var names []string
	for _, c := range causes {
		if c != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// tail returns the last lines of a result's transcript, without the times between them.
func tail(r *probe.Result) []string {
	if r.Transcript == nil {
		return nil
	}
	lines := slices.DeleteFunc(r.Transcript.Lines(), func(l string) bool { return strings.HasPrefix(l, string(wire.Delay)) })
	lines = faulty(r, lines)
	return lines[max(0, len(lines)-lastLines):]
}

// faulty returns the lines of the sessions of the worst step that has one, where each step
// under a heading has sessions of its own, which begin with a comment that names it. That is
// none if only other steps are not OK.
func faulty(r *probe.Result, lines []string) []string {
	owner := func(line string) string {
		text, isComment := strings.CutPrefix(line, string(wire.Comment)+" ")
		name, _, _ := strings.Cut(text, ": ")
		if s := r.Step(name); isComment && s != nil && s.Group != "" {
			return name
		}
		return ""
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return owner(l) != "" }) {
		return lines
	}
	for _, s := range r.Wrong() {
		isOther := func(l string) bool { name := owner(l); return name != "" && name != s.Name }
		if i := slices.IndexFunc(lines, func(l string) bool { return owner(l) == s.Name }); i >= 0 {
			own := lines[i:]
			if end := slices.IndexFunc(own, isOther); end >= 0 {
				own = own[:end]
			}
			return own
		}
	}
	return nil
}

// cleaned makes every text that a server may have had a hand in printable.
func (e Event) cleaned() Event {
	for _, text := range []*string{&e.Check, &e.Target, &e.Address, &e.Summary, &e.Earlier, &e.Hint} {
		*text = report.Clean(*text)
	}
	for i := range e.Failed {
		e.Failed[i].Detail = report.Clean(e.Failed[i].Detail)
	}
	for i := range e.Items {
		e.Items[i] = report.Clean(e.Items[i])
	}
	for i := range e.Fix {
		e.Fix[i] = report.Clean(e.Fix[i])
	}
	for i := range e.Transcript {
		e.Transcript[i] = report.Clean(e.Transcript[i])
	}
	return e
}

// Mark identifies a state that a check leaves. Events with the same mark lead out of
// the same state.
type Mark struct{ file, check, from string }

// MarkOf returns the mark of a check in a state. It does not depend on when the state
// was seen, so that a run that could not write down what it announced is followed by
// one that announces the same. Of a check without a state the mark lasts for a day.
func MarkOf(file, check string, old history.State, at time.Time) Mark {
	from := old.Announced.UTC().Format(time.RFC3339Nano) + " " + old.Since.UTC().Format(time.RFC3339Nano)
	if old.LastRun.IsZero() {
		from = at.UTC().Format(time.DateOnly)
	}
	return Mark{file, check, from}
}

// of is the identity of an event that leads to a status.
func (m Mark) of(kind EventKind, status probe.Status, more ...string) string {
	return strings.Join(append([]string{m.file, m.check, string(kind), status.String(), m.from}, more...), "\x00")
}

// Identify makes the event one that leads out of a state.
func (e *Event) Identify(old history.State, at time.Time) {
	e.mark = MarkOf(e.origin.File, e.origin.Check, old, at)
	e.identity = e.mark.of(e.Kind, e.Status, e.particular(old)...)
}

// particular is what distinguishes events that lead to the status that was announced
// before.
func (e *Event) particular(old history.State) []string {
	switch e.Kind {
	case Changed:
		return []string{e.Cause}
	case Reminder:
		return []string{old.Reminded.UTC().Format(time.RFC3339Nano)}
	}
	return nil
}
