package suite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// document is a YAML file while it is read. What is wrong with it is collected,
// so that all of it can be told at once.
type document struct {
	name     string
	lines    []string
	getenv   func(string) (string, bool)
	problems Problems
	merged   int // mappings merged so far
}

func newDocument(name string, text []byte) *document {
	return &document{name: name, lines: strings.Split(string(text), "\n"), getenv: os.LookupEnv}
}

// parse returns the mapping at the top, nil where there is none.
func (d *document) parse(text []byte) *yaml.Node {
	if d.unreadable(text) {
		return nil
	}
	var root yaml.Node
	err := yaml.Load(text, &root)
	var fault *yaml.LoadError
	switch {
	case err == nil:
	case errors.As(err, &fault):
		d.broken(fault)
		return nil
	default:
		d.problems = append(d.problems, Problem{File: d.name, Text: err.Error()})
		return nil
	}
	top := root.Content[0]
	if top.Kind != yaml.MappingNode {
		d.fault(top, "the file is no mapping; it has keys such as \"checks:\"")
		return nil
	}
	return top
}

// unreadable tells of the first byte that is no text.
func (d *document) unreadable(text []byte) bool {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\r\n", r) {
			break
		}
		at += size
	}
	if at == len(text) {
		return false
	}
	before := text[:at]
	line, start := bytes.Count(before, []byte("\n"))+1, bytes.LastIndexByte(before, '\n')+1
	d.at(line, utf8.RuneCount(before[start:])+1, 1, fmt.Sprintf("this is no text in UTF-8 (byte %#02x); save the file as such", text[at]), false)
	return true
}

// yamlHints say what to do about some complaints of the YAML parser.
var yamlHints = []struct{ complaint, hint string }{
	{"cannot start any token", "a tab cannot indent, and a text that begins with one of @ ` % wants quotes"},
	{"mapping values are not allowed", "a text with a colon and a blank in it wants quotes"},
	{"did not find expected", "is a line indented like none of those above, or a quotation mark or bracket not closed?"},
	{"unexpected end of stream", "it is never closed"},
}

// broken tells of text that is not YAML.
func (d *document) broken(fault *yaml.LoadError) {
	text := strings.TrimPrefix(fault.Message, "yaml: ")
	if strings.Contains(text, "no documents") {
		text = "the file is empty; `mailprobe check --init` writes a first one"
	}
	if fault.Mark.Line == 0 {
		d.problems = append(d.problems, Problem{File: d.name, Text: text})
		return
	}
	mark := fault.Mark
	if fault.ContextMsg != "" {
		text = fmt.Sprintf("%s (%s that begins in line %d)", text, fault.ContextMsg, fault.ContextMark.Line)
	}
	if strings.Contains(text, "unexpected end of stream") && fault.ContextMsg != "" {
		mark = fault.ContextMark
	}
	for _, h := range yamlHints {
		if strings.Contains(text, h.complaint) {
			text += "; " + h.hint
		}
	}
	d.at(mark.Line, max(mark.Column, 1), 1, "not YAML: "+text, false)
}

// fault notes an error at a node.
func (d *document) fault(n *yaml.Node, format string, args ...any) {
	d.at(n.Line, n.Column, width(n), fmt.Sprintf(format, args...), false)
}

// warn notes a warning at a node.
func (d *document) warn(n *yaml.Node, format string, args ...any) {
	d.at(n.Line, n.Column, width(n), fmt.Sprintf(format, args...), true)
}

func (d *document) at(line, column, width int, text string, warning bool) {
	p := Problem{File: d.name, Line: line, Column: column, Text: text, Warning: warning, width: width}
	if line >= 1 && line <= len(d.lines) {
		p.source = strings.TrimSuffix(d.lines[line-1], "\r")
	}
	d.problems = append(d.problems, p)
}

// width is how many characters of a line a node takes.
func width(n *yaml.Node) int {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.Contains(n.Value, "\n") {
		return 1
	}
	w := utf8.RuneCountInString(n.Value)
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		w += 2
	}
	return w
}

