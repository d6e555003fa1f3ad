package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Silenced is why nothing bad is announced of a check at a time.
type Silenced = probe.Silenced

// Silences are all by which checks of a file can be silenced, and the incidents that
// somebody has taken on. A nil *Silences has none.
type Silences struct {
	// Set are the silences that have not ended, in the order they were set.
	Set []history.Silence
	// Maintenance are the windows of the file.
	Maintenance []*Maintenance
	// Acknowledged are open incidents, by ID.
	Acknowledged map[string]history.Acknowledgement
}

// Of returns why nothing bad is announced of an item at a time, nil where it is not
// silenced. Of several silences and windows the one that ends last counts.
func (q *Silences) Of(i *Item, at time.Time) *Silenced {
	if q == nil {
		return nil
	}
	return silenced(i, q.Set, q.Maintenance, at)
}

// silenced decides it.
func silenced(i *Item, set []history.Silence, windows []*Maintenance, at time.Time) (last *Silenced) {
	longer := func(until time.Time) bool { return last == nil || until.After(last.Until) }
	for _, s := range set {
		if s.At(at) && i.Is(s.Word) && longer(s.Until) {
			last = &Silenced{ID: s.ID, Until: s.Until, By: s.By, Reason: s.Reason}
		}
	}
	for _, m := range windows {
		if until, in := m.until(at); in && m.Has(i) && longer(until) {
			last = &Silenced{Until: until, Reason: m.Reason}
		}
	}
	return last
}

// ReadSilences reads what holds for the checks of the file at a time. Where an error is
// returned, the maintenance windows of the file are in the Silences nevertheless.
func (s *Suite) ReadSilences(ctx context.Context, store *history.Store, at time.Time) (*Silences, error) {
	q := &Silences{Maintenance: s.Maintenance}
	if store == nil {
		return q, nil
	}
	var errSet, errAcknowledged error
	q.Set, errSet = store.Silences(ctx, at)
	q.Acknowledged, errAcknowledged = store.Acknowledged(ctx)
	return q, errors.Join(errSet, errAcknowledged)
}

// Errors of the functions below, whose text says further what would be right. Others are
// those of the history.
var (
	// ErrSelectsNothing: a word is no name, tag or group of a check.
	ErrSelectsNothing = errors.New("no name, tag or group of a check")
	// ErrNotSilenced: there is nothing to end.
	ErrNotSilenced = errors.New("no silence and no acknowledgement")
	// ErrNoIncident: there is nothing to acknowledge.
	ErrNoIncident = errors.New("no open incident")
	// ErrNotUsable: a reason is missing, or something is too long.
	ErrNotUsable = errors.New("not usable")
)

// The limits of a silence.
const (
	maxSilence = 366 * 24 * time.Hour
	maxReason  = 500 // characters
	maxAuthor  = 100
)

// NewSilence is what somebody wants to be silenced.
type NewSilence struct {
	// Word is the name, the tag or the group of the checks.
	Word string
	// For is how long.
	For time.Duration
	// By is the name of who wants it, Reason why; both are needed.
	By, Reason string
}

// Silence stores a silence that begins now. The errors are ErrSelectsNothing and
// ErrNotUsable.
func (s *Suite) Silence(ctx context.Context, store *history.Store, n NewSilence, now time.Time) (history.Silence, error) {
	if err := s.selects(n.Word); err != nil {
		return history.Silence{}, err
	}
	if n.For <= 0 || n.For > maxSilence {
		return history.Silence{}, fmt.Errorf("a silence of %s is %w: it is a time up to a year, such as 2h", probe.FormatSpan(n.For), ErrNotUsable)
	}
	by, reason, err := signed(n.By, n.Reason)
	if err != nil {
		return history.Silence{}, err
	}
	return store.AddSilence(ctx, history.Silence{Word: n.Word, Begin: now, Until: now.Add(n.For), By: by, Reason: reason})
}

// signed returns who does something and why, fit to be shown in a line.
func signed(by, reason string) (cleanBy, cleanReason string, err error) {
	by, reason = strings.TrimSpace(report.Clean(by)), strings.TrimSpace(report.Clean(reason))
	switch {
	case reason == "":
		err = fmt.Errorf("an empty reason is %w: say why, for those who wonder", ErrNotUsable)
	case by == "":
		err = fmt.Errorf("an empty name is %w", ErrNotUsable)
	case len([]rune(reason)) > maxReason || len([]rune(by)) > maxAuthor:
		err = fmt.Errorf("a reason of more than %d characters, or a name of more than %d, is %w", maxReason, maxAuthor, ErrNotUsable)
	}
	return by, reason, err
}

