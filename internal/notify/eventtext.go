package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// headline returns the event in a word or two.
func (e Event) headline() string {
	switch e.Kind {
	case Recovery:
		return "RECOVERED"
	case Reminder:
		return "STILL " + e.Status.String()
	case Published:
		return "CHANGED"
	case Worse, Better, Changed:
		return fmt.Sprintf("%s (%s)", e.Status, e.Kind)
	}
	return e.Status.String()
}

// verdict returns in a line what the event is about.
func (e Event) verdict() string {
	if e.Kind == Recovery {
		return fmt.Sprintf("%s again after %s", e.Status, probe.FormatSpan(e.Since.Sub(e.Opened)))
	}
	return e.Summary
}

// TextWidth is the width of lines in texts, as in mails.
const TextWidth = 78

// Text returns the event in full.
func (e Event) Text() string {
	var b strings.Builder
	head := e.headline() + "  "
	lines := report.Wrap(e.title()+": "+e.verdict(), TextWidth-len(head), 8)
	b.WriteString(head + strings.Join(lines, "\n    ") + "\n")
	e.explain(func(label, text string) {
		if text == "" {
			return
		}
		for i, line := range report.Wrap(text, TextWidth-14, 12) {
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(&b, "    %-9s %s\n", label, line)
		}
	})
	if items := e.otherItems(); e.Kind != Recovery && len(items) > 0 {
		b.WriteString("    one by one:\n")
		for _, line := range items {
			b.WriteString("        " + strings.Join(report.Wrap(line, TextWidth-8, 4), "\n          ") + "\n")
		}
	}
	if len(e.Fix) > 0 {
		b.WriteString("    to publish (replaces the records of the same name and type):\n        " + strings.Join(e.Fix, "\n        ") + "\n")
	}
	if e.Kind != Recovery && len(e.Transcript) > 0 {
		b.WriteString("    the session's last lines:\n")
		for _, line := range e.Transcript {
			b.WriteString("        " + line + "\n")
		}
	}
	return b.String()
}

// otherItems are the items that are not among the steps that have failed.
func (e Event) otherItems() []string {
	return slices.DeleteFunc(slices.Clone(e.Items), func(line string) bool {
		return slices.ContainsFunc(e.Failed, func(s FailedStep) bool { return line == s.Name || strings.HasPrefix(line, s.Name+": ") })
	})
}

// explain calls add for each line below the headline, with its label.
func (e Event) explain(add func(label, text string)) {
	where := e.Sort + " " + e.Target
	if e.Address != "" && e.Address != e.Target {
		where += " (" + e.Address + ")"
	}
	add("check", where)
	add("also", e.checks())
	for _, c := range e.Changes {
		add("changed", c.Name)
		add("was", c.Was)
		add("now", c.Now)
	}
	if e.Kind == Published {
		add("status", e.Status.String())
	} else {
		add("since", e.since())
	}
	if e.Silence != nil {
		add("silenced", e.Silence.String())
	}
	if e.Kind == Recovery {
		add("now", e.Summary)
	}
	if e.Kind == Recovery || e.Kind == Changed {
		add("before", fmt.Sprintf("%s: %s", e.Was, e.Earlier))
	}
	headline := strings.TrimSuffix(e.Summary, fmt.Sprintf(" (+%d more)", len(e.Failed)-1))
	for _, s := range e.Failed {
		if detail := s.Name + ": " + s.Detail; detail != headline {
			add(strings.ToLower(s.Status.String()), detail)
		}
	}
	if e.Cause != "" {
		add("cause", strings.Join(append([]string{e.Cause}, e.Causes...), ", or "))
		add("who acts", e.Blame.Who())
	}
	add("hint", e.Hint)
	add("passed", strings.Join(e.Fine, ", "))
}

// since returns how long the status has lasted, and what it was before.
func (e Event) since() string {
	text := Clock(e.Since)
	if e.Kind == Recovery {
		return text + "; before that failing since " + Clock(e.Opened)
	}
	if d := e.At.Sub(e.Since); d > 0 {
		text += ", " + probe.FormatSpan(d) + " ago"
	}
	if e.Kind != Reminder && e.Kind != Changed && !e.first {
		text += "; before that " + e.Was.String()
	}
	return text
}

// Clock returns a point in local time.
func Clock(t time.Time) string { return t.Local().Format("Mon 2 Jan 2006 15:04:05 MST") }