// pair is a key and its value.
type pair struct {
	// name is the key with underscores for hyphens, which are the same here.
	name       string
	key, value *yaml.Node
}

// The limits of aliases and merges, which can refer to each other in circles.
const (
	maxDepth  = 20   // of one in another
	maxMerged = 1000 // in a mapping
)

// pairs returns what a mapping holds; what it merges in ("<<") comes first, so
// that its own keys replace it.
func (d *document) pairs(n *yaml.Node, what string) []pair {
	d.merged = 0
	return d.pairsAt(n, what, 0)
}

func (d *document) pairsAt(n *yaml.Node, what string, depth int) []pair {
	n = resolve(n)
	if d.merged++; d.merged > maxMerged || depth > maxDepth {
		d.fault(n, "%s merges too much", what)
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.fault(n, "%s is no mapping of keys and values", what)
		return nil
	}
	var merged, own []pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if key.Tag == "!!merge" {
			merged = append(merged, d.merge(value, what, depth)...)
			continue
		}
		if fault := notOneLine(key.Value); fault != "" {
			d.fault(key, "the key %q %s", key.Value, fault)
			continue
		}
		name := strings.ReplaceAll(key.Value, "-", "_")
		if first, ok := seen[name]; ok {
			d.fault(key, "%s is here twice, first in line %d", key.Value, first.Line)
			continue
		}
		seen[name] = key
		own = append(own, pair{name, key, value})
	}
	return append(merged, own...)
}

// merge returns the pairs of one mapping or of several.
func (d *document) merge(n *yaml.Node, what string, depth int) []pair {
	if n.Kind != yaml.SequenceNode {
		return d.pairsAt(n, what, depth+1)
	}
	var all []pair
	for _, each := range n.Content {
		if d.merged <= maxMerged {
			all = append(all, d.pairsAt(each, what, depth+1)...)
		}
	}
	return all
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

// variable is ${NAME}; a dollar sign before it takes its meaning away.
var variable = pattern(`\$?\$\{[^}]*\}`)

// text returns a scalar of one line with its variables expanded: it is the name of
// something, or part of a header, a command of a protocol or a line that is printed.
func (d *document) text(n *yaml.Node, what string) (string, bool) {
	text, ok := d.long(n, what)
	if fault := notOneLine(text); fault != "" {
		d.fault(n, "%s %s", what, fault)
		return "", false
	}
	return text, ok
}

// notOneLine says why a text is more than a line, or less; empty where it is one.
func notOneLine(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
	switch {
	case i < 0:
		return ""
	case text[i] == '\n' || text[i] == '\r':
		return "has a line break in it; it must be one line"
	}
	return fmt.Sprintf("has a control character in it (%U)", []rune(text[i:])[0])
}

// long returns a scalar, of one line or several, with its variables expanded.
func (d *document) long(n *yaml.Node, what string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.fault(n, "%s is a single value, no list and no mapping", what)
		return "", false
	case n.Tag == "!!null":
		d.fault(n, "%s has no value", what)
		return "", false
	}
	if !strings.Contains(n.Value, "${") {
		return n.Value, true
	}
	good := true
	text := variable().ReplaceAllStringFunc(n.Value, func(v string) string {
		if escaped, ok := strings.CutPrefix(v, "$$"); ok {
			return "$" + escaped
		}
		name := v[2 : len(v)-1]
		value, ok := d.getenv(name)
		if !ok {
			good = false
			d.fault(n, "the environment has no variable %s; set it, or write $${%s} for the text itself", name, name)
		}
		return value
	})
	return text, good
}

// texts returns the scalars of a list, or the one scalar there is.
func (d *document) texts(n *yaml.Node, what string) []string { return each(n, what, d.text) }

// each reads the scalars of a list, or the one scalar there is.
func each(n *yaml.Node, what string, read func(*yaml.Node, string) (string, bool)) []string {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var all []string
	for _, each := range nodes {
		if text, ok := read(resolve(each), what); ok {
			all = append(all, text)
		}
	}
	return all
}