// selects returns an error where a word selects no check.
func (s *Suite) selects(word string) error {
	if slices.ContainsFunc(s.known(), func(i *Item) bool { return i.Is(word) }) {
		return nil
	}
	words := s.Words()
	return fmt.Errorf("%q is %w; %s", word, ErrSelectsNothing, probe.Meant(word, words, "there are: "+probe.Names(words, maxNamed)))
}

// Words returns the names, tags and groups of all checks, sorted.
func (s *Suite) Words() []string {
	var words []string
	for _, c := range s.Checks {
		words = append(append(words, c.Name, c.Group), c.Tags...)
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(word string) bool { return word == "" })
}

// Ended are what EndSilence has ended.
type Ended struct {
	Silences     []history.Silence
	Acknowledged []history.Acknowledgement
}

// EndSilence ends, of what holds now, the silence with an ID or all that were set by a
// word. Where there is none it withdraws the acknowledgement of an incident, by its ID or
// by a word that selects its check. The error is ErrNotSilenced where there is neither.
func (s *Suite) EndSilence(ctx context.Context, store *history.Store, what, by string, now time.Time) (ended Ended, err error) {
	q, err := s.ReadSilences(ctx, store, now)
	if err != nil {
		return ended, err
	}
	for _, one := range q.Set {
		if one.ID != what && one.Word != what {
			continue
		}
		done, err := store.EndSilence(ctx, one.ID, now, by)
		if err != nil {
			return ended, err
		}
		if done { // otherwise somebody else was faster
			one.Until, one.EndedBy = now, by
			ended.Silences = append(ended.Silences, one)
		}
	}
	if len(ended.Silences) > 0 {
		return ended, nil
	}
	if ended.Acknowledged, err = s.withdraw(ctx, store, q, what, by, now); err == nil && len(ended.Acknowledged) == 0 {
		err = fmt.Errorf("%q is %w that holds now; mailprobe silence lists them", what, ErrNotSilenced)
	}
	return ended, err
}

// withdraw ends acknowledgements.
func (s *Suite) withdraw(ctx context.Context, store *history.Store, q *Silences, what, by string, now time.Time) (ended []history.Acknowledgement, err error) {
	names := s.named(what)
	for _, id := range slices.Sorted(maps.Keys(q.Acknowledged)) {
		a := q.Acknowledged[id]
		if id != what && !names[a.Name] {
			continue
		}
		err := store.AddEvent(ctx, id, history.Event{At: now, Kind: history.EventWithdrawn, Status: a.Status, By: by})
		switch {
		case errors.Is(err, history.ErrClosed): // it has just recovered
		case err != nil:
			return ended, err
		default:
			ended = append(ended, a)
		}
	}
	return ended, nil
}

// named returns the IDs of the items that a word selects.
func (s *Suite) named(word string) map[string]bool {
	names := map[string]bool{}
	for _, i := range s.known() {
		if i.Is(word) {
			names[i.ID] = true
		}
	}
	return names
}

// Acknowledge records that somebody has taken on the open incident with an ID, or those of
// the checks that a word selects: there are no more reminders of them. Changes and the
// recovery are announced as ever. The errors are ErrNoIncident, ErrSelectsNothing and
// ErrNotUsable.
func (s *Suite) Acknowledge(ctx context.Context, store *history.Store, what, by, reason string, now time.Time) ([]history.Acknowledgement, error) {
	by, reason, err := signed(by, reason)
	if err != nil {
		return nil, err
	}
	states, err := store.States(ctx)
	if err != nil {
		return nil, err
	}
	names := s.named(what)
	var done []history.Acknowledgement
	for _, name := range slices.Sorted(maps.Keys(states)) {
		state := states[name]
		if state.Incident == "" || state.Incident != what && !names[name] {
			continue
		}
		e := history.Event{At: now, Kind: history.EventAcknowledged, Status: state.Status, Summary: reason, By: by}
		err := store.AddEvent(ctx, state.Incident, e)
		switch {
		case errors.Is(err, history.ErrClosed): // it has just recovered
		case err != nil:
			return done, err
		default:
			done = append(done, history.Acknowledgement{Incident: state.Incident, Name: name, Status: state.Status, At: now, By: by, Reason: reason})
		}
	}
	if len(done) > 0 {
		return done, nil
	}
	if len(names) == 0 {
		err = s.selects(what)
	}
	return nil, cmp.Or(err, fmt.Errorf("%q has %w", what, ErrNoIncident))
}
