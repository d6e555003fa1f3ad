package notify

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// WorstFirst are the statuses in the order in which they are announced.
var WorstFirst = []probe.Status{probe.Critical, probe.Warning, probe.Unknown, probe.Skipped, probe.OK}

// Announce returns events in full, the worst first, those with one reason together.
func Announce(events []Event) string {
	var b strings.Builder
	for _, g := range grouped(events) {
		g[0].others = g[1:]
		b.WriteString(g[0].Text() + "\n")
	}
	return b.String()
}

// sorted returns events with the worst first.
func sorted(events []Event) []Event {
	return slices.SortedStableFunc(slices.Values(events), func(a, b Event) int {
		return cmp.Compare(slices.Index(WorstFirst, a.Status), slices.Index(WorstFirst, b.Status))
	})
}

// grouped puts events together that have one reason: the same change for the same
// cause, at the same address, with the same words or with the same certificate. The
// worst come first.
func grouped(events []Event) [][]Event {
	var groups [][]Event
	begun := map[reason]int{} // the group of the first event with it
	for _, e := range sorted(events) {
		reasons := e.reasons()
		at := len(groups)
		for _, r := range reasons {
			if i, ok := begun[r]; ok {
				at = min(at, i)
			}
		}
		if at < len(groups) {
			groups[at] = append(groups[at], e)
			continue
		}
		groups = append(groups, []Event{e})
		for _, r := range reasons {
			if _, ok := begun[r]; !ok {
				begun[r] = at
			}
		}
	}
	return groups
}

// reason is what events have in common that are announced together.
type reason struct {
	kind                        EventKind
	status                      probe.Status
	cause, own                  string
	address, words, certificate string // one of them
}

// reasons are what an event may have in common with others. A certificate is as bad as
// TLS is needed by each check, so that the status does not count there.
func (e Event) reasons() (all []reason) {
	r := reason{kind: e.Kind, status: e.Status, cause: e.Cause, own: e.origin.Own}
	add := func(set func(*reason)) {
		one := r
		set(&one)
		all = append(all, one)
	}
	if e.Kind == Published { // each has changes of its own
		r.words = e.Check
		return []reason{r}
	}
	if address := e.address(); address != "" && (e.Kind == Recovery || e.Cause != "") {
		add(func(r *reason) { r.address = address })
	}
	if e.Kind != Recovery {
		add(func(r *reason) { r.words = e.Summary })
	}
	if e.certificate != "" {
		add(func(r *reason) { r.certificate, r.status = e.certificate, probe.Unknown })
	}
	return all
}

// address is the one that was checked, or the host where none was known.
func (e Event) address() string {
	if e.Address != "" {
		return hostPart(e.Address)
	}
	return cmp.Or(e.origin.Host, hostPart(e.Target))
}

// certificateOf identifies the certificate that an event is about, empty where it is
// about something else: it stands in the facts of the step that failed, or that had
// failed before.
func certificateOf(kind EventKind, r *probe.Result, old history.State) string {
	var about *probe.Step
	if kind == Recovery {
		about = r.Step(old.Step)
	} else if wrong := r.Wrong(); len(wrong) > 0 {
		about = wrong[0]
	}
	if about == nil {
		return ""
	}
	for _, f := range about.Facts {
		if f.Name == "cert_sha256" {
			return f.Text
		}
	}
	return ""
}

// title names the checks of an event, or of a group of them.
func (e Event) title() string {
	const few = 3
	names := []string{e.Check}
	for _, o := range e.others {
		names = append(names, o.Check)
	}
	if len(names) > few+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}

// checks lists the other checks of a group, each with what it checks.
func (e Event) checks() string {
	var all []string
	for _, o := range e.others {
		what := o.Sort + " " + o.Target
		if o.Status != e.Status {
			what += ", " + o.Status.String()
		}
		all = append(all, report.Clean(o.Check+" ("+what+")"))
	}
	return strings.Join(all, ", ")
}

// hostPart is the host of an address with or without a port.
func hostPart(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
