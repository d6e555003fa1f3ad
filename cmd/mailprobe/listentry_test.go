package main

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// entries reads a list as "target|name|tag" each, or "line N: error".
func entries(list string, words bool) (all []string) {
	r := listReader{words: words}
	for line := range newLineReader(strings.NewReader(list)).lines() {
		text, l, ok, err := r.entry(line)
		switch {
		case err != nil:
			all = append(all, lineTarget(line.number).Text+": "+err.Error())
		case ok && l != nil:
			all = append(all, strings.Join([]string{text, l.name, l.tag}, "|"))
		case ok:
			all = append(all, text)
		}
	}
	return all
}

func TestListEntries(t *testing.T) {
	for _, c := range []struct {
		name, list string
		words      bool
		want       []string
	}{
		{"one a line", "mx1\n# none\n\nmx2 # second\n", false, []string{"mx1", "mx2"}},
		{"a file of hosts", "192.0.2.1 web www,alias\n192.0.2.2\n", true, []string{"192.0.2.1|web|www,alias", "192.0.2.2"}},
		{"no words for smtp", "mx1 name\n", false, []string{"mx1 name"}},
		{"CSV without a head", "mx1,one\n\"mx2\",\"two, or 2\",a,b\nmx3,\n", false, []string{"mx1|one|", "mx2|two, or 2|a b", "mx3"}},
		{"CSV with a head", "rank,Target,Name\n1,mx1,one\n2,mx2\n", false, []string{"mx1|one|", "mx2"}},
		{"a name before the target", "name,target\nrack 3,mx1\n", true, []string{"mx1|rack 3|"}},
		{"a byte order mark", "\ufefftarget,name\nmx1,one\n", false, []string{"mx1|one|"}},
		{"a head only at the top", "mx1,one\ntarget,name\n", false, []string{"mx1|one|", "target|name|"}},
		{"a record that lacks its target", "rank,target\n1\n2,\n3,mx3\n,\n", false, []string{"line 2: " + errCSV.Error(), "line 3: " + errCSV.Error(), "mx3", "line 5: " + errCSV.Error()}},
		{"a quote that does not end", "\"mx1,one\nmx2\n", false, []string{"line 1: " + errCSV.Error(), "mx2"}},
		{"JSON lines", "{\"target\":\"mx1\",\"name\":\"# one\",\"x\":[]}\n {\"target\": \"smtp://mx2\"} \n", false, []string{"mx1|# one|", "smtp://mx2"}},
		{"JSON that is none", "{\"target\":\"mx1\"\n{\"host\":\"mx1\"}\n{\"target\":7}\n{}x\nmx2\n", false, []string{
			"line 1: it is not", "line 2: it is not", "line 3: it is not", "line 4: it is not", "mx2"}},
		{"a hostile name", "{\"target\":\"mx1\",\"name\":\"a\\u001b[31mb\\nc\"}\n", false, []string{`mx1|a\x1b[31mb c|`}},
		{"all of them", "mx1\nmx2,two\n{\"target\":\"mx3\"}\n", false, []string{"mx1", "mx2|two|", "mx3"}},
	} {
		got := entries(c.list, c.words)
		if !slices.EqualFunc(got, c.want, func(got, want string) bool {
			return got == want || strings.HasPrefix(want, "line ") && strings.HasPrefix(got, want)
		}) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzListEntries(f *testing.F) {
	for _, s := range []string{"mx1 a b\n", "target,name\nmx1,\"a,b\"\n", "{\"target\":\"mx\",\"name\":\"n\"}", "\"a\"\"b\",c", "\ufeff,\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		for _, words := range []bool{false, true} {
			if got := entries(list, words); len(got) > strings.Count(list, "\n")+1 {
				t.Errorf("%d entries in %q", len(got), list)
			}
		}
		check := probe.New(smtpcheck.Kind())
		for target := range readTargets(check, strings.NewReader(list)) {
			if c := target.canonical(); strings.ContainsAny(c, "\n\r\x1b\x00") || c == "" {
				t.Errorf("%q in %q", c, list)
			}
		}
	})
}
