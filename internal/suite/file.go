package suite

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// maxFile bounds a file of checks, in bytes.
const maxFile = 16 << 20

// FileName is the default name of the file of checks.
const FileName = "mailprobe.yaml"

// Find returns the file of checks: the one given, or else the first there is of
// mailprobe.yaml here, in $XDG_CONFIG_HOME/mailprobe and in /etc/mailprobe.
func Find(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	paths := []string{FileName}
	if dir, err := os.UserConfigDir(); err == nil {
		paths = append(paths, filepath.Join(dir, "mailprobe", FileName))
	}
	paths = append(paths, filepath.Join("/etc/mailprobe", FileName))
	for _, name := range paths {
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("there is no file of checks: none of %s exists; name one, or write one with mailprobe check --init", strings.Join(paths, ", "))
}

// Load reads a file of checks. It returns an error where the file cannot be read, and the
// problems in its text. The suite can be used only where none of them is an error.
func Load(name string, kinds []probe.Kind) (*Suite, settings.Problems, error) {
	text, info, err := readFile(name)
	if err != nil {
		return nil, nil, err
	}
	s, problems := Parse(name, text, kinds)
	if info.Mode().Perm()&0o004 != 0 {
		problems = append(problems, settings.Problem{File: name, Warning: true,
			Text: "the file can be read by everyone on this machine; chmod 640 or 600 hides who is notified and how"})
	}
	return s, problems, nil
}

// readFile reads a file of checks, which may be a pipe: as much as one may have.
func readFile(name string) (text []byte, info fs.FileInfo, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes; it is no file of checks", name, maxFile)
	}
	return text, info, err
}

// Parse reads the text of a file of checks.
func Parse(name string, text []byte, kinds []probe.Kind) (*Suite, settings.Problems) {
	document, top := settings.Parse(name, text)
	p := newParser(document, kinds)
	if !top.IsZero() {
		p.readAll(top)
	}
	return p.suite, p.Problems
}

func newParser(document *settings.Document, kinds []probe.Kind) *parser {
	p := &parser{
		Document: document, kinds: kinds, suite: &Suite{Name: document.Name},
		known: map[string]settings.Options{}, bound: map[string]bool{}, passive: map[string]bool{}, groups: map[string]settings.Node{},
		made: map[string]*Check{}, places: map[string][]string{},
	}
	for _, k := range kinds {
		p.kindNames = append(p.kindNames, k.Name)
		check := probe.New(k)
		p.bound[k.Name] = !check.TakesTarget()
		_, p.passive[k.Name] = check.Passive()
		p.known[k.Name] = settings.Options(check.Declared).ForFiles()
	}
	p.kindNames = slices.Clip(p.kindNames) // others append to it
	return p
}

// Unknown adds an error for a key that means nothing here.
func (p *parser) Unknown(o settings.Pair, what string, right []string) {
	if !p.refusesOutput(o) {
		p.Document.Unknown(o, what, right)
	}
}

// refusesOutput adds an error for a key of an option that writes a file, and reports whether
// it is one.
func (p *parser) refusesOutput(o settings.Pair) bool {
	for _, k := range p.kinds {
		if option := settings.Options(probe.New(k).Declared).LookUp(o.Name); option != nil && option.Writes {
			p.Fault(o.Key, "%s is for the command line alone, as it writes a file", o.Key.Written())
			return true
		}
	}
	return false
}

// readAll reads the whole file: first all keys, then the options of checks, which need the
// defaults and groups.
func (p *parser) readAll(top settings.Node) {
	hasChecks, hasModules := false, false
	p.Read(top, "the file", p.topFields(&hasChecks, &hasModules), isExtension, nil)
	if !hasChecks && !hasModules {
		p.Fault(top, "the file has neither \"checks:\" nor \"modules:\"")
	}
	p.expand()
	for _, e := range p.entries {
		p.inherit(e)
	}
	p.Problems = uniqueProblems(p.Problems)
	p.finish()
	p.checkMaintenance()
	items := p.suite.Items()
	p.suite.CheckOnly(p.Document, func(word string) bool {
		return slices.ContainsFunc(items, func(i *Item) bool { return i.Is(word) })
	})
}

