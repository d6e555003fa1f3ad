// Package blackbox turns the configuration of blackbox_exporter into modules of mailprobe.
//
// What blackbox_exporter does line by line, with regular expressions, is a check of a kind
// here: a dialogue that speaks SMTP, POP3 or IMAP becomes that check, with those of its
// expectations that say more than the protocol does. What has no counterpart is named, with
// the line it stands in. Nothing that could be a secret is copied.
package blackbox

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/report"
	"mailprobe/internal/settings"
)

// Import turns the text of a configuration file into a file of modules, with comments. The
// problems are warnings of what was left out, and errors of a file that cannot be read; the
// result is empty where no module has a counterpart.
func Import(name string, text []byte) ([]byte, settings.Problems) {
	document, top := settings.Parse(name, text)
	r := &reader{Document: document}
	if !top.IsZero() {
		r.readAll(top)
	}
	var found settings.Problems
	for _, p := range append(document.Problems, r.notes...) {
		found = append(found, p.WithoutSource())
	}
	return r.file(), found
}

// reader turns one file.
type reader struct {
	*settings.Document
	notes   settings.Problems
	modules []*module
}

// module is what a module becomes.
type module struct {
	name, kind string
	options    []option
	comments   []string
}

// option is a key of a module with its values.
type option struct {
	key    string
	values []string
}

// set gives an option a value. Those of expect are STEP=REGEX, of which there can be several.
func (m *module) set(key string, values ...string) {
	i := slices.IndexFunc(m.options, func(o option) bool { return o.key == key })
	if i < 0 {
		m.options = append(m.options, option{key: key, values: values})
		return
	}
	m.options[i].values = append(m.options[i].values, values...)
}

// note adds a warning of what a module loses, which is a comment of it, too.
func (r *reader) note(m *module, at settings.Node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if slices.Contains(m.comments, text) {
		return
	}
	r.notes = append(r.notes, settings.Problem{File: r.Name, Line: at.Line(), Column: 1, Warning: true,
		Text: fmt.Sprintf("module %s: %s", m.name, text)})
	m.comments = append(m.comments, text)
}

func (r *reader) readAll(top settings.Node) {
	for _, p := range r.Pairs(top, "the file") {
		if p.Name != "modules" {
			r.Fault(p.Key, "%s is no part of a configuration of blackbox_exporter", p.Key.Written())
			continue
		}
		for _, each := range r.Pairs(p.Value, "modules") {
			r.readModule(each)
		}
	}
}

// pairs are the pairs of a mapping by their names; of what is none there are no pairs.
func (r *reader) pairs(n settings.Node, what string) map[string]settings.Pair {
	all := map[string]settings.Pair{}
	if n.IsZero() || n.IsNull() {
		return all
	}
	for _, p := range r.Pairs(n, what) {
		all[p.Name] = p
	}
	return all
}

// text returns a scalar as it is written, empty for anything else.
func text(n settings.Node) string {
	if !n.IsScalar() {
		return ""
	}
	return n.Written()
}

func isTrue(n settings.Node) bool { return strings.EqualFold(text(n), "true") }

func isFalse(n settings.Node) bool { return strings.EqualFold(text(n), "false") }

func (r *reader) readModule(at settings.Pair) {
	m := &module{name: at.Key.Written()}
	keys := r.pairs(at.Value, "module "+m.name)
	prober := keys["prober"].Value
	taken := false
	switch text(prober) {
	case "tcp":
		taken = r.readTCP(m, at, r.pairs(keys["tcp"].Value, "tcp"))
	case "icmp":
		taken = true
		r.readICMP(m, r.pairs(keys["icmp"].Value, "icmp"), keys["timeout"].Value)
	case "http", "dns", "grpc", "unix":
		r.note(m, prober, "prober %s has no counterpart: mailprobe checks mail servers and hosts", text(prober))
	default:
		r.note(m, at.Key, "it has no prober that blackbox_exporter 0.28 knows")
	}
	if !taken {
		return
	}
	r.readTimeout(m, keys["timeout"].Value)
	r.modules = append(r.modules, m)
}

// file writes the modules.
func (r *reader) file() []byte {
	if len(r.modules) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The modules of blackbox_exporter in %s, for /probe of mailprobe serve.\nmodules:\n", comment(r.Name))
	for _, m := range r.modules {
		m.write(&b)
	}
	return []byte(b.String())
}

// comment makes a text fit on a line.
func comment(text string) string { return strings.Join(strings.Fields(report.Clean(text)), " ") }

func (m *module) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s:\n", settings.Quote(m.name))
	for _, c := range m.comments {
		fmt.Fprintf(b, "    # %s\n", comment(c))
	}
	fmt.Fprintf(b, "    kind: %s\n", m.kind)
	for _, o := range m.options {
		if len(o.values) == 1 {
			fmt.Fprintf(b, "    %s: %s\n", o.key, quote(o.values[0]))
			continue
		}
		fmt.Fprintf(b, "    %s:\n", o.key)
		for _, v := range o.values {
			fmt.Fprintf(b, "      - %s\n", quote(v))
		}
	}
}

// quote writes a value, in which "${" would begin a variable.
func quote(text string) string {
	if text == "true" {
		return text
	}
	return settings.Quote(strings.ReplaceAll(text, "${", "$${"))
}
