package suite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// maxPlaces bounds the places of one check.
const maxPlaces = 100

// PlaceFault returns why a text cannot be the name of a place, or nothing. It is part of
// subjects, of names of files and of metrics.
func PlaceFault(name string) string {
	ok := name != "" && len(name) <= 32 && name[0] != '-' && name[len(name)-1] != '-'
	for i := range len(name) {
		c := name[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%q cannot be the name of a place: that has up to 32 small letters, digits and hyphens between them, such as fra or ny-2", name)
}

// readPlaces reads the groups of places.
func (p *parser) readPlaces(at settings.Pair) {
	if !at.Value.IsMapping() {
		p.Fault(at.Value, "places is no mapping: it has the name of each group with its places, such as places: {eu: [fra, ams, lon]}")
		return
	}
	for _, g := range p.Pairs(at.Value, "places") {
		name := g.Key.Written()
		if fault := PlaceFault(name); fault != "" {
			p.Fault(g.Key, "%s", strings.Replace(fault, "a place:", "a group of places:", 1))
			continue
		}
		p.places[name] = p.placeNames(g.Value, "places: "+name)
	}
	for name, group := range p.places {
		if slices.Contains(group, name) && len(group) > 1 {
			p.Fault(at.Value, "places: %s is the name of a group and of a place in it; from: %s could be either", name, name)
		}
	}
}

// placeNames reads names of places, each once.
func (p *parser) placeNames(n settings.Node, what string) (names []string) {
	items := n.Items()
	for i, name := range p.Texts(n, what) {
		switch fault := PlaceFault(name); {
		case fault != "":
			p.Fault(items[min(i, len(items)-1)], "%s", fault)
		case slices.Contains(names, name):
			p.Fault(items[min(i, len(items)-1)], "%s: %s is here twice", what, name)
		default:
			names = append(names, name)
		}
	}
	if len(items) == 0 {
		p.Fault(n, "%s has no places", what)
	}
	if len(names) > maxPlaces {
		p.Fault(n, "%s has more than %d places", what, maxPlaces)
	}
	return names
}

// isSender reports whether a value of the key from is not places but the sender's address,
// which is an option of some kinds.
func isSender(n settings.Node) bool {
	if !n.IsScalar() {
		return false
	}
	text := n.Written()
	return text == "" || text == "<>" || strings.Contains(text, "@")
}

// fromOf takes the key from of a level: the places of the check, or else the option that it
// is returned as.
func (p *parser) fromOf(e *entry, l level, at settings.Pair) []settings.Pair {
	switch {
	case !isSender(at.Value):
		e.from = at
	case p.known[e.Kind.Name].LookUp(senderOption) != nil:
		return []settings.Pair{at}
	case l.own:
		p.Fault(at.Value, "from: %q is no place; from has the places that run the check, such as from: [fra, nyc], and %s has no sender", at.Value.Written(), e.kind)
	}
	return nil
}

// senderOption is the option whose key may have places instead: the sender can stand under
// the name of the kind then.
const senderOption = "from"

// senderOf returns the sender that a check has under the name of its kind.
func (p *parser) senderOf(e *entry, at settings.Pair) (found []settings.Pair) {
	for _, o := range p.Pairs(at.Value, at.Name) {
		if o.Name != senderOption {
			p.Fault(o.Key, "%s: in a check has from alone, for where its key from has places; %s stands beside it", at.Name, o.Key.Written())
			continue
		}
		found = append(found, o)
	}
	return found
}

// placesSchema describes groups of places.
func placesSchema() settings.Schema {
	return settings.Schema{"type": "object", "additionalProperties": settings.OneOrMore()}
}

// readFrom reads the places of a check: fra, [fra, nyc], eu, or 3 of eu.
func (p *parser) readFrom(at settings.Pair) (f From) {
	if !at.Value.IsScalar() {
		f.Places = p.withoutGroups(p.placeNames(at.Value, "from"))
		f.text = strings.Join(f.Places, ", ")
		return f
	}
	text, ok := p.Text(at.Value, "from")
	if !ok {
		return f
	}
	f.text = text
	if number, group, is := strings.Cut(text, " of "); is {
		f.Places = p.places[group]
		if f.Places == nil {
			p.Fault(at.Value, "from: there is no group of places %q; %s", group, settings.MeantOr(group, groupNamesOf(p.places), "add it under places:, such as places: {eu: [fra, ams, lon]}"))
			return From{}
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(f.Places) {
			p.Fault(at.Value, "from: %q is no number from 1 to %d, which is how many places %s has", number, len(f.Places), group)
			return From{}
		}
		f.Count, f.spread = n, true
		return f
	}
	if strings.Contains(text, ",") {
		p.Fault(at.Value, "from: several places are a list: from: [%s]", text)
		return From{}
	}
	if f.Places = p.withoutGroups([]string{text}); p.places[text] == nil && PlaceFault(text) != "" {
		p.Fault(at.Value, "from: %s", PlaceFault(text))
		return From{}
	}
	return f
}

// withoutGroups returns names with the places of a group in its place.
func (p *parser) withoutGroups(names []string) (all []string) {
	for _, name := range names {
		group := p.places[name]
		if group == nil {
			group = []string{name}
		}
		for _, place := range group {
			if !slices.Contains(all, place) {
				all = append(all, place)
			}
		}
	}
	return all
}

func groupNamesOf(groups map[string][]string) (names []string) {
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// settleFrom determines where a check is run from, and what makes it down there, after all
// its levels are read. own has the settings that the check itself has.
func (p *parser) settleFrom(e *entry, own Settings) {
	if e.from.Value.IsZero() {
		if own.Down.text != "" {
			p.Fault(e.node, "down says how many of several places must fail; the check has no from, such as from: [fra, nyc]")
		}
		e.Down = Down{}
		return
	}
	if p.passive[e.Kind.Name] {
		p.Fault(e.node, "a check of kind %s waits for what is sent to it: no place runs it, so it has no from", e.kind)
		return
	}
	e.From = p.readFrom(e.from)
	if e.Kind.Name == matrixKind && len(e.From.Places) > 0 {
		e.From.Count = 1
	}
	p.settleDown(e, own)
}

// settleDown holds the rule against the number of places. That of several places is the
// confirmation of a failure, so that no further one is waited for.
func (p *parser) settleDown(e *entry, own Settings) {
	n := e.From.atOnce()
	if n < 2 {
		if own.Down.text != "" {
			p.Fault(e.node, "down says how many of several places must fail; the check is run from one at a time, and alert_after says how often it must fail there")
		}
		e.Down = Down{}
		return
	}
	if fault := e.Down.fault(n); fault != "" {
		p.Fault(e.node, "%s", fault)
	}
	if own.AlertAfter != 0 || own.RecoverAfter != 0 {
		p.Fault(e.node, "a check from several places has no alert_after and no recover_after: its rule for down is the confirmation, such as down: 2 of %d", n)
	}
	e.AlertAfter, e.RecoverAfter = 1, 1
}

// checkTravel finds options of a check that cannot be carried out at a place: files are not
// there, and commands never travel.
func (p *parser) checkTravel(e *entry) {
	if len(e.From.Places) == 0 || e.ready == nil {
		return
	}
	for _, v := range e.options {
		o := probe.FindOption(e.ready.Declared, v.Name)
		if o == nil || !staysHere(o, v.Text) {
			continue
		}
		node := e.node
		if at := e.keys[settings.Key(v.Name)]; !at.IsZero() {
			node = at
		}
		instead := "leave it out, or run the check from here, without from"
		if o.Credential && (strings.HasSuffix(v.Name, "-file") || strings.HasSuffix(v.Name, "-command")) {
			base := settings.Key(strings.TrimSuffix(strings.TrimSuffix(v.Name, "-file"), "-command"))
			instead = fmt.Sprintf("use %s_env: the secret is sealed for the place, or stands in the credentials of its agent", base)
		}
		p.Fault(node, "%s is not at the places that the check is run from: files and commands do not travel; %s", settings.Key(v.Name), instead)
	}
}

// staysHere reports whether the value of an option means something on this machine alone.
func staysHere(o *probe.Option, text string) bool {
	switch o.Type {
	case probe.TypeFile, probe.TypeDirectory, probe.TypeCommand, probe.TypeSigner:
		return true
	case probe.TypeContent:
		return text == "-" || strings.HasPrefix(text, "@") && !strings.HasPrefix(text, "@@")
	}
	return o.Writes
}
