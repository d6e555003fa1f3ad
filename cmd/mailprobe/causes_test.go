package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// causesFile is the documentation of the causes, made of their declarations.
const causesFile = "../../docs/causes.md"

// TestCausesFile: docs/causes.md has what is declared; -update writes it anew.
func TestCausesFile(t *testing.T) {
	holdMade(t, causesFile, causesDocument(knownCauses(kinds())))
}

const causesHead = `# Causes

Every step that is not OK has a cause: a word for why, and who has to act. The words
are a promise: they stay the same from version to version, in the JSON (` + "`cause`" + `, and
` + "`causes`" + ` for further ones), as ` + "`mailprobe_cause`" + ` in Prometheus, in brackets at the end of a
plug-in's line, and in what notifiers send. ` + "`mailprobe explain CAUSE`" + ` shows the same as
this file, with what real servers say; ` + "`mailprobe explain -`" + ` reads a reply and names its
cause.

The verdict is the one that a cause has by itself. It can weigh more or less in one
place: a certificate that is not trusted is CRITICAL where TLS was demanded, and a
WARNING where it was preferred.

| Blame | Who has to act |
|---|---|
`

// causesDocument describes causes in Markdown.
func causesDocument(all []knownCause) string {
	var b strings.Builder
	b.WriteString(causesHead)
	for _, blame := range probe.Blames() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", blame, blame.Who())
	}
	for _, blame := range probe.Blames() {
		var links []string
		for _, c := range all {
			if c.Blame == blame {
				links = append(links, fmt.Sprintf("[%s](#%[1]s)", c.Name))
			}
		}
		if len(links) > 0 {
			fmt.Fprintf(&b, "\n**%s**: %s\n", blame, strings.Join(links, ", "))
		}
	}
	for _, c := range all {
		b.WriteString(causeSection(c))
	}
	return b.String()
}

func causeSection(c knownCause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", c.Name, inMarkdown.Replace(c.Meaning))
	passes := ""
	if c.Passes() {
		passes = "; another attempt later may go well"
	}
	fmt.Fprintf(&b, "- Who acts: %s (`%s`)\n- Verdict: %s%s\n", c.Blame.Who(), c.Blame, c.Status, passes)
	fmt.Fprintf(&b, "- What to do: %s\n- Source: %s\n", inMarkdown.Replace(c.Hint), inMarkdown.Replace(c.Source))
	fmt.Fprintf(&b, "- Found by: %s\n", strings.Join(c.Kinds, ", "))
	return b.String()
}

