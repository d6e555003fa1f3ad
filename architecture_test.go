package mailprobe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "mailprobe/"

// mayImport says for every package which others of this module it imports. What
// is not here is not allowed; "*" is everything but cmd.
var mayImport = map[string][]string{
	"wire":                    {},
	"wire/wiretest":           {"wire"},
	"probe":                   {"wire"},
	"probe/probetest":         {"dnssec/dnstest", "probe", "wire", "wire/wiretest"},
	"transport":               {"atomicfile", "dnssec", "policy", "probe", "wire", "sasl"},
	"transport/transporttest": {"transport", "probe"},
	"policy":                  {},
	"subprocess":              {},
	"cut":                     {},
	"plainjson":               {},
	"shellword":               {},
	"sketch":                  {},
	"atomicfile":              {},
	"release":                 {},
	"manpage":                 {},
	"dnssec":                  {},
	"dnssec/dnstest":          {},
	"sasl":                    {"probe", "wire", "subprocess"},
	"compose":                 {"probe"},
	"search":                  {"probe", "wire", "transport"},
	"smtpcheck":               {"compose", "dnssec", "policy", "probe", "wire", "transport", "sasl"},
	"pop3check":               {"search", "probe", "wire", "transport", "sasl"},
	"imapcheck":               {"search", "release", "probe", "wire", "transport", "sasl"},
	"icmp":                    {"sketch"},
	"pingcheck":               {"icmp", "probe", "wire"},
	"domain":                  {"dnssec", "policy", "probe", "wire", "transport", "smtpcheck"},
	"delivery":                {"atomicfile", "compose", "search", "probe", "wire", "transport", "smtpcheck", "pop3check", "imapcheck"},
	"push":                    {"report", "probe", "wire", "sasl"},
	"mailtest":                {"wire/wiretest"},
	"report":                  {"release", "probe", "wire"},
	"report/reporttest":       {"report", "probe", "wire"},
	"history":                 {"atomicfile", "sketch", "probe", "wire"},
	"settings":                {"report", "probe", "wire"},
	"notify":                  {"compose", "settings", "atomicfile", "history", "report", "probe", "wire", "smtpcheck", "subprocess"},
	"suite":                   {"notify", "settings", "atomicfile", "history", "report", "probe", "wire"},
	"fleet":                   {"atomicfile"},
	"fleet/agent":             {"fleet", "fleet/bulk", "suite", "settings", "atomicfile", "dnssec", "report", "probe", "wire"},
	"fleet/bulk":              {"atomicfile", "fleet", "report", "probe"},
	"fleet/natstest":          {},
	"fleet/intake":            {"fleet", "suite", "report", "probe"},
	"fleet/centre":            {"fleet", "fleet/bulk", "fleet/intake", "suite", "report", "atomicfile", "probe", "wire"},
	"blackbox":                {"icmp", "settings", "report", "probe"},
	"web/prober":              {"suite", "settings", "report", "transport", "probe"},
	"web":                     {"suite", "notify", "settings", "history", "report", "probe"},
	"web/api":                 {"suite", "push", "history", "history/show", "report", "probe"},
	"history/historytest":     {"history", "probe", "wire"},
	"web/page":                {"suite", "history", "history/show", "report", "probe"},
	"history/show":            {"history", "report", "probe", "wire"},
	"integration":             {"*"},
	"bench":                   {"*"},
	"cmd":                     {"*"},
	"packaging":               {"report/reporttest"},
	"packaging/sbom":          {},
}

// everybodys are packages that every other may import.
var everybodys = []string{"cut", "plainjson", "shellword"}

// mayImportOutside says for the packages that stand on little which modules of
// others they import.
var mayImportOutside = map[string][]string{
	"wire":           {},
	"probe":          {"golang.org/x/net/idna", "golang.org/x/net/dns/dnsmessage"},
	"icmp":           {"golang.org/x/net/", "golang.org/x/sys/"},
	"dnssec":         {"github.com/miekg/dns"},
	"dnssec/dnstest": {"github.com/miekg/dns"},
}

