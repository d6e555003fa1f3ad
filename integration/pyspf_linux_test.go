package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

// spfNames are names of spf.test, their records, and whether these are a permanent error
// for a client of either family.
var spfNames = []struct {
	name, records string
	permerror     bool
	pyspfAlone    bool // has one, as it counts look-ups without an answer, where RFC 7208 §4.6.4 counts terms
}{
	{"none", `A 192.0.2.1`, false, false},
	{"all", `TXT "v=spf1 -all"`, false, false},
	{"strings", "TXT \"v=spf1 ip4:192.0.2\" \".1 -all\"", false, false},
	{"modifier", `TXT "v=spf1 later=%{d} -all"`, false, false},
	{"ten", `TXT "v=spf1` + strings.Repeat(" include:all.spf.test", 10) + ` -all"`, false, false},
	{"eleven", `TXT "v=spf1` + strings.Repeat(" include:all.spf.test", 11) + ` -all"`, true, false},
	{"nested", `TXT "v=spf1 include:ten.spf.test -all"`, true, false},
	{"two", "TXT \"v=spf1 -all\"\ntwo TXT \"v=spf1 ~all\"", true, false},
	{"nobody", `TXT "v=spf1 include:nothing.spf.test -all"`, true, false},
	{"redirected", `TXT "v=spf1 redirect=all.spf.test"`, false, false},
	{"lost", `TXT "v=spf1 redirect=nothing.spf.test"`, true, false},
	{"ignored", `TXT "v=spf1 -all redirect=nothing.spf.test"`, false, false},
	{"mechanism", `TXT "v=spf1 ipv4:192.0.2.1 -all"`, true, false},
	{"behind", `TXT "v=spf1 -all ip4:192.0.2.0/33"`, true, false},
	{"void", `TXT "v=spf1 a:n1.spf.test a:n2.spf.test a:n3.spf.test -all"`, true, false},
	{"novoid", `TXT "v=spf1 a:n1.spf.test a:n2.spf.test -all"`, false, false},
	{"loop", `TXT "v=spf1 include:loop.spf.test -all"`, true, false},
	{"ten-mx", "TXT \"v=spf1 mx -all\"" + mxLines("ten-mx", 10, true), false, false},
	{"eleven-mx", "TXT \"v=spf1 mx -all\"" + mxLines("eleven-mx", 11, true), true, false},
	{"two-single", "TXT \"v=spf1 mx -all\"" + mxLines("two-single", 2, false), false, false},
	{"three-single", "TXT \"v=spf1 mx -all\"" + mxLines("three-single", 3, false), false, true},
	{"macro", `TXT "v=spf1 exists:%{ir}.%{v}.%{d} -all"`, false, false},
	{"badmacro", `TXT "v=spf1 exists:%{x}.spf.test -all"`, true, false},
	{"semicolon", `TXT "v=spf1; -all"`, false, false}, // no SPF record at all
}

// mxLines give a name exchangers, each with a name of its own.
func mxLines(name string, n int, dual bool) (lines string) {
	for i := range n {
		lines += fmt.Sprintf("\n%[1]s MX %[2]d mx%[2]d.%[1]s\nmx%[2]d.%[1]s A 192.0.2.1", name, i)
		if dual {
			lines += fmt.Sprintf("\nmx%d.%s AAAA 2001:db8::1", i, name)
		}
	}
	return lines
}

// spfZone is the zone of those names.
func spfZone() string {
	text := ""
	for _, n := range spfNames {
		text += n.name + " " + n.records + "\n"
	}
	return text
}

// askPySPF checks clients of both families that no record allows, so that pyspf walks all
// of it.
const askPySPF = `
import json, spf, sys
print(json.dumps({n: [spf.check2(i=i, s='a@' + n, h=n)[0] for i in ('198.51.100.7', '2001:db8:ffff::7')] for n in sys.argv[1:]}))
`

// checkSPF holds the verdict on records against pyspf's, which has them from the same
// resolver.
func (l *domainLab) checkSPF(t *testing.T) {
	t.Helper()
	modules := filepath.Join(unpackedDNS, "usr/lib/python3/dist-packages")
	if _, err := os.Stat(filepath.Join(modules, "spf.py")); err != nil {
		lacking(t, "pyspf is missing; as root on Debian: make packages")
	}
	var names []string
	for _, n := range spfNames {
		names = append(names, n.name+".spf.test")
	}
	code, out := l.resolving(append([]string{"env", "PYTHONPATH=" + modules, "/usr/bin/python3", "-W", "ignore", "-c", askPySPF}, names...)...)
	var said map[string][]string
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatalf("pyspf: exit code %d, %v\n%s", code, err, out)
	}
	results := l.ask(t, "domain", append([]string{"--only", "spf"}, names...)...)
	if len(results) != len(names) {
		t.Fatalf("%d results of %d names", len(results), len(names))
	}
	for i, n := range spfNames {
		if slices.Contains(said[names[i]], "permerror") != (n.permerror || n.pyspfAlone) {
			t.Errorf("%s: pyspf has %q", names[i], said[names[i]])
		}
		r := results[slices.IndexFunc(results, func(r *probe.Result) bool { return r.Target == names[i] })]
		if got := r.Status == probe.Critical; got != n.permerror {
			t.Errorf("%s: %s: %s", r.Target, r.Status, r.Summary)
		}
	}
}
