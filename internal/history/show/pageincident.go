package show

import (
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/internal/shellword"
	"mailprobe/probe"
)

// Incident is an incident as a page shows it.
type Incident struct {
	ID, Name, Summary    string
	Worst                probe.Status
	Opened, Closed, Took string
	Began                Moment // with its duration so far
	Open                 bool
	Acknowledged         bool
	Events               []Event
}

// Event is a change in an incident as a page shows it.
type Event struct {
	At, Kind, Summary, Hint string
	Status                  probe.Status
	Cause, Who              string       // why it is not OK, and who has to act; empty if that is not known
	Steps                   []probe.Step // set for the first failure
	Transcript              string
	Command                 string // shows the result in a terminal
	Page                    string // the address of the result, empty where it has no page
}

// openFirst returns the incidents, open ones first.
func (d *Data) openFirst() []history.Incident {
	all := slices.Clone(d.Incidents)
	slices.SortStableFunc(all, func(a, b history.Incident) int {
		switch {
		case a.Open() == b.Open():
			return 0
		case a.Open():
			return -1
		}
		return 1
	})
	return all
}

// NewIncident returns an incident as a page shows it; transcripts includes the steps of the
// first failure and the transcripts.
func NewIncident(i history.Incident, now time.Time, transcripts bool) Incident {
	out := Incident{
		ID: "incident-" + report.Clean(i.ID), Name: report.Clean(i.Name), Summary: report.Clean(i.Summary), Worst: i.Worst, Open: i.Open(),
		Opened: i.Opened.UTC().Format("2 Jan 2006, 15:04"), Took: probe.FormatSpan(i.Duration(now)), Began: NewMoment(i.Opened).Counting(now, ""), Acknowledged: i.Acknowledged() != nil,
	}
	if !i.Open() {
		out.Closed = i.Closed.UTC().Format("2 Jan 2006, 15:04")
	}
	for _, e := range i.Events {
		event := Event{At: e.At.UTC().Format("2 Jan, 15:04:05"), Kind: report.Clean(e.Kind), Status: e.Status, Summary: report.Clean(e.Summary)}
		if e.By != "" {
			event.Summary = strings.TrimSuffix(report.Clean(e.By)+": "+event.Summary, ": ")
		}
		if e.Result != nil {
			event.add(e.Result, e.Kind == history.EventOpened, transcripts)
			event.Command = "mailprobe history " + shellword.Quote(out.Name) + " --at " + e.Result.Start.UTC().Format(time.RFC3339) + " -v"
		}
		out.Events = append(out.Events, event)
	}
	return out
}

// add adds a result: its hint and, if whole is set, its transcript and for the first
// failure its steps.
func (e *Event) add(r *probe.Result, first, whole bool) {
	if c := r.Cause; c != nil && r.Status.ExitCode() != 0 {
		e.Cause, e.Who = report.Clean(c.Name), c.Blame.Who()
	}
	if worst := r.Worst(); worst != nil {
		e.Hint = report.Clean(worst.Hint)
	}
	if first && whole {
		e.Steps, e.Hint = Cleaned(r).Steps, "" // the step has it
	}
	if !whole || r.Transcript == nil {
		return
	}
	var lines []string
	for _, line := range r.Transcript.Lines() {
		lines = append(lines, report.Clean(line))
	}
	e.Transcript = strings.Join(lines, "\n")
}