func (p *parser) topFields(hasChecks, hasModules *bool) []settings.Field {
	return append([]settings.Field{
		{Name: "title", About: "the title of the checks, for the subject of mails", Into: &p.suite.Title},
		{Name: "defaults", About: "settings and options for all checks", Into: func(at settings.Pair) { p.defaults = p.shared(at.Value, "defaults") }, Schema: p.sharedSchema},
		{Name: "groups", About: "settings and options for the checks of a group", Into: p.readGroups, Schema: p.groupsSchema},
		{Name: "accounts", About: "mail accounts, for checks of the ways between them", Into: p.readAccounts, Schema: p.accountsSchema},
		{Name: "checks", About: "what is checked", Into: func(at settings.Pair) { *hasChecks = true; p.readChecks(at) }, Schema: p.checksSchema},
		{Name: "places", About: "groups of places that checks are run from, such as eu: [fra, ams, lon]", Into: p.readPlaces, Schema: placesSchema},
		{Name: "modules", About: "named sets of options for /probe of `mailprobe serve`", Into: func(at settings.Pair) { *hasModules = true; p.readModules(at) }, Schema: p.modulesSchema},
		{Name: "labels", About: "labels for every metric, such as site: berlin", Into: p.readLabels, Schema: settings.Named},
		{Name: "remind", About: "how often a failure that goes on is announced again", Into: &p.suite.Remind},
		{Name: "maintenance", About: "times within which nothing bad is announced of checks, and their results do not count for the uptime", Into: p.readMaintenance, Schema: maintenanceSchema},
	}, p.suite.Fields(p.Document)...)
}

func (p *parser) readLabels(at settings.Pair) {
	for _, l := range p.Pairs(at.Value, "labels") {
		if value, ok := p.Text(l.Value, l.Key.Written()); ok {
			if err := p.suite.Labels.Add(l.Key.Written(), value); err != nil {
				p.Fault(l.Key, "%v", err)
			}
		}
	}
}

// isExtension permits keys that hold what the file refers to, as "x-mail: &mail".
func isExtension(at settings.Pair) bool { return strings.HasPrefix(at.Name, "x_") }

func (p *parser) readGroups(at settings.Pair) {
	if !at.Value.IsMapping() {
		p.Fault(at.Value, "groups is no mapping: it has the name of each group with its settings, such as groups: {berlin: {every: 1m}}; a check with group: berlin takes them")
		return
	}
	for _, g := range p.Pairs(at.Value, "groups") {
		p.groups[g.Key.Written()] = p.shared(g.Value, "group "+g.Key.Written())
	}
}

// shared checks the keys of defaults or of a group, whatever the kind of the
// checks that will use them.
func (p *parser) shared(n settings.Node, what string) settings.Node {
	if n.IsNull() {
		return n.EmptyMapping()
	}
	scratch := Settings{}
	names := p.kindNames
	for _, known := range p.known {
		names = append(names, known.Keys()...)
	}
	p.Read(n, what, scratch.fields(), func(o settings.Pair) bool {
		if known, ok := p.known[o.Name]; ok && o.Value.IsMapping() {
			p.sharedOfKind(o, known)
			return true
		}
		if what != "defaults" && (o.Name == "checks" || o.Name == "targets" || slices.Contains(entryKeys(), o.Name)) {
			p.Fault(o.Key, "%s has no key %q: a group has settings, and no checks; those stand under checks: at the top, each with %s", what, o.Key.Written(), strings.Replace(what, " ", ": ", 1))
			return true
		}
		return p.anyKindHas(o.Name) || p.refusesOutput(o)
	}, names)
	return n
}

func (p *parser) sharedOfKind(at settings.Pair, known settings.Options) {
	for _, o := range p.Pairs(at.Value, at.Name) {
		if known.LookUp(o.Name) == nil {
			p.Unknown(o, at.Name, known.Keys())
		}
	}
}

// Prepare finds out what else is wrong with the options of every check: files that
// are not there, values that exclude each other, a user without a password. Commands that
// print secrets are not run, and checks with mistakes of their own are left out. Of those
// that have the same options one is tried for all.
func (s *Suite) Prepare(ctx context.Context, p settings.Problems) settings.Problems {
	tried := map[string]settings.Trial{}
	for _, c := range s.Checks {
		if c.ready == nil || c.faulty {
			continue
		}
		key := fmt.Sprintf("%s %q", c.Kind.Name, c.options)
		t, known := tried[key]
		if !known {
			t = c.options.Try(ctx, c.Kind)
			tried[key] = t
		}
		if err := t.With(c.Targets...); err != nil && !c.lacksHere(err) {
			p = append(p, c.explain(err))
		}
	}
	for _, m := range s.Modules {
		if m.faulty || m.explain == nil {
			continue
		}
		if err := m.options.Try(ctx, m.Kind).With(); err != nil {
			p = append(p, m.explain(err))
		}
	}
	return append(p, s.sameTokens(ctx)...)
}