var inMarkdown = strings.NewReplacer("<", `\<`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`)

var causeName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// TestCausesComplete: every cause of every kind says all that it has to, in one style,
// and a word has one meaning.
func TestCausesComplete(t *testing.T) {
	lists := map[string][]*probe.Cause{"probe": probe.Causes(), "suite": suite.Causes()}
	for _, k := range kinds() {
		if k.Causes != nil {
			lists[k.Name] = k.Causes()
		}
	}
	known := map[string]*probe.Cause{}
	for where, causes := range lists {
		for i, c := range causes {
			for _, complaint := range complaints(c) {
				t.Errorf("%s: %s: %s", where, c.Name, complaint)
			}
			if slices.ContainsFunc(causes[:i], c.Is) {
				t.Errorf("%s has %s twice", where, c.Name)
			}
			if other := known[c.Name]; other != nil && *other != *c {
				t.Errorf("%s: %s has two meanings: %+v and %+v", where, c.Name, *other, *c)
			}
			known[c.Name] = c
		}
	}
}

// complaints are what is wrong with the declaration of a cause.
func complaints(c *probe.Cause) (all []string) {
	for text, good := range map[string]bool{
		"the name is not lower case with hyphens":                                    causeName.MatchString(c.Name) && len(c.Name) <= 30,
		"nobody in particular has to act":                                            slices.Contains(probe.Blames(), c.Blame),
		"the meaning is not a sentence":                                              sentence(c.Meaning),
		"the hint does not begin in lower case without full stop":                    c.Hint != "" && !sentence(c.Hint) && !strings.HasSuffix(c.Hint, "."),
		"it has no source":                                                           c.Source != "",
		"it is OK, or " + c.Status.String() + " does not go with " + string(c.Blame): fits(c),
	} {
		if !good {
			all = append(all, text)
		}
	}
	return all
}

// sentence reports whether a text begins with a capital, or a name, and ends in a full
// stop.
func sentence(text string) bool {
	return strings.HasSuffix(text, ".") && (text[0] >= 'A' && text[0] <= 'Z' || strings.HasPrefix(text, "mailprobe "))
}

// fits reports whether a verdict goes with who has to act: what this side, this program
// or nobody has to do is no failure of the server. The exception is relaying that is
// denied: the server then does not take mail for the recipient that was asked for.
func fits(c *probe.Cause) bool {
	if c.Is(smtpcheck.CauseRelayDenied) {
		return c.Status == probe.Critical
	}
	switch c.Blame {
	case probe.BlameSender, probe.BlameMailprobe, probe.BlameNobody:
		return c.Status == probe.Warning || c.Status == probe.Unknown || c.Status == probe.Skipped && c.Is(suite.CauseDependency)
	}
	return c.Status == probe.Warning || c.Status == probe.Critical || c.Status == probe.Unknown
}

// TestCausesKnown: a script's wanted result names no cause that no kind declares, and
// none with another blame.
func TestCausesKnown(t *testing.T) {
	all := knownCauses(kinds())
	line := regexp.MustCompile(`(?m)^  cause: (\S+) \((\w+)\)((?:, or \S+)*)$`)
	files, err := filepath.Glob("../../*/testdata/*.txtar")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(text), -1) {
			found++
			i := slices.IndexFunc(all, func(c knownCause) bool { return c.Name == m[1] })
			if i < 0 || string(all[i].Blame) != m[2] {
				t.Errorf("%s: the cause %s (%s) is not declared so by any kind", filepath.ToSlash(file), m[1], m[2])
			}
			for _, also := range strings.Split(m[3], ", or ")[1:] {
				if !slices.Contains(causeNames(all), also) {
					t.Errorf("%s: the cause %s is not declared by any kind", filepath.ToSlash(file), also)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no script has a cause")
	}
}

// TestCausesUsed: each cause that is declared is given somewhere, and stands in the
// list of its package.
func TestCausesUsed(t *testing.T) {
	s := readSources(t, "../..")
	if len(s.declared) < 20 {
		t.Fatalf("%d declarations were found", len(s.declared))
	}
	for name, where := range s.declared {
		if s.listed[name] == 0 {
			t.Errorf("%s: %s stands in no list of causes", where, name)
		}
		if s.used[name] == 0 {
			t.Errorf("%s: %s is never given", where, name)
		}
	}
}

// sources are the causes in the program's own text.
type sources struct {
	declared     map[string]token.Position
	listed, used map[string]int // how often each name stands in a list of causes, and elsewhere
}

// readSources looks for causes in the packages below a folder, tests left out.
func readSources(t *testing.T, root string) *sources {
	t.Helper()
	s := &sources{map[string]token.Position{}, map[string]int{}, map[string]int{}}
	files, err := filepath.Glob(filepath.Join(root, "*/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			s.read(set, d)
		}
	}
	return s
}

// read notes what a declaration declares and names.
func (s *sources) read(set *token.FileSet, d ast.Decl) {
	into := s.used
	if f, ok := d.(*ast.FuncDecl); ok && strings.HasSuffix(f.Name.Name, "Causes") && f.Recv == nil && f.Name.IsExported() {
		into = s.listed
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if names := n.Names; len(names) == 1 && strings.HasPrefix(names[0].Name, "Cause") && len(n.Values) == 1 && isCause(n.Values[0]) {
				s.declared[names[0].Name] = set.Position(n.Pos())
				return false
			}
		case *ast.Ident:
			into[n.Name]++
		}
		return true
	})
}

// isCause reports whether an expression is &probe.Cause{...}, or &Cause{...} in probe.
func isCause(e ast.Expr) bool {
	address, ok := e.(*ast.UnaryExpr)
	if !ok {
		return false
	}
	made, ok := address.X.(*ast.CompositeLit)
	if !ok {
		return false
	}
	switch name := made.Type.(type) {
	case *ast.Ident:
		return name.Name == "Cause"
	case *ast.SelectorExpr:
		return name.Sel.Name == "Cause"
	}
	return false
}
