package suite

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// SilenceList is what silences checks of a file, for programs. Its JSON names are a
// promise.
type SilenceList struct {
	// Silences are those that have not ended, in the order they were set.
	Silences []ListedSilence `json:"silences"`
	// Maintenance are the windows of the file that are still to come or come again.
	Maintenance []ListedMaintenance `json:"maintenance"`
	// Acknowledged are open incidents that somebody has taken on.
	Acknowledged []ListedIncident `json:"acknowledged"`
}

// ListedSilence is a silence with the checks that it is for.
type ListedSilence struct {
	ID     string    `json:"id"`
	Word   string    `json:"word"`
	Checks []string  `json:"checks"`
	Begin  time.Time `json:"begin"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	// EndedBy is set where somebody has ended it early, which Until then is the time of.
	EndedBy string `json:"ended_by,omitempty"`
}

// ListedMaintenance is a window with the checks that it is for.
type ListedMaintenance struct {
	// When is as the file has it.
	When   string   `json:"when"`
	Checks []string `json:"checks"`
	Reason string   `json:"reason,omitempty"`
	// Until is when it ends where it is now; zero where it is not.
	Until time.Time `json:"until,omitzero"`
}

// ListedIncident is an acknowledgement.
type ListedIncident struct {
	Incident string       `json:"incident"`
	Check    string       `json:"check"`
	Status   probe.Status `json:"status"`
	At       time.Time    `json:"at"`
	By       string       `json:"by"`
	Reason   string       `json:"reason"`
}

// List returns what silences checks of the file at a time, or is still to come.
func (s *Suite) List(q *Silences, at time.Time) SilenceList {
	list := SilenceList{Silences: []ListedSilence{}, Maintenance: []ListedMaintenance{}, Acknowledged: []ListedIncident{}}
	for _, one := range q.Set {
		if one.Until.After(at) {
			list.Silences = append(list.Silences, s.ListSilence(one))
		}
	}
	for _, m := range q.Maintenance {
		if m.over(at) {
			continue
		}
		until, _ := m.until(at)
		if !m.At(at) {
			until = time.Time{}
		}
		list.Maintenance = append(list.Maintenance, ListedMaintenance{m.When(), s.idsOf(m.Has), m.Reason, until})
	}
	for _, a := range slices.SortedFunc(maps.Values(q.Acknowledged), byTime) {
		list.Acknowledged = append(list.Acknowledged, ListAcknowledgement(a))
	}
	return list
}

func byTime(a, b history.Acknowledgement) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Incident, b.Incident))
}

// ListSilence returns a silence for programs.
func (s *Suite) ListSilence(one history.Silence) ListedSilence {
	checks := s.idsOf(func(i *Item) bool { return i.Is(one.Word) })
	return ListedSilence{one.ID, one.Word, checks, one.Begin, one.Until, one.By, one.Reason, one.EndedBy}
}

// ListAcknowledgement returns an acknowledgement for programs.
func ListAcknowledgement(a history.Acknowledgement) ListedIncident {
	return ListedIncident{a.Incident, a.Name, a.Status, a.At, a.By, a.Reason}
}

// idsOf returns the IDs of the items for which is returns true.
func (s *Suite) idsOf(is func(*Item) bool) []string {
	ids := []string{}
	for _, i := range s.known() {
		if is(i) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
