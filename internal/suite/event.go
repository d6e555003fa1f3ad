package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Event is a change of an item that is worth telling, with all that is known of
// it. Its JSON names are a promise.
type Event struct {
	Kind EventKind `json:"event"`
	// Check is the item's name, Sort the kind of check.
	Check   string   `json:"check"`
	Sort    string   `json:"kind"`
	Target  string   `json:"target"`
	Address string   `json:"address,omitempty"`
	Group   string   `json:"group,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Status is what is told now, since Since; Was is what was told before. Opened
	// is when it was well last.
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
	// Cause is the word for why, Blame who has to act, Causes are further causes.
	Cause  string      `json:"cause,omitempty"`
	Blame  probe.Blame `json:"blame,omitempty"`
	Causes []string    `json:"causes,omitempty"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
	// Fine are the steps that are OK.
	Fine []string `json:"fine,omitempty"`
	// Items are what the check found several of, such as the hops of a path, a line each.
	Items []string `json:"items,omitempty"`
	// Transcript are the last lines of the session.
	Transcript []string `json:"transcript,omitempty"`
	// Incident is what the history calls it.
	Incident string `json:"incident,omitempty"`

	first    bool // as far as is known it has never been otherwise
	item     *Item
	result   *probe.Result
	mark     mark    // what it is of
	identity string  // what it tells, the same whenever it is told
	own      string  // the state of mailprobe itself that it is of, empty for a check's
	missed   bool    // it ends what only the record of what was told knows of
	others   []Event // of a group of which this is the first
}

// FailedStep is a step that is not OK.
type FailedStep struct {
	Name   string       `json:"name"`
	Status probe.Status `json:"status"`
	Detail string       `json:"detail,omitempty"`
}

// lastLines is how many lines of a transcript an event tells.
const lastLines = 10

// newEvent tells what has become of an item, whose state was old.
func (run *Report) newEvent(kind EventKind, o *Outcome, old, now history.State) Event {
	r := o.Worst()
	e := Event{
		Kind: kind, Check: o.ID, Sort: r.Check, Target: r.Target, Address: r.Address, Group: o.Check.Group, Tags: o.Check.Tags,
		Status: now.Status, Since: now.Since, Was: old.Status, Opened: opened(old, now), At: now.LastRun,
		Summary: r.Summary, Earlier: old.Summary, Incident: now.Incident, item: o.Item, result: r,
		first: old.LastRun.IsZero() || now.Since.Equal(old.Since),
	}
	if old.LastRun.IsZero() {
		e.Was, e.Earlier = probe.OK, ""
	}
	if wrong := r.Wrong(); len(wrong) > 0 {
		e.Hint = wrong[0].Hint
	}
	if r.Cause != nil && now.Status != probe.OK {
		e.Cause, e.Blame, e.Causes = r.Cause.Name, r.Cause.Blame, causeNames(nil, r.Also)
	}
	for _, s := range r.Steps {
		if s.Item != "" {
			e.Items = append(e.Items, itemLine(s))
		}
		switch s.Status {
		case probe.OK:
			if s.Item != "" {
				continue
			}
			e.Fine = append(e.Fine, s.Name)
		case probe.Skipped:
		default:
			e.Failed = append(e.Failed, FailedStep{s.Name, s.Status, s.Detail})
		}
	}
	e.Transcript = tail(r.Transcript)
	e.mark = markOf(run.Suite.key(), o.ID, old, now.LastRun)
	e.identity = e.mark.of(kind, now.Status, e.particular(old)...)
	return e.cleaned()
}

// itemLine tells of an item: what it is, its shares and its time.
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

// mark is what events are known by that lead a check out of one state.
type mark struct{ file, check, from string }

// markOf is the mark of a check in a state. It does not depend on when that was seen,
// so that a run that could not write down what it told is followed by one that tells
// the same. Where nothing is known of the check it is the same for a day.
func markOf(file, check string, old history.State, at time.Time) mark {
	from := old.Announced.UTC().Format(time.RFC3339Nano) + " " + old.Since.UTC().Format(time.RFC3339Nano)
	if old.LastRun.IsZero() {
		from = at.UTC().Format(time.DateOnly)
	}
	return mark{file, check, from}
}

// of is the identity of an event that leads to a status.
func (m mark) of(kind EventKind, status probe.Status, more ...string) string {
	return strings.Join(append([]string{m.file, m.check, string(kind), status.String(), m.from}, more...), "\x00")
}

// particular is what tells apart events that lead to the status that was told before.
func (e Event) particular(old history.State) []string {
	switch e.Kind {
	case Changed:
		return []string{e.Cause}
	case Reminder:
		return []string{old.Reminded.UTC().Format(time.RFC3339Nano)}
	}
	return nil
}