// onlyIn says in which folders, separated by blanks, or in which file, a library may be
// imported.
var onlyIn = map[string]string{
	"github.com/spf13/cobra":                 "cmd/",
	"github.com/spf13/pflag":                 "cmd/",
	"github.com/olekukonko/tablewriter":      "report/table.go",
	"github.com/emersion/go-imap":            "mailtest/",
	"github.com/emersion/go-msgauth":         "compose/ delivery/", // one signs, the other verifies
	"go.yaml.in/yaml":                        "settings/",
	"modernc.org/sqlite":                     "history/",
	"github.com/miekg/dns":                   "dnssec/",
	"github.com/guptarohit/asciigraph":       "history/show/plot.go",
	"github.com/prometheus/exporter-toolkit": "web/",
	"github.com/coreos/go-systemd":           "web/",
	"github.com/nats-io":                     "fleet/",
	"github.com/nats-io/nats-server":         "fleet/centre/",
}

// drawers are folder names that say nothing about their content.
var drawers = []string{"internal", "utils", "util", "helpers", "helper", "common", "misc", "shared", "lib"}

// goPackage is what go list prints about a package.
type goPackage struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

// folder is the package's folder, of one under internal/ without that.
func (p goPackage) folder() string { return folderOf(p.ImportPath) }

func folderOf(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "internal/")
}

// goList returns the packages that go list prints.
func goList(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Standard,GoFiles,Imports"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		if p.ImportPath != strings.TrimSuffix(module, "/") { // where this test is
			all = append(all, p)
		}
	}
}

func TestImports(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range goList(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range goList(t, "./...") {
		allowed, ok := lookUp(mayImport, p.folder())
		if !ok {
			t.Errorf("package %s is not in the table of who imports whom", p.folder())
		}
		outside, limited := mayImportOutside[p.folder()]
		for _, i := range p.Imports {
			own, isOwn := folderOf(i), strings.HasPrefix(i, module)
			switch {
			case isOwn && strings.HasPrefix(own, "cmd/"):
				t.Errorf("%s imports %s, which is a program", p.folder(), own)
			case isOwn && !slices.Contains(allowed, own) && !slices.Contains(allowed, "*") && !slices.Contains(everybodys, own):
				t.Errorf("%s imports %s; it may import %q", p.folder(), own, allowed)
			case !isOwn && !standard[i] && limited && !hasPrefixOf(i, outside):
				t.Errorf("%s imports %s; of others' packages it may import %q", p.folder(), i, outside)
			}
		}
	}
}

// lookUp finds the entry of a folder or of one above it.
func lookUp(table map[string][]string, folder string) ([]string, bool) {
	for ; folder != "."; folder = path.Dir(folder) {
		if allowed, ok := table[folder]; ok {
			return allowed, true
		}
	}
	return nil, false
}

func hasPrefixOf(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}

// TestPlaces: some libraries have one place, and no folder is a drawer.
func TestPlaces(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, name := range strings.Split(p.folder(), "/") {
			if slices.Contains(drawers, name) {
				t.Errorf("%s has a folder called %s; name it for what is in it", p.folder(), name)
			}
		}
		for library, place := range onlyIn {
			for _, file := range filesImporting(t, p, library) {
				if !slices.ContainsFunc(strings.Fields(place), func(one string) bool { return strings.HasPrefix(file, one) }) {
					t.Errorf("%s imports %s, which only %s may", file, library, place)
				}
			}
		}
	}
}

// filesImporting returns the files of a package, as folder/name, that import a
// library or a package in it.
func filesImporting(t *testing.T, p goPackage, library string) []string {
	t.Helper()
	var files []string
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if strings.HasPrefix(strings.Trim(i.Path.Value, `"`), library) {
				files = append(files, path.Join(p.folder(), name))
			}
		}
	}
	return files
}

// inDemo are the packages for tests that mailprobe demo is made of.
var inDemo = []string{"mailtest", "wire/wiretest"}

// TestProgramHasNoTestCode: what the tests stand on is not in the program, but for
// the servers that the demo shows.
func TestProgramHasNoTestCode(t *testing.T) {
	for _, p := range goList(t, "-deps", "./cmd/mailprobe") {
		if slices.Contains(inDemo, p.folder()) {
			continue
		}
		if p.ImportPath == "testing" || strings.HasPrefix(p.ImportPath, module) && strings.HasSuffix(p.ImportPath, "test") {
			t.Errorf("the program has %s in it", p.ImportPath)
		}
	}
}
