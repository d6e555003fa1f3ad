package report

import "mailprobe/probe"

// The colours and weights that a table uses: SGR codes of ECMA-48 §8.3.117.
const (
	sgrReset   = "\x1b[0m"
	sgrFaint   = "\x1b[2m"
	sgrBoldRed = "\x1b[31;1m"
	sgrGreen   = "\x1b[32m"
	sgrYellow  = "\x1b[33m"
	sgrMagenta = "\x1b[35m"
)

// painter colours words if it is true, and returns them as they are if not.
type painter bool

// status colours the name of a status.
func (p painter) status(s probe.Status) string {
	switch s {
	case probe.OK:
		return p.paint(sgrGreen, s.String())
	case probe.Warning:
		return p.paint(sgrYellow, s.String())
	case probe.Critical:
		return p.paint(sgrBoldRed, s.String())
	case probe.Unknown:
		return p.paint(sgrMagenta, s.String())
	}
	return p.faint(s.String())
}

// faint makes a text less prominent than the others.
func (p painter) faint(text string) string { return p.paint(sgrFaint, text) }

// header returns the names of columns as the first row of a grid.
func (p painter) header(names ...string) cells {
	for i := range names {
		names[i] = p.faint(names[i])
	}
	return names
}

// paint returns the text between an SGR code and the code that ends it.
func (p painter) paint(code, text string) string {
	if !p || text == "" {
		return text
	}
	return code + text + sgrReset
}
