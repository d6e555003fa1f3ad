package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mailprobe/internal/manpage"
	"mailprobe/internal/release"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// keySchema is the part of a JSON Schema that describes the value of a key of the file.
type keySchema struct {
	Description string                `json:"description"`
	Properties  map[string]*keySchema `json:"properties"`
	Required    []string              `json:"required"`
	Items       *keySchema            `json:"items"`
	OneOf       []*keySchema          `json:"oneOf"`
	AllOf       []*keySchema          `json:"allOf"`
	Then        *keySchema            `json:"then"`
	Enum        []string              `json:"enum"`
	Examples    []string              `json:"examples"`
}

// mapping returns the mapping that a value can be, or each of a list; nil for none.
func (s *keySchema) mapping() *keySchema {
	if s == nil || len(s.Properties) > 0 {
		return s
	}
	for _, one := range append(s.OneOf, s.Items) {
		if found := one.mapping(); found != nil {
			return found
		}
	}
	return nil
}

// words returns the words that a value can be.
func (s *keySchema) words() []string {
	if s == nil || len(s.Enum) > 0 {
		return s.fixed()
	}
	for _, one := range append(s.OneOf, s.Items) {
		if found := one.words(); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (s *keySchema) fixed() []string {
	if s == nil {
		return nil
	}
	return s.Enum
}

// keyManual writes about keys of the file in its page.
type keyManual struct {
	*manpage.Page
	options map[string]bool // the keys that are options of checks, which pages of commands describe
}

// apart are the keys of the file whose values have sections of their own in the page.
var apart = []string{"checks", "defaults", "groups"}

// fileManual returns the page of the file of checks, made of its schema.
func (a *app) fileManual() string {
	var file keySchema
	if err := json.Unmarshal(suite.Schema(kinds()), &file); err != nil {
		panic(fmt.Sprintf("the schema is none: %v", err)) // it is this program's own
	}
	p := keyManual{Page: &manpage.Page{}, options: map[string]bool{}}
	for _, k := range kinds() {
		for _, o := range probe.New(k).Declared {
			p.options[strings.ReplaceAll(o.Name, "-", "_")] = true
		}
	}
	p.Title(suite.FileName, "5", release.Date(), "mailprobe "+release.Version(), manualTitle)
	p.Name(suite.FileName, "the file of checks that mailprobe runs")
	p.Heading("DESCRIPTION")
	p.Prose(aboutFile)
	p.Heading("KEYS OF THE FILE")
	p.keys(&file)
	p.Heading("KEYS OF A CHECK")
	p.Prose(aboutChecks)
	p.keys(file.Properties["checks"].Items.AllOf[0].Then)
	p.Heading("OPTIONS OF A CHECK")
	p.Prose(aboutOptions)
	p.Heading("EXAMPLE")
	p.Verbatim(exampleFile.text())
	manualFiles(p.Page)
	p.See(append([]string{"mailprobe(1)", "mailprobe-check(1)"}, kindManuals()...)...)
	return p.String()
}

func kindManuals() []string {
	all := make([]string, len(kindList))
	for i, k := range kindList {
		all[i] = "mailprobe-" + k.name + "(1)"
	}
	return all
}

const (
	aboutFile = `The file lists checks of mail servers, and says who is notified of changes. It is
read by the commands check and serve. It is YAML. In every value ${NAME} stands for an
environment variable. Keys that begin with x- are ignored, which anchors can be defined in.

Without a name, commands take mailprobe.yaml in the current directory, in
$XDG_CONFIG_HOME/mailprobe or in /etc/mailprobe. The command mailprobe check --validate
reports every error with its line.`
	aboutChecks = `A check needs a name, a kind and, unless its options say where to, a target. All but
name, kind, target, targets and group can stand in defaults, for all checks, and in groups, for
the checks of a group, too.`
	aboutOptions = `Each kind of check has options besides. They are the flags of the command of that name,
which its page describes, with underscores for hyphens: the flag --password-file is the key
password_file. An option that can be repeated takes a list. In defaults and groups an
option holds for the kinds that have it; under the name of a kind it holds for that kind alone.`
)

// keys lists the keys of a mapping. Of a check, and of a mail server to send through, those
// that are options are left out.
func (p keyManual) keys(s *keySchema) {
	sends, isCheck := s.Properties["through"] != nil, s.Properties["kind"] != nil && s.Properties["target"] != nil
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		required := slices.Contains(s.Required, name)
		if p.options[name] && !required && (sends || isCheck) {
			continue
		}
		p.key(name, s.Properties[name], required)
	}
	if sends {
		p.Item("...", "and the options of mailprobe smtp that are about the connection and the log-in")
	}
}

// key describes a key, and the keys of the mapping that its value can be.
func (p keyManual) key(name string, s *keySchema, required bool) {
	about := s.Description
	if words := s.words(); len(words) > 0 && !strings.Contains(about, words[len(words)-1]) {
		about += ": " + strings.Join(words, ", ")
	}
	if required {
		about += " (required)"
	}
	p.Item(manpage.Bold(name), about)
	if inner := s.mapping(); inner != nil && !slices.Contains(apart, name) {
		p.Deeper()
		p.keys(inner)
		p.Back()
	}
}
