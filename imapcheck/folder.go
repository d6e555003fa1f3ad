package imapcheck

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
	"mailprobe/transport"
)

// folder is one of the mailboxes that a check opens.
type folder struct {
	name     string
	number   int // from 0, in the order of the options
	counted  MailboxStatus
	holds    Mailbox
	failed   bool // it cannot be opened
	searched bool
}

// each returns the step of a mailbox: "status", "status-2". One that does not exist does
// not keep the check from the others.
func (w *walk) each(name string, f *folder, do func(*probe.Step, *folder) error) transport.Step {
	return transport.Step{
		Name:   probe.Numbered(name, f.number),
		Due:    func() bool { return w.IsLoggedIn() && !f.failed },
		Do:     func(s *probe.Step) error { return do(s, f) },
		Spares: func(err error) bool { return len(w.folders) > 1 && transport.IsRefusal(err) && !w.session.owed },
	}
}

// measure makes the step of a further mailbox an item, as its facts are not those of the
// first. It returns what ends the measurement of its time.
func (f *folder) measure(s *probe.Step) func() {
	if f.number == 0 {
		return func() {}
	}
	s.Item, _, _ = strings.Cut(s.Name, "-")
	begin := time.Now()
	return func() { s.Elapsed = time.Since(begin) }
}

// WhichExist adds to the refusal of a mailbox that does not exist which ones do. wrong is its
// name; other errors are returned as they are.
func (s *Session) WhichExist(wrong string, err error) error {
	var failure *probe.Failure
	if !errors.As(err, &failure) || !transport.CauseMailboxMissing.Is(failure.Cause) {
		return err
	}
	all, fault := s.List()
	if fault != nil || len(all) == 0 {
		return err
	}
	failure.Err = fmt.Errorf("%w; the account has %s", failure.Err, describe(all, wrong))
	return err
}

// maxNamed is how many mailboxes are named.
const maxNamed = 8

// describe names mailboxes, those first that are spelt like the wrong name, then those
// with a use.
func describe(all []Listed, wrong string) string {
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	near := probe.Nearest(wrong, names)
	rank := func(l Listed) int {
		switch {
		case slices.Contains(near, l.Name):
			return 0
		case l.Use != "", strings.EqualFold(l.Name, inbox):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return cmp.Compare(rank(a), rank(b)) })
	var named []string
	for _, l := range all[:min(len(all), maxNamed)] {
		named = append(named, l.String())
	}
	text := strings.Join(named, ", ")
	if left := len(all) - len(named); left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}

// maxName is how much of a mailbox's name is quoted, in bytes.
const maxName = 60

// String quotes the name, with the use of the mailbox.
func (l Listed) String() string {
	name := cut.Quoted(l.Name, maxName)
	if l.Use != "" {
		name += " (" + l.Use + ")"
	}
	return name
}
