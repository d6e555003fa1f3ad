package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

const fileReference = "../../docs/mailprobe.yaml.md"

const fileReferenceHead = `# The file of checks

mailprobe.yaml lists checks and says who is notified of changes. ` + "`mailprobe check` and `mailprobe serve`" + `
read it. Without a name they take mailprobe.yaml in the current directory, in
$XDG_CONFIG_HOME/mailprobe or in /etc/mailprobe.

    mailprobe check --init                     # writes a first file with comments
    mailprobe check --validate mailprobe.yaml  # reports every error with line and column
    mailprobe check --schema > mailprobe.schema.json

It is YAML. In every value ` + "`${NAME}`" + ` stands for an environment variable. Keys that begin with
` + "`x-`" + ` are ignored, so anchors can be defined there. Keys may be written with hyphens, too. A time
has a unit: 30s, 5m, 1h30m, 7d. Passwords never stand in the file: it names a file, a variable
or a command.

This page is made of the options of the program, and each example is read by it.
`

// topExamples are examples of each key at the top of the file.
var topExamples = map[string]string{
	"title": `title: mail of example.org
`,
	"checks": `checks:
  - name: relay
    kind: smtp
    target: mx1.example.org
    to: [alice@example.org]
    tls: require
    every: 5m
    tags: [berlin]
    warn: {total: 2s, cert_days_left: "21:"}
  - name: mailboxes
    kind: imap
    targets: [imap1.example.org, imap2.example.org]
    user: probe
    password_file: /etc/mailprobe/probe.password
    depends_on: relay
`,
	"defaults": `defaults:
  timeout: 20s
  alert_after: 3
  smtp: {helo: probe.example.org}
`,
	"accounts": `accounts:
  home:
    address: alice@example.org
    via: submission://alice@mx1.example.org
    via_password_file: /etc/mailprobe/probe.password
    fetch: imaps://alice@imap.example.org
    fetch_password_file: /etc/mailprobe/probe.password
    junk: Junk
  work:
    address: bob@example.net
    via: submissions://bob@mail.example.net
    via_password_file: /etc/mailprobe/probe.password
    fetch: pop3s://bob@mail.example.net
    fetch_password_file: /etc/mailprobe/probe.password
checks:
  - {name: way, kind: deliver, accounts: all, every: 10m}
`,
	"groups": `groups:
  far:
    timeout: 1m
    attempts: 2
checks:
  - {name: branch office, kind: smtp, target: mx.branch.example.org, group: far}
`,
	"labels": `labels: {site: berlin}
`,
	"remind": `remind: 1d
`,
	"notify": `notify:
  - email: {through: submission://mail.example.org, from: mailprobe@example.org, to: ops@example.org}
    status: critical
  - webhook: {kind: ntfy, topic: mail-alerts}
    only: [relay]
  - command: /usr/local/bin/notify-ops
    on: [failure, recovery]
`,
	"heartbeat": `heartbeat: https://hc-ping.com/00000000-0000-0000-0000-000000000000
`,
	"textfile": `textfile: /var/lib/prometheus/node-exporter/mailprobe.prom
`,
	"maintenance": `maintenance:
  - {every: "sun 02:00-04:00", timezone: Europe/Berlin, reason: updates}
  - {from: "2026-12-01 22:00", to: "2026-12-02 02:00", only: [relay], reason: new disks}
`,
	"places": `places:
  eu: [fra, ams, lon]
checks:
  - {name: mx1, kind: smtp, target: mx1.example.org, from: 2 of eu, down: all, every: 1m}
  - {name: mx2, kind: smtp, target: mx2.example.org, from: [fra, nyc], smtp: {from: probe@example.org}}
`,
	"modules": `modules:
  smtp_starttls: {kind: smtp, tls: require}
  relay:
    kind: smtp
    user: probe
    password_file: /etc/mailprobe/probe.password
    targets: [mx1.example.org, mx2.example.org]
`,
}

// keyTable writes a row for each key of a mapping, and of the mappings in it.
func keyTable(b *strings.Builder, prefix string, s *keySchema, options map[string]bool) {
	sends, isCheck := s.Properties["through"] != nil, s.Properties["kind"] != nil && s.Properties["target"] != nil
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p, required := s.Properties[name], slices.Contains(s.Required, name)
		if options[name] && !required && (sends || isCheck) && !(isCheck && name == "from") { // which has places too
			continue
		}
		about := p.Description
		if words := p.words(); len(words) > 0 && !strings.Contains(about, words[len(words)-1]) {
			about += ": " + strings.Join(words, ", ")
		}
		if name == "kind" && isCheck { // the schema of each kind names itself
			about = "what sort of check it is: " + strings.Join(kindNames(), ", ")
		}
		if required {
			about += " (required)"
		}
		fmt.Fprintf(b, "| `%s%s` | %s |\n", prefix, name, tableText(about))
		if inner := p.mapping(); inner != nil {
			keyTable(b, prefix+name+".", inner, options)
		}
	}
	if sends {
		fmt.Fprintf(b, "| `%s...` | the options of [mailprobe smtp](#smtp) that are about the connection and the log-in |\n", prefix)
	}
}

