package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// TestSuiteSchema: suite/schema.json describes the flags that there are.
func TestSuiteSchema(t *testing.T) {
	holdMade(t, "../../internal/suite/schema.json", string(suite.Schema(kinds())))
}

// TestKeys: no flag of a kind has a name that means something else in a file of
// checks, or that two keys could be confused over. Of --from alone the value decides: an address
// is the sender, anything else a place.
func TestKeys(t *testing.T) {
	var common suite.Settings
	reserved := append(common.Keys(), "name", "kind", "target", "targets", "group")
	for _, kind := range kinds() {
		if slices.Contains(reserved, kind.Name) {
			t.Errorf("the kind %s is named like a key", kind.Name)
		}
		reserved := append(slices.Clone(reserved), kindNames()...)
		for _, o := range probe.New(kind).Declared {
			if slices.Contains(reserved, settings.Key(o.Name)) && o.Name != "from" {
				t.Errorf("%s --%s cannot be a key of a file of checks", kind.Name, o.Name)
			}
		}
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.Name)
	}
	return names
}

// TestCannotRun: a run that checks nothing has an exit code of its own, but for Nagios.
func TestCannotRun(t *testing.T) {
	dir := t.TempDir()
	wrong, right := filepath.Join(dir, "wrong.yaml"), filepath.Join(dir, "right.yaml")
	for name, text := range map[string]string{wrong: "checks: [{name: a, kind: no}]", right: "checks: [{name: a, kind: smtp, target: \"127.0.0.1:1\"}]"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]int{
		"check " + wrong:                               4,
		"check -o nagios " + wrong:                     3,
		"check " + filepath.Join(dir, "none.yaml"):     4,
		"check --nosuch " + right:                      4,
		"check --state " + dir + " " + right:           2,
		"check --state " + dir + " --only no " + right: 4,
		"check --validate " + wrong:                    3,
		"smtp --nosuch mx.example.org":                 3,
	} {
		var out strings.Builder
		if code := run(strings.Fields(args), strings.NewReader(""), &out, &out); code != want {
			t.Errorf("%s: exit code %d, not %d\n%s", args, code, want, out.String())
		}
	}
}

// TestFirstFile: the first file is right as it is written.
func TestFirstFile(t *testing.T) {
	for _, first := range []firstFile{{domain: "example.org"}, {domain: "example.org", user: "alice"}, {domain: "example.org", user: "alice", mailTo: "ops@example.net"}} {
		s, problems := suite.Parse("mailprobe.yaml", []byte(first.text()), kinds())
		if len(problems) > 0 {
			t.Errorf("%+v: %s", first, problems)
		}
		if (first.mailTo != "") != (len(s.Notifiers) == 1) {
			t.Errorf("%+v: %d notifiers", first, len(s.Notifiers))
		}
	}
}

// TestUnheard: a file that notifies nobody is warned of where nothing mails what is
// printed.
func TestUnheard(t *testing.T) {
	const checks = "checks: [{name: a, kind: smtp, target: x}]\n"
	mailer := filepath.Join(t.TempDir(), "sendmail")
	if err := os.WriteFile(mailer, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, by, mailer, want string }{
		{checks, "cron", mailer, ""},
		{checks, "cron", mailer + "x", "no sendmail with which cron"},
		{checks, "systemd", mailer, "into the journal"},
		{checks + "notify: {command: x}", "systemd", mailer, ""},
		{checks + "heartbeat: https://example.org/id", "cron", mailer + "x", ""},
		{checks + "textfile: x.prom", "systemd", mailer + "x", ""},
	} {
		s, problems := suite.Parse("x.yaml", []byte(c.file), kinds())
		if got := unheard(s, c.by, []string{c.mailer}); len(problems) > 0 || got != "" != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%s, %s: %q, want %q", c.file, c.by, got, c.want)
		}
	}
}
