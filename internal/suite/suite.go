package suite

import (
	"slices"
	"time"

	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// Suite is a file of checks that has been read.
type Suite struct {
	// Name is the file's path, Title the title in it.
	Name, Title string
	// Checks are in the order of the file.
	Checks []*Check
	// Modules are in the order of the file.
	Modules []*Module
	// Config configures notifications.
	notify.Config
	// Labels are constant labels of all metrics.
	Labels report.Labels
	// Remind is how often a failure that goes on is announced again, 0 for never.
	Remind time.Duration
	// Maintenance are times within which nothing bad is announced.
	Maintenance []*Maintenance
}

// Check is one entry of the list of checks.
type Check struct {
	// Name is unique in the file.
	Name string
	// Matrix is the name in the file of a check between accounts; empty for others.
	Matrix string
	// Kind is what sort of check it is.
	Kind probe.Kind
	// Targets are what it is run against.
	Targets []probe.Target
	// Group is the group it belongs to, empty for none.
	Group string
	Settings

	line    int
	faulty  bool // an option is wrong, and has been reported
	options settings.Values
	ready   *probe.Check                 // with its options set, not prepared
	getenv  func(name string) string     // probe.Options.Getenv
	explain func(error) settings.Problem // adds the position in the file to an error
}

// Settings are what checks can inherit from their group and from the defaults.
type Settings struct {
	// Every is the least time from one run of the check to the next, 0 for every run.
	Every time.Duration
	// Between is when it runs.
	Between Window
	// Attempts is how often it is tried within a run, with RetryAfter between, while
	// what is wrong may pass by waiting and no message was handed over.
	Attempts   int
	RetryAfter time.Duration
	// AlertAfter is how many runs in a row must fail before it is announced, RecoverAfter
	// how many must be better.
	AlertAfter, RecoverAfter int
	// Tags are words to select checks by.
	Tags []string
	// DependsOn names checks; while one of them is Critical, this one is skipped.
	DependsOn []string
	// Public permits the page for everybody to show name, group, status, uptime and times.
	Public bool
	// From is where it is run, Down how many places must see it fail before it is down.
	From From
	Down Down

	from settings.Pair // of From, before the groups of places are known
}

// defaultSettings are those of a check for which the file has none.
func defaultSettings() Settings {
	return Settings{Attempts: 1, RetryAfter: 5 * time.Second, AlertAfter: 2, RecoverAfter: 1}
}

// fields are the keys of settings.
func (s *Settings) fields() []settings.Field {
	return []settings.Field{
		{Name: "every", About: "the least time from one run of the check to the next, such as 1h", Into: &s.Every},
		{Name: "between", About: "when it runs, such as 08:00-18:00 or mon-fri 08:00-18:00", Into: &s.Between},
		{Name: "attempts", About: "how often it is tried within a run while a failure may be temporary; never after a message was handed over, never with a password that was refused (1)", Into: &s.Attempts},
		{Name: "retry_after", About: "the time between attempts (5s)", Into: &s.RetryAfter},
		{Name: "alert_after", About: "how many runs in a row must fail before it is announced (2)", Into: &s.AlertAfter},
		{Name: "recover_after", About: "how many runs in a row must be better before it is announced (1)", Into: &s.RecoverAfter},
		{Name: "tags", About: "words to select checks by", Into: &s.Tags},
		{Name: "depends_on", About: "checks that this one needs: while one of them is Critical, this one is skipped", Into: &s.DependsOn},
		{Name: "from", About: "the places that run it, with `mailprobe serve --fleet`: fra, [fra, nyc], a group of places, or 3 of a group; an address is the sender of smtp and deliver, which can also stand under their names", Into: func(at settings.Pair) { s.from = at }, Schema: settings.OneOrMore},
		{Name: "down", About: "how many of several places must see it fail before it is down: majority, all, any, a number, or 2 of 3 (majority)", Into: &s.Down, Schema: settings.Scalar},
		{Name: "public", About: "whether the public page and badges of mailprobe serve show it: its name, group, status, uptime and times, and nothing else", Into: &s.Public},
	}
}

// Keys are the names of all settings.
func (s *Settings) Keys() []string { return settings.FieldNames(s.fields()) }

// Item is a check of one target, the unit that has a state.
type Item struct {
	// ID names the item: the check's name, with the target after a blank where the
	// check has several.
	ID     string
	Check  *Check
	Target probe.Target
	// Place is set where the item is what one place sees of a check that several run, and
	// where it is the agent of a place.
	Place string

	own     string // the name of the state where the item stands for mailprobe itself
	verdict *Item  // whose share it is, nil for others
}

// words are those that select the item: its name, that of its check, the group and the
// tags.
func (i *Item) words() []string {
	words := append([]string{i.ID, i.Check.Name}, i.Check.Tags...)
	if i.Check.Matrix != "" {
		words = append(words, i.Check.Matrix)
	}
	if i.Check.Group != "" {
		words = append(words, i.Check.Group)
	}
	return words
}

// Is reports whether a word selects the item.
func (i *Item) Is(word string) bool { return slices.Contains(i.words(), word) }

// Items returns the items of all checks.
func (s *Suite) Items() []*Item {
	all := make([]*Item, 0, s.size())
	for _, c := range s.Checks {
		all = append(all, c.items()...)
	}
	return all
}

// items returns those of the check, one for each target.
func (c *Check) items() []*Item {
	all := make([]*Item, len(c.Targets))
	for n, t := range c.Targets {
		all[n] = &Item{ID: itemID(c, t), Check: c, Target: t}
	}
	return all
}

// itemID returns the name of the item of a check's target.
func itemID(c *Check, t probe.Target) string {
	if len(c.Targets) > 1 {
		return c.Name + " " + t.Text
	}
	return c.Name
}

// size is how many items there are.
func (s *Suite) size() (n int) {
	for _, c := range s.Checks {
		n += len(c.Targets)
	}
	return n
}

// forgetText releases the text of the file, which a run needs no more.
func (s *Suite) forgetText() {
	for _, c := range s.Checks {
		c.explain = nil
	}
	for _, m := range s.Modules {
		m.explain = nil
	}
}
