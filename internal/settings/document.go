package settings

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Document is a YAML file that is being read. Its problems are collected, so that all
// of them can be shown at once.
type Document struct {
	// Name is the file's path.
	Name string
	// Problems are those found so far.
	Problems Problems

	lines  []string
	getenv func(string) (string, bool)
	merged int // mappings merged so far
}

// Parse reads the text of a file. The node is the mapping at the top, and zero where there
// is none.
func Parse(name string, text []byte) (*Document, Node) {
	d := &Document{Name: name, lines: strings.Split(string(text), "\n"), getenv: os.LookupEnv}
	return d, d.parse(text)
}

func (d *Document) parse(text []byte) Node {
	if d.unreadable(text) {
		return Node{}
	}
	var root yaml.Node
	err := yaml.Load(text, &root)
	var fault *yaml.LoadError
	switch {
	case err == nil:
	case errors.As(err, &fault):
		d.broken(fault)
		return Node{}
	default:
		d.Problems = append(d.Problems, Problem{File: d.Name, Text: err.Error()})
		return Node{}
	}
	top := Node{root.Content[0]}
	if !top.IsMapping() {
		d.Fault(top, "the file is no mapping; it has keys such as \"checks:\"")
		return Node{}
	}
	return top
}

// unreadable reports the first byte that is no text in UTF-8.
func (d *Document) unreadable(text []byte) bool {
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

// yamlHints are added to errors of the YAML parser.
var yamlHints = []struct{ complaint, hint string }{
	{"cannot start any token", "indentation cannot use tabs, and a text that begins with @, ` or % needs quotes"},
	{"mapping values are not allowed", "a text with a colon and a space in it needs quotes"},
	{"did not find expected", "check the indentation, and that every quotation mark and bracket is closed"},
	{"unexpected end of stream", "it is never closed"},
}

// broken reports text that is not YAML.
func (d *Document) broken(fault *yaml.LoadError) {
	text := strings.TrimPrefix(fault.Message, "yaml: ")
	if strings.Contains(text, "no documents") {
		text = "the file is empty; `mailprobe check --init` writes a first one"
		if strings.Contains(strings.Join(d.lines, "\n"), "#") {
			text = "the file has only comments; remove the # before the settings that you want"
		}
	}
	if fault.Mark.Line == 0 {
		d.Problems = append(d.Problems, Problem{File: d.Name, Text: text})
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

// Fault adds an error at a node.
func (d *Document) Fault(n Node, format string, args ...any) {
	d.at(n.yaml.Line, n.yaml.Column, width(n.yaml), fmt.Sprintf(format, args...), false)
}

// Warn adds a warning at a node.
func (d *Document) Warn(n Node, format string, args ...any) {
	d.at(n.yaml.Line, n.yaml.Column, width(n.yaml), fmt.Sprintf(format, args...), true)
}

// ProblemAt returns an error at a node without adding it.
func (d *Document) ProblemAt(n Node, format string, args ...any) Problem {
	return d.problem(n.yaml.Line, n.yaml.Column, width(n.yaml), fmt.Sprintf(format, args...))
}

func (d *Document) at(line, column, width int, text string, warning bool) {
	p := d.problem(line, column, width, text)
	p.Warning = warning
	d.Problems = append(d.Problems, p)
}

func (d *Document) problem(line, column, width int, text string) Problem {
	p := Problem{File: d.Name, Line: line, Column: column, Text: text, width: width}
	if line >= 1 && line <= len(d.lines) {
		p.source = strings.TrimSuffix(d.lines[line-1], "\r")
	}
	return p
}

// width returns the number of characters of a node on its line.
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
