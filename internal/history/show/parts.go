package show

import (
	_ "embed"
	"html/template"
	"strings"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// What the pages of HTML share: their style sheet, and a script that keeps the ages of
// moments counting.
var (
	//go:embed page.css
	Style string
	//go:embed ages.js
	Ages string
)

//go:embed parts.html
var partsText string

// Parts returns the templates that pages of HTML are made of: time (of a Moment), bars (of
// Bars), strip (of a Strip), chart (of a Chart), steps (of []probe.Step), facts (of
// []probe.Fact), events (of []Event) and certificates (of []Certificate). They define the
// functions word, which writes a status in lower case, and span, which writes a duration.
func Parts() (*template.Template, error) {
	return template.New("parts").Funcs(template.FuncMap{
		"word": func(s probe.Status) string { return strings.ToLower(s.String()) },
		"span": report.Took, "heading": heading, "fixes": fixes,
	}).Parse(partsText)
}
