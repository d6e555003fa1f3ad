package suite

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write what is got into testdata")

// TestProblems reads every file of testdata/problems and holds what is reported of it
// against what stands beside it.
func TestProblems(t *testing.T) {
	t.Setenv("KNOWN", "known-secret")
	t.Setenv("LINES", "known-secret\nand more")
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	f := reporting(nil)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := Parse(filepath.Base(name), text, f.kinds())
		if len(problems.Errors()) == 0 {
			problems = s.Prepare(t.Context(), problems)
		}
		got := problems.String() + problems.Tally() + "\n"
		golden := strings.TrimSuffix(name, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if strings.Contains(got, "hunter2") || strings.Contains(got, "known-secret") {
			t.Errorf("%s: a secret shows:\n%s", name, got)
		}
	}
}

// TestInherit: defaults, then the group's, then the check's own; a later value
// replaces an earlier one, and an option goes to the kinds that have it.
func TestInherit(t *testing.T) {
	t.Setenv("NAME", "from the environment")
	s := reporting(nil).parse(t, `
defaults:
  timeout: 7s
  tls: require       # smtp alone has it
  attempts: 3
  fake: {count: 4}
  tags: [all]
groups:
  berlin: {timeout: 8s, alert_after: 5, count: 9}
checks:
  - {name: a, kind: fake, target: x}
  - {name: b, kind: fake, target: x, group: berlin, timeout: 9s, tags: [mine], look-at: [one, two], warn: {total: 2s, size: "10:"}}
  - {name: c, kind: smtp, target: x, helo: "${NAME} $${NAME}", every: 2d}
`)
	options := map[string]string{}
	for _, c := range s.Checks {
		var all []string
		for _, o := range c.options {
			all = append(all, o.Name+"="+o.Text)
		}
		options[c.Name] = strings.Join(all, " ")
	}
	for name, want := range map[string]string{
		"a": "timeout=7s count=4",
		"b": "timeout=9s count=9 look-at=one look-at=two warn=total=2s warn=size=10:",
		"c": "timeout=7s tls=require helo=from the environment ${NAME}",
	} {
		if options[name] != want {
			t.Errorf("%s has %q, want %q", name, options[name], want)
		}
	}
	a, b, c := s.Checks[0], s.Checks[1], s.Checks[2]
	if a.Attempts != 3 || a.AlertAfter != 2 || b.AlertAfter != 5 || !slices.Equal(a.Tags, []string{"all"}) || !slices.Equal(b.Tags, []string{"mine"}) || c.Every.Hours() != 48 {
		t.Errorf("settings %+v %+v %+v", a.Settings, b.Settings, c.Settings)
	}
	if got := b.ready.Options.Timeout.Seconds(); got != 9 {
		t.Errorf("the timeout is %v s", got)
	}
}