// tableText is a text in a cell of a table.
func tableText(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text)
}

// optionTable writes a row for each option of a kind.
func optionTable(b *strings.Builder, options []probe.Option) {
	b.WriteString("\n| key | value | |\n| --- | --- | --- |\n")
	for i := range options {
		o := &options[i]
		value := o.Type.String()
		switch {
		case o.Type == probe.TypeBool:
			value = "true or false"
		case len(o.Choices) > 0 && !o.Type.IsNamed():
			value = strings.Join(o.Choices, ", ")
		}
		about := strings.ReplaceAll(o.Usage, "`", "")
		about = strings.TrimSuffix(about, " (repeatable)")
		if o.List {
			value += "; or a list"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", settings.Key(o.Name), tableText(value), tableText(about))
	}
}

// referenceText is the page about the file of checks, made of its schema.
func referenceText(t *testing.T) string {
	t.Helper()
	var file keySchema
	if err := json.Unmarshal(suite.Schema(kinds()), &file); err != nil {
		t.Fatal(err)
	}
	options := map[string]bool{}
	for _, k := range kinds() {
		for _, o := range probe.New(k).Declared {
			options[settings.Key(o.Name)] = true
		}
	}
	var b strings.Builder
	b.WriteString(fileReferenceHead + "\n| key | |\n| --- | --- |\n")
	names := slices.Sorted(maps.Keys(file.Properties))
	for _, name := range names {
		fmt.Fprintf(&b, "| [`%s`](#%[1]s) | %s |\n", name, tableText(file.Properties[name].Description))
	}
	for _, name := range names {
		p := file.Properties[name]
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```yaml\n%s```\n", name, strings.ToUpper(p.Description[:1])+p.Description[1:], topExamples[name])
		var keys strings.Builder
		switch inner := p.mapping(); {
		case name == "checks":
			keyTable(&keys, "", p.Items.AllOf[0].Then, options)
		case name == "defaults" || name == "groups":
			b.WriteString("\nAll keys of a check but name, kind, target, targets and group, and the [options](#options-of-a-check) of any kind; under the name of a kind, options for that kind alone.\n")
		case inner != nil:
			keyTable(&keys, "", inner, options)
		}
		if keys.Len() > 0 {
			b.WriteString("\n| key | |\n| --- | --- |\n" + keys.String())
		}
	}
	b.WriteString("\n## Options of a check\n\nThe options of a kind are the flags of its command, with underscores for hyphens.\n\nEvery kind has\n")
	kinds := kinds()
	shared := func(o probe.Option) bool {
		return !slices.ContainsFunc(kinds, func(k probe.Kind) bool {
			other := probe.FindOption(probe.New(k).Declared, o.Name)
			return other == nil || other.Usage != o.Usage
		})
	}
	first := probe.New(kinds[0]).Declared
	optionTable(&b, slices.DeleteFunc(slices.Clone(first), func(o probe.Option) bool { return !shared(o) }))
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n### %s\n\n%s.\n", k.Name, strings.ToUpper(k.Short[:1])+k.Short[1:])
		optionTable(&b, slices.DeleteFunc(settings.Options(probe.New(k).Declared).ForFiles(), shared))
	}
	return b.String()
}

// TestFileReference: docs/mailprobe.yaml.md has the keys and options that there are, and an
// example of each key at the top, which is right.
func TestFileReference(t *testing.T) {
	holdMade(t, fileReference, referenceText(t))
	var file keySchema
	if err := json.Unmarshal(suite.Schema(kinds()), &file); err != nil {
		t.Fatal(err)
	}
	for name := range file.Properties {
		if topExamples[name] == "" {
			t.Errorf("the key %s has no example", name)
		}
	}
	for name, example := range topExamples {
		if file.Properties[name] == nil {
			t.Errorf("there is no key %s", name)
			continue
		}
		if !strings.Contains(example, "checks:\n") {
			example += "checks: [{name: relay, kind: smtp, target: mx1.example.org}]\n"
		}
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"probe.password": "secret\n", "checks.yaml": strings.ReplaceAll(example, "/etc/mailprobe/", dir+"/")})
		var said strings.Builder
		if code := run([]string{"check", "--validate", "--state", dir, filepath.Join(dir, "checks.yaml")}, strings.NewReader(""), &said, &said); code != 0 {
			t.Errorf("the example of %s: %d\n%s", name, code, said.String())
		}
	}
}
