package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"mailprobe/internal/report"
)

// A label is what stands beside a target in a list, as in a file of hosts: its name,
// and any further words.
type label struct {
	text      string // the whole line, words parted by one blank
	name, tag string
	of        int // how many addresses the target has in a sweep, 0 for one
}

// A listReader reads the lines of a list, each of which is a target, a record of CSV or a
// JSON object.
type listReader struct {
	words bool     // the name of a target may stand behind a blank
	head  []string // the names of the columns of CSV, nil for those of a file without
	begun bool
}

// entry returns the target in a line and its label, nil for none; ok is false for the line
// with the names of the columns.
func (r *listReader) entry(line listLine) (text string, l *label, ok bool, err error) {
	first := !r.begun
	r.begun = true
	switch {
	case line.err != nil:
		return "", nil, true, line.err
	case strings.HasPrefix(line.text, "{"):
		text, l, err = jsonEntry(line.text)
		return text, l, true, err
	case r.head != nil || isCSV(line.text):
		return r.csvEntry(line.text, first)
	case r.words:
		text, l = cutLabel(line.text)
		return text, l, true, nil
	}
	return line.text, nil, true, nil
}

// jsonEntry reads a JSON object.
func jsonEntry(line string) (text string, l *label, err error) {
	var in struct{ Target, Name string }
	if err := json.Unmarshal([]byte(line), &in); err != nil || in.Target == "" {
		return "", nil, errors.New(`it is not a JSON object with a target in a line, such as {"target": "mx.example.org"}`)
	}
	return in.Target, newLabel(in.Target, in.Name, ""), nil
}

// isCSV reports whether a line has several columns: there is a comma in its first word, or
// it begins with a quote. No host has either.
func isCSV(line string) bool {
	return strings.HasPrefix(line, `"`) || strings.Contains(firstWord(line), ",")
}

var errCSV = errors.New(`it is not a record of CSV with a target, such as mx.example.org,"its name"`)

// csvEntry reads a record of CSV (RFC 4180) in a line. The first one may name the columns,
// of which target and name are read; else they are the first and the second, and others
// are tags.
func (r *listReader) csvEntry(line string, first bool) (text string, l *label, ok bool, err error) {
	c := csv.NewReader(strings.NewReader(line))
	c.TrimLeadingSpace, c.FieldsPerRecord = true, -1
	record, err := c.Read()
	if err != nil {
		return "", nil, true, errCSV
	}
	for i := range record {
		record[i] = strings.TrimSpace(record[i])
	}
	if first && slices.ContainsFunc(record, isTargetColumn) {
		r.head = record
		return "", nil, false, nil
	}
	target, name, tag := 0, 1, strings.Join(record[min(2, len(record)):], " ")
	if r.head != nil {
		target = slices.IndexFunc(r.head, isTargetColumn)
		name = slices.IndexFunc(r.head, func(column string) bool { return strings.EqualFold(column, "name") })
		tag = ""
	}
	text = column(record, target)
	if text == "" {
		return "", nil, true, errCSV
	}
	return text, newLabel(text, column(record, name), tag), true, nil
}

func isTargetColumn(name string) bool { return strings.EqualFold(name, "target") }

// column returns a column of a record, empty where it has none.
func column(record []string, i int) string {
	if i < 0 || i >= len(record) {
		return ""
	}
	return record[i]
}

// newLabel makes the label of a target, nil where there is nothing beside it.
func newLabel(target, name, tag string) *label {
	if cmp.Or(name, tag) == "" {
		return nil
	}
	name, tag = report.Clean(name), report.Clean(tag)
	return &label{text: strings.Join(strings.Fields(report.Clean(target)+" "+name+" "+tag), " "), name: name, tag: tag}
}

// cutLabel parts a line into the host and its label, nil where it has none.
func cutLabel(text string) (host string, l *label) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return text, nil
	}
	return words[0], &label{text: strings.Join(words, " "), name: words[1], tag: strings.Join(words[2:], " ")}
}
