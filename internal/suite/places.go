package suite

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// From is the places that a check is run from. The zero value is this machine.
type From struct {
	// Places are those that may run it, in the order of the file.
	Places []string
	// Count is how many of them do at a time; 0 is all.
	Count int

	text   string
	spread bool // which of them do depends on the name of the item
}

// String returns the places as the file has them.
func (f From) String() string { return f.text }

// atOnce is how many places run the check at a time.
func (f From) atOnce() int { return cmp.Or(f.Count, len(f.Places)) }

// DownRule says how many places must see the check fail before it is down; empty where it is
// run from one at a time.
func (c *Check) DownRule() string {
	if c.From.atOnce() < 2 {
		return ""
	}
	return c.Down.String()
}

// Afar reports whether places run the item, and not this machine.
func (i *Item) Afar() bool { return len(i.Check.From.Places) > 0 && i.Place == "" }

// chosen returns the places that run an item now: of a number of places the first that can,
// and where too few can the others beside them.
func (i *Item) chosen(unable func(place string) bool) []string {
	f := i.Check.From
	if f.Count == 0 {
		return f.Places
	}
	order := slices.Clone(f.Places)
	if f.spread {
		slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(i.weight(b), i.weight(a)) })
	}
	slices.SortStableFunc(order, func(a, b string) int {
		switch isUnable := unable(a); {
		case isUnable == unable(b):
			return 0
		case isUnable:
			return 1
		}
		return -1
	})
	return order[:f.Count]
}

// weight is that of a place for an item: of rendezvous hashing, by which the loss of a place
// moves only what it had.
func (i *Item) weight(place string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(i.ID + "\x00" + place)) // it never fails
	return mix(h.Sum64())
}

// Places returns the places that checks of the file may be run from, in its order.
func (s *Suite) Places() []string {
	var all []string
	seen := map[string]bool{}
	for _, c := range s.Checks {
		for _, place := range c.From.Places {
			if !seen[place] {
				seen[place] = true
				all = append(all, place)
			}
		}
	}
	return all
}

// Jobs returns what a place has to run while others are silent. Credentials are named, and
// not sealed yet.
func (s *Suite) Jobs(place string, silent func(place string) bool) []Job {
	return s.jobs(place, func(_ *Item, place string) bool { return silent(place) })
}

func (s *Suite) jobs(place string, unable func(i *Item, place string) bool) []Job {
	byCheck := map[string][]*Item{}
	var here []*Item
	for _, i := range s.Items() {
		if i.Afar() && slices.Contains(i.chosen(func(p string) bool { return unable(i, p) }), place) {
			here = append(here, i)
			byCheck[i.Check.Name] = append(byCheck[i.Check.Name], i)
		}
	}
	all := make([]Job, len(here))
	for n, i := range here {
		all[n] = i.job()
		for _, name := range i.Check.DependsOn {
			for _, other := range sameHost(byCheck[name], i.Target.Host, func(i *Item) string { return i.Target.Host }) {
				all[n].DependsOn = append(all[n].DependsOn, other.ID)
			}
		}
	}
	return all
}

// job returns an item as a place gets it.
func (i *Item) job() Job {
	c := i.Check
	j := Job{ID: i.ID, Kind: c.Kind.Name, Every: i.every(), Between: c.Between.text, Attempts: c.Attempts, RetryAfter: c.RetryAfter}
	if c.ready == nil || c.ready.TakesTarget() {
		j.Target = i.Target.Text
	}
	for _, v := range c.options {
		if c.isCredential(v) {
			j.Credentials = append(j.Credentials, Credential{Option: v.Name, Name: v.Text})
			continue
		}
		j.Options = append(j.Options, v)
	}
	return j
}

// isCredential reports whether an option names a secret, which travels sealed.
func (c *Check) isCredential(v settings.Value) bool {
	o := probe.FindOption(c.ready.Declared, v.Name)
	return o != nil && o.Credential && strings.HasSuffix(v.Name, "-env")
}

// lacksHere reports whether an error is that of a secret that this machine does not have, and
// the places that run the check may.
func (c *Check) lacksHere(err error) bool {
	of := new(probe.OptionError)
	return len(c.From.Places) > 0 && errors.As(err, &of) && slices.ContainsFunc(c.options, func(v settings.Value) bool {
		return v.Name == string(of.Option) && c.isCredential(v)
	})
}

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
