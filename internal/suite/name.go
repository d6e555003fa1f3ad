package suite

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"mailprobe/internal/cut"
	"mailprobe/internal/report"
)

// maxCheckName is how many bytes the name of a check may have: it is part of addresses, and
// parameters of the API are bounded.
const maxCheckName = 250

// nameFault returns why a text cannot be the name of a check, or nothing. Names that begin
// with a blank are those of states of mailprobe itself, and no browser asks for an address
// that ends with a dot or two.
func nameFault(name string) string {
	switch {
	case strings.TrimFunc(name, unicode.IsSpace) != name:
		return "name begins or ends with a blank"
	case report.Clean(name) != name:
		return fmt.Sprintf("name %s has characters that cannot be seen or told from others; nobody could ask for the check", strconv.QuoteToASCII(cut.Bytes(name, 80)))
	case name == "." || name == "..":
		return fmt.Sprintf("%q cannot be a name: as the end of an address it means another page", name)
	case len(name) > maxCheckName:
		return fmt.Sprintf("name has %d bytes; at most %d are possible", len(name), maxCheckName)
	}
	return ""
}

// checkIDs finds a check that is named as a target of another one is, as what a place sees of
// it, or as the agent of a place: the two would share a state.
func (p *parser) checkIDs(first map[string]*entry) {
	p.checkPlaceIDs(first)
	for _, e := range p.entries {
		if len(e.Targets) < 2 {
			continue
		}
		for _, t := range e.Targets {
			if other := first[itemID(e.Check, t)]; other != nil {
				p.Fault(other.node, "check %s in line %d has a target of which the results have this name, too; a name is unique", e.Name, e.line)
			}
		}
	}
}

func (p *parser) checkPlaceIDs(first map[string]*entry) {
	for _, i := range p.suite.Items() {
		for _, share := range i.shares() {
			if other := first[share.ID]; other != nil {
				p.Fault(other.node, "check %s is run from %s, and its results there have this name, too; a name is unique", i.Check.Name, share.Place)
			}
		}
	}
	for _, i := range p.suite.agents() {
		if other := first[i.ID]; other != nil {
			p.Fault(other.node, "the agent of a place that checks are run from has this name; a name is unique")
		}
	}
}