// causeNames are the words for causes, that of the verdict first.
func causeNames(cause *probe.Cause, also []*probe.Cause) []string {
	var names []string
	for _, c := range slices.Concat([]*probe.Cause{cause}, also) {
		if c != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// tail returns the last lines of a transcript, without the times between them.
func tail(t *wire.Transcript) []string {
	if t == nil {
		return nil
	}
	lines := slices.DeleteFunc(t.Lines(), func(l string) bool { return strings.HasPrefix(l, string(wire.Delay)) })
	return lines[max(0, len(lines)-lastLines):]
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
	for i := range e.Transcript {
		e.Transcript[i] = report.Clean(e.Transcript[i])
	}
	return e
}

// headline is the event in a word or two.
func (e Event) headline() string {
	switch e.Kind {
	case Recovery:
		return "RECOVERED"
	case Reminder:
		return "STILL " + e.Status.String()
	case Worse, Better, Changed:
		return fmt.Sprintf("%s (%s)", e.Status, e.Kind)
	}
	return e.Status.String()
}

// verdict says in a line what the event is about.
func (e Event) verdict() string {
	if e.Kind == Recovery {
		return fmt.Sprintf("%s again after %s", e.Status, span(e.Since.Sub(e.Opened)))
	}
	return e.Summary
}

// textWidth is how wide the lines of what is told are, as mails have them.
const textWidth = 78

// Text tells the event in full.
func (e Event) Text() string {
	var b strings.Builder
	head := e.headline() + "  "
	lines := report.Wrap(e.title()+": "+e.verdict(), textWidth-len(head), 8)
	b.WriteString(head + strings.Join(lines, "\n    ") + "\n")
	e.explain(func(label, text string) {
		if text == "" {
			return
		}
		for i, line := range report.Wrap(text, textWidth-14, 12) {
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(&b, "    %-9s %s\n", label, line)
		}
	})
	if e.Kind != Recovery && len(e.Items) > 0 {
		b.WriteString("    one by one:\n")
		for _, line := range e.Items {
			b.WriteString("        " + strings.Join(report.Wrap(line, textWidth-8, 4), "\n          ") + "\n")
		}
	}
	if e.Kind != Recovery && len(e.Transcript) > 0 {
		b.WriteString("    the session's last lines:\n")
		for _, line := range e.Transcript {
			b.WriteString("        " + line + "\n")
		}
	}
	return b.String()
}

// explain gives the lines below the headline to add, each with its label.
func (e Event) explain(add func(label, text string)) {
	where := e.Sort + " " + e.Target
	if e.Address != "" && e.Address != e.Target {
		where += " (" + e.Address + ")"
	}
	add("check", where)
	add("also", e.checks())
	add("since", e.since())
	if e.Kind == Recovery {
		add("now", e.Summary)
	}
	if e.Kind == Recovery || e.Kind == Changed {
		add("before", fmt.Sprintf("%s: %s", e.Was, e.Earlier))
	}
	told := strings.TrimSuffix(e.Summary, fmt.Sprintf(" (+%d more)", len(e.Failed)-1))
	for _, s := range e.Failed {
		if detail := s.Name + ": " + s.Detail; detail != told {
			add(strings.ToLower(s.Status.String()), detail)
		}
	}
	if e.Cause != "" {
		add("cause", strings.Join(append([]string{e.Cause}, e.Causes...), ", or "))
		add("who acts", e.Blame.Who())
	}
	add("hint", e.Hint)
	add("fine", strings.Join(e.Fine, ", "))
}

// since says how long it has been so, and how it was before.
func (e Event) since() string {
	text := clock(e.Since)
	if e.Kind == Recovery {
		return text + "; it was not well from " + clock(e.Opened) + " on"
	}
	if d := e.At.Sub(e.Since); d > 0 {
		text += ", " + span(d) + " ago"
	}
	if e.Kind != Reminder && e.Kind != Changed && !e.first {
		text += "; before that " + e.Was.String()
	}
	return text
}

func clock(t time.Time) string { return t.Local().Format("Mon 2 Jan 2006 15:04:05 MST") }

// span writes a time in its two largest units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dmin", hours, minutes)
	case minutes > 0 && seconds > 0:
		return fmt.Sprintf("%dmin %ds", minutes, seconds)
	case minutes > 0:
		return fmt.Sprintf("%dmin", minutes)
	}
	return fmt.Sprintf("%ds", seconds)
}

// opened is when the incident began that a state is in, or has just left.
func opened(old, now history.State) time.Time {
	for _, s := range []history.State{now, old} {
		var m memo
		if json.Unmarshal(s.Memo, &m) == nil && !m.Opened.IsZero() {
			return m.Opened
		}
	}
	return now.Since
}

// memo is what a state remembers beside what the history knows of it.
type memo struct {
	Opened       time.Time    `json:"opened"`
	Worst        probe.Status `json:"worst"`
	Kind, Target string
}

// incident keeps the record of an incident in step with a state, and returns it as
// it is to be written; nil where nothing has changed.
func (run *Report) incident(e EventKind, o *Outcome, old, now *history.State) *history.Incident {
	r := o.Worst()
	var m memo
	_ = json.Unmarshal(old.Memo, &m)
	if e == Failure {
		m = memo{Opened: now.Since, Worst: now.Status, Kind: r.Check, Target: r.Target}
		now.Incident = history.IncidentID(now.Name, m.Opened, run.Suite.key())
	}
	if e == "" || e == Reminder || now.Incident == "" {
		return nil
	}
	if now.Status.Worse(m.Worst) {
		m.Worst = now.Status
	}
	i := &history.Incident{
		ID: now.Incident, Name: now.Name, Kind: m.Kind, Target: m.Target, Opened: m.Opened,
		Status: now.Status, Worst: m.Worst, Summary: now.Summary,
		Events: []history.Event{{At: now.LastRun, Kind: incidentWords[e], Status: now.Status, Summary: r.Summary, Result: r}},
	}
	now.Memo, _ = json.Marshal(m)
	if e == Recovery {
		i.Closed, i.Summary = now.Since, old.Summary
		now.Incident, now.Memo = "", nil
	}
	return i
}

// incidentWords are the history's words for the events.
var incidentWords = map[EventKind]string{
	Failure: history.EventOpened, Worse: history.EventWorse, Better: history.EventBetter, Changed: history.EventChanged,
	Recovery: history.EventClosed,
}
