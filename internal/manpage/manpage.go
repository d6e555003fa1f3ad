// Package manpage writes manual pages in the man(7) language.
//
// A page is text between headings. Everything passed is plain text: what troff and its
// macros would interpret is escaped.
package manpage

import (
	"fmt"
	"strings"
)

// Page is a manual page. The zero value is empty; Title comes first.
type Page struct {
	text  strings.Builder
	begun bool // since the heading there was something, from which a paragraph is set apart
}

// String returns the page.
func (p *Page) String() string { return p.text.String() }

// Title begins a page: its name, such as mailprobe.yaml, the section of the manual, the day
// of its last change such as 2026-11-29, the version of the program, and the manual's title.
func (p *Page) Title(name, section, date, version, manual string) {
	fmt.Fprintf(&p.text, ".TH %s %s %s %s %s\n", quote(strings.ToUpper(name)), quote(section), quote(date), quote(version), quote(manual))
	p.text.WriteString(".nh\n.ad l\n") // names and addresses are never divided
}

// Heading begins a section, whose name is in capitals.
func (p *Page) Heading(name string) { p.heading("SH", name) }

// Subheading begins a part of a section.
func (p *Page) Subheading(name string) { p.heading("SS", name) }

// Name writes the line that apropos(1) and whatis(1) read: a name and what it is.
func (p *Page) Name(name, about string) {
	p.Heading("NAME")
	p.text.WriteString(Text(name) + ` \- ` + Text(about) + "\n")
}

// Prose writes paragraphs, which blank lines separate. A paragraph whose lines begin with
// spaces is written as it stands.
func (p *Page) Prose(text string) {
	for _, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			p.Verbatim(paragraph)
			continue
		}
		p.paragraph()
		p.filled(paragraph)
	}
}

// paragraph begins a paragraph. After a heading that is done already.
func (p *Page) paragraph() {
	if p.begun {
		p.text.WriteString(".PP\n")
	}
	p.begun = true
}

// Line writes a line that Bold, Italic and Text made.
func (p *Page) Line(text string) { p.text.WriteString(text + "\n") }

// Verbatim writes lines as they stand, without the indentation that they share, as
// commands and files are shown.
func (p *Page) Verbatim(text string) {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	indent := len(lines[0])
	for _, line := range lines {
		if line != "" {
			indent = min(indent, len(line)-len(strings.TrimLeft(line, " ")))
		}
	}
	p.paragraph()
	p.text.WriteString(".in +4n\n.nf\n")
	for _, line := range lines {
		p.text.WriteString(guarded(Text(line[min(indent, len(line)):])) + "\n")
	}
	p.text.WriteString(".fi\n.in\n")
}

// Item writes a term, as Bold, Italic and Text made it, with what it means.
func (p *Page) Item(term, meaning string) {
	p.text.WriteString(".TP\n" + guarded(term) + "\n")
	p.filled(meaning)
	p.begun = true
}

// Deeper moves the items that follow to the right until Back.
func (p *Page) Deeper() { p.text.WriteString(".RS\n") }

// Back ends what Deeper began.
func (p *Page) Back() { p.text.WriteString(".RE\n") }

// See writes the section that names other pages, such as mailprobe(1).
func (p *Page) See(pages ...string) {
	p.Heading("SEE ALSO")
	for i, page := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		name, section, _ := strings.Cut(page, "(")
		p.text.WriteString(".BR " + Text(name) + " (" + section + end + "\n")
	}
}

func (p *Page) heading(macro, name string) {
	p.text.WriteString("." + macro + " " + quote(name) + "\n")
	p.begun = false
}

// maxLine is how long a line of a page's source is at most, unless one word is longer.
const maxLine = 78

// filled writes text in lines of a good length, for troff to fill.
func (p *Page) filled(text string) {
	line := ""
	for _, word := range strings.Fields(text) {
		word = Text(word)
		if line != "" && len(line)+len(word) >= maxLine {
			p.text.WriteString(guarded(line) + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.text.WriteString(guarded(line) + "\n")
}

// Text escapes a text. A hyphen stays the one that is typed, so that a flag can be copied
// from the page.
func Text(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
}

// Bold returns a text in bold, as commands and flags are written.
func Bold(text string) string { return `\fB` + Text(text) + `\fR` }

// Italic returns a text in italics, as what stands for a value is written.
func Italic(text string) string { return `\fI` + Text(text) + `\fR` }

// guarded returns an escaped line so that a dot at its beginning begins no macro.
func guarded(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}

// quote writes an argument of a macro. Hyphens stay: a title's date has some.
func quote(argument string) string {
	return `"` + strings.NewReplacer(`\`, `\e`, `"`, `\(dq`).Replace(argument) + `"`
}