// TestBesides: names of files are taken from the folder of the file.
func TestBesides(t *testing.T) {
	f := reporting(nil)
	s, problems := Parse("/etc/mailprobe/mailprobe.yaml", []byte(`
checks: [{name: a, kind: fake, target: x, look_at: [one, /two, "-"], state: mine}]
textfile: out.prom
`), f.kinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	for _, o := range s.Checks[0].options {
		got = append(got, o.Text)
	}
	if want := []string{"/etc/mailprobe/one", "/two", "-", "/etc/mailprobe/mine"}; !slices.Equal(got, want) || s.Textfile != "/etc/mailprobe/out.prom" {
		t.Errorf("got %q and %q", got, s.Textfile)
	}
}

// TestMessageFiles: so are those in values that are more than the name of a file; lists of
// addresses are split.
func TestMessageFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"body.txt": "hello", "data.csv": "a,b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"
	if err := os.WriteFile(filepath.Join(dir, "dkim.pem"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	s, problems := Parse(filepath.Join(dir, "checks.yaml"), []byte(`
checks:
  - name: a
    kind: smtp
    target: mx.example.org
    send: true
    to: [alice@example.org, "bob@example.org,carol@example.org"]
    bcc: dave@example.org
    body: "@body.txt"
    html: "@@home"
    attach: ["data.csv:text/csv"]
    dkim_sign: example.org:s:dkim.pem
`), reporting(nil).kinds())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, o := range s.Checks[0].options {
		got[o.Name] = o.Text
	}
	if got["body"] != "@"+dir+"/body.txt" || got["html"] != "@@home" || got["attach"] != dir+"/data.csv:text/csv" || got["dkim-sign"] != "example.org:s:"+dir+"/dkim.pem" {
		t.Errorf("%q", got)
	}
	if _, problems := Parse(filepath.Join(dir, "checks.yaml"), []byte(`
checks: [{name: a, kind: smtp, target: mx.example.org, to: "alice@example.org,"}]
`), reporting(nil).kinds()); len(problems) != 1 || !strings.Contains(problems[0].Text, "to: \"alice@example.org,\" has an empty address in it") {
		t.Errorf("%v", problems)
	}
}

// TestLines: what is made to have several lines may have them.
func TestLines(t *testing.T) {
	f := reporting(nil)
	s := f.parse(t, `
checks:
  - name: mx
    kind: smtp
    target: mx.example.org
    user: alice
    password_command: |
      sed -n 1p \
        pw
    body: |
      Hello,

      world.
notify:
  - command: [sh, -c, "cat\nexit 0"]
  - name: other
    command: |
      cat
      exit 0
  - webhook: {url: "https://example.org/", template: "a\nb"}
`)
	got := map[string]string{}
	for _, o := range s.Checks[0].options {
		got[o.Name] = o.Text
	}
	if got["password-command"] != "sed -n 1p \\\n  pw\n" || got["body"] != "Hello,\n\nworld.\n" {
		t.Errorf("%q", got)
	}
}

func TestSelect(t *testing.T) {
	s := reporting(nil).parse(t, `
groups: {berlin: {}}
checks:
  - {name: a, kind: fake, targets: [x, y], tags: night}
  - {name: b, kind: fake, target: x, group: berlin}
  - {name: c, kind: fake, target: x}
`)
	for words, want := range map[string]string{
		"": "a x,a y,b,c", "a": "a x,a y", "a y": "a y", "night c": "a x,a y,c", "berlin": "b",
	} {
		var only []string
		if words == "a y" {
			only = []string{words}
		} else {
			only = strings.Fields(words)
		}
		items, err := s.Select(only)
		var got []string
		for _, i := range items {
			got = append(got, i.ID)
		}
		if err != nil || strings.Join(got, ",") != want {
			t.Errorf("%q: %v, %v", words, got, err)
		}
	}
	if _, err := s.Select([]string{"nosuch"}); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("a word that names nothing: %v", err)
	}
}

// TestSchema: the schema takes what the parser takes, and refuses what it refuses.
func TestSchema(t *testing.T) {
	f := reporting(nil)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(f.kinds())))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("checks.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("checks.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"checks: [{name: a, kind: fake, target: x, count: 4, look-at: y}]":                        true,
		"checks: [{name: a, kind: smtp, target: x, mx: true, warn: {total: 2s}, size: 100}]":      true,
		"checks: [{name: a, kind: smtp, target: x, crit: [total=2s, x=3], expect: {rcpt: ^5}}]":   true,
		"checks: [{name: a, kind: fake, target: x, mx: true}]":                                    false,
		"checks: [{name: a, kind: fake, target: x, look_at: y, every: 1h, between: 08:00-18:00}]": true,
		"checks: [{name: a, kind: fake, target: x, every: soon}]":                                 false,
		"checks: [{name: a, kind: nosuch, target: x}]":                                            false,
		"checks: []": false,
		"x-mail: {a: b}\ndefaults: {tls: require, fake: {count: 3}}\nchecks: [{name: a, kind: fake, target: x}]":                                                                          true,
		"defaults: {fake: {tls: require}}\nchecks: [{name: a, kind: fake, target: x}]":                                                                                                    false,
		"checks: [{name: a, kind: fake, target: x}]\nnotify: [{webhook: \"https://x\"}, {email: {through: x, to: y, second: {through: z}}, on: recovery}, {command: [a, b]}]\nremind: 1d": true,
		"checks: [{name: a, kind: fake, target: x}]\nnotify: {email: {through: x, to: y, subject: z}}":                                                                                    false,
	} {
		var v any
		if err := yaml.Load([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(instance); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
		_, problems := Parse("x.yaml", []byte(text), f.kinds())
		if got := len(problems.Errors()) == 0; got != want {
			t.Errorf("the parser differs from the schema: %s\n%v", text, problems)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("defaults: {timeout: 7s}\nchecks: [{name: a, kind: fake, target: x, <<: {a: b}}]\nnotify: {command: x}"))
	f.Add([]byte("a: &a [*a]\nb: {<<: *a}"))
	f.Add([]byte("checks: &a {<<: [*a, *a, *a]}"))
	f.Add([]byte("places: {eu: [fra, ams]}\nchecks: [{name: a, kind: fake, target: x, from: 2 of eu, down: 2 of 2}, {name: b, kind: smtp, target: x, from: [eu, fra], smtp: {from: a@b}}]"))
	kinds := reporting(nil).kinds()
	f.Fuzz(func(t *testing.T, text []byte) {
		s, problems := Parse("x.yaml", text, kinds)
		for _, place := range s.Places() {
			_ = s.Jobs(place, func(string) bool { return len(text)%2 == 0 })
		}
		if shown := problems.String(); strings.ContainsAny(shown, "\x1b\x00\r") {
			t.Errorf("unprintable: %q", shown)
		}
	})
}

// TestPublic: what is public is said for all checks, for a group or for a check.
func TestPublic(t *testing.T) {
	f := &fake{}
	s := f.parse(t, `
defaults: {public: true}
groups: {inside: {public: false}}
checks:
  - {name: a, kind: fake, target: a}
  - {name: b, kind: fake, target: b, group: inside}
  - {name: c, kind: fake, target: c, group: inside, public: true}
`)
	for i, want := range []bool{true, false, true} {
		if got := s.Checks[i].Public; got != want {
			t.Errorf("%s is public: %v", s.Checks[i].Name, got)
		}
	}
}
