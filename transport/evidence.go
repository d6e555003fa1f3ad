package transport

import (
	"slices"
	"strings"

	"mailprobe/probe"
)

// Evidence is what a server said when it refused something, and where.
type Evidence struct {
	// Step is the step of the check, without the number of a repetition.
	Step string
	// Code is the reply code of SMTP, such as "550", or the response code of POP3 or
	// IMAP in capitals, such as "IN-USE"; empty where there is none.
	Code string
	// Enhanced is the enhanced status code (RFC 3463), such as "5.7.1"; empty where
	// there is none.
	Enhanced string
	// Text are the server's words, on one line.
	Text string
}

// Row is one line of a table of evidence. What is empty holds for everything; what
// is set must hold for all of it.
type Row struct {
	// Steps are names of steps with a blank between.
	Steps string
	// Codes are reply or response codes with a blank between; "4xx" is a class, and
	// "-" is none.
	Codes string
	// Enhanced are enhanced status codes with a blank between; "x.7.1" has any class,
	// "5.7.x" any detail, and "-" is none.
	Enhanced string
	// Words is a regular expression that the text must match, in any letter case and
	// with one blank where the text has several.
	Words string
	// Causes are what it means, the likeliest first: several where nothing in the
	// reply tells them apart.
	Causes []*probe.Cause
	// Hint says what to do in this case in particular; empty for the hint of the
	// first cause.
	Hint string
	// From is a software, with its version, that says Said; Said is a whole reply that
	// the row is for, and Not one like it that the row must not match.
	From, Said, Not string
}

// Seen returns the row with an example: a software that says said, and a reply that is
// like it and is not meant.
func (r Row) Seen(from, said, not string) Row {
	r.From, r.Said, r.Not = from, said, not
	return r
}

// Table is evidence in order, the most specific first: the first row that matches
// is what a reply means.
type Table []Row

// Find returns the row for a piece of evidence, nil where there is none.
func (t Table) Find(e Evidence) *Row {
	said := sayingOf(e.Text)
	for i := range t {
		if t[i].matches(e, said) {
			return &t[i]
		}
	}
	return nil
}

// Matches reports whether the row is for a piece of evidence.
func (r *Row) Matches(e Evidence) bool { return r.matches(e, sayingOf(e.Text)) }

func (r *Row) matches(e Evidence, said saying) bool {
	return oneOf(r.Steps, e.Step, sameStep) && oneOf(r.Codes, e.Code, sameCode) && oneOf(r.Enhanced, e.Enhanced, sameEnhanced) &&
		(r.Words == "" || said.has(r.Words))
}

// Explain returns the causes of a refusal. One that no row is for blames nobody: its hint
// is that of unclear for the step.
func (t Table) Explain(e Evidence, unclear map[string]string) (c *probe.Cause, also []*probe.Cause) {
	if row := t.Find(e); row != nil {
		return row.Cause()
	}
	return CauseRefusedUnclear.Advise(unclear[e.Step]), nil
}

// Diagnose returns what a reply means of which it is not known at which step it was said:
// the first row that is for it at any step, or else at one of steps, those before others.
func (t Table) Diagnose(said string, e Evidence, steps ...string) probe.Diagnosis {
	for i := range t {
		for _, e.Step = range append([]string{""}, steps...) {
			if t[i].Matches(e) {
				first, also := t[i].Cause()
				return probe.Diagnosis{Step: e.Step, Said: said, Causes: append([]*probe.Cause{first}, also...)}
			}
		}
	}
	return probe.Diagnosis{Said: said}
}

// Cause returns the first cause with the row's hint, and the others.
func (r *Row) Cause() (c *probe.Cause, also []*probe.Cause) {
	return r.Causes[0].Advise(r.Hint), r.Causes[1:]
}

// oneOf reports whether one of the words is like text, or there are no words.
func oneOf(words, text string, like func(word, text string) bool) bool {
	for word := range strings.SplitSeq(words, " ") {
		if words == "" || like(word, text) {
			return true
		}
	}
	return false
}

func sameStep(word, step string) bool { return word == step }

func sameCode(word, code string) bool {
	if word == "-" {
		return code == ""
	}
	if class, ok := strings.CutSuffix(word, "xx"); ok {
		return len(code) == len("250") && strings.HasPrefix(code, class)
	}
	return word == code
}

// sameEnhanced compares part by part.
func sameEnhanced(word, code string) bool {
	if word == "-" {
		return code == ""
	}
	return slices.EqualFunc(strings.Split(word, "."), strings.Split(code, "."), func(want, have string) bool {
		return want == "x" || want == have
	})
}
