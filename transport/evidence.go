package transport

import (
	"slices"
	"strings"

	"mailprobe/probe"
)

// Evidence is a server's refusal and where it came.
type Evidence struct {
	// Step is the step of the check, without the number of a repetition.
	Step string
	// Code is the reply code of SMTP, such as "550", or the response code of POP3 or IMAP
	// in capitals, such as "IN-USE"; empty for none.
	Code string
	// Enhanced is the enhanced status code (RFC 3463), such as "5.7.1"; empty where
	// there is none.
	Enhanced string
	// Text is the server's text, on one line.
	Text string
}

// Row is one row of a table of evidence. An empty field matches everything; all others
// must match.
type Row struct {
	// Steps are names of steps, separated by blanks.
	Steps string
	// Codes are reply or response codes, separated by blanks; "4xx" is a class, and "-"
	// means none.
	Codes string
	// Enhanced are enhanced status codes with a blank between; "x.7.1" has any class,
	// "5.7.x" any detail, and "-" is none.
	Enhanced string
	// Words is a regular expression that must match the text, in any letter case and with
	// runs of blanks as one.
	Words string
	// Causes are what the reply means, the likeliest first: several if the reply does not
	// decide between them.
	Causes []*probe.Cause
	// Hint replaces the hint of the first cause.
	Hint string
	// From is a software, with its version, that says Said. Said is a whole reply that
	// the row matches, and Not a similar one that it must not match.
	From, Said, Not string
}

// Seen returns the row with its example: the software, its reply, and a similar reply
// that the row must not match.
func (r Row) Seen(from, said, not string) Row {
	r.From, r.Said, r.Not = from, said, not
	return r
}

// Table is a list of rows, the most specific first: the first that matches says what a
// reply means.
type Table []Row

// Find returns the first row that matches, nil for none.
func (t Table) Find(e Evidence) *Row {
	said := sayingOf(e.Text)
	for i := range t {
		if t[i].matches(e, said) {
			return &t[i]
		}
	}
	return nil
}

// Matches reports whether the row matches.
func (r *Row) Matches(e Evidence) bool { return r.matches(e, sayingOf(e.Text)) }

func (r *Row) matches(e Evidence, said saying) bool {
	return oneOf(r.Steps, e.Step, sameStep) && oneOf(r.Codes, e.Code, sameCode) && oneOf(r.Enhanced, e.Enhanced, sameEnhanced) &&
		(r.Words == "" || said.has(r.Words))
}

// Explain returns the causes of a refusal. One that no row matches blames nobody and has
// the hint that unclear holds for the step.
func (t Table) Explain(e Evidence, unclear map[string]string) (c *probe.Cause, also []*probe.Cause) {
	if row := t.Find(e); row != nil {
		return row.Cause()
	}
	return CauseRefusedUnclear.Advise(unclear[e.Step]), nil
}

// Diagnose returns the meaning of a reply whose step is not known: that of the first row
// that matches it at any step, or else at one of steps, in their order.
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

// Cause returns the first cause, with the row's hint, and the others.
func (r *Row) Cause() (c *probe.Cause, also []*probe.Cause) {
	return r.Causes[0].Advise(r.Hint), r.Causes[1:]
}

// oneOf reports whether one of the words matches text, or there are no words.
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
