package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxTargetLine is the longest line of targets that is read, in bytes.
const maxTargetLine = 64 << 10

// A listLine is one line of a list of targets.
type listLine struct {
	number int    // from 1
	text   string // without a comment and the blanks around it; often empty
	err    error  // why the line cannot be used
}

// A lineReader reads a list of targets line by line. A line that is too long is an
// error of its own, and the lines after it are still read.
type lineReader struct {
	in     *bufio.Reader
	number int
	failed bool // nothing more can be read
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, maxTargetLine)}
}

// next returns the next line; ok is false at the end of the list.
func (r *lineReader) next() (l listLine, ok bool) {
	if r.failed {
		return listLine{}, false
	}
	raw, err := r.in.ReadSlice('\n')
	if len(raw) == 0 && errors.Is(err, io.EOF) {
		return listLine{}, false
	}
	r.number++
	l.number = r.number
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		r.skip()
		l.err = fmt.Errorf("it is longer than %d KiB", maxTargetLine>>10)
	case err != nil && !errors.Is(err, io.EOF):
		r.failed = true
		l.err = fmt.Errorf("the list cannot be read from here on: %w", err)
	default:
		l.text = listText(raw, r.number == 1)
	}
	return l, true
}

// skip reads to the end of a line. An error of reading is seen again by next.
func (r *lineReader) skip() {
	for {
		if _, err := r.in.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// listText takes the comment off a line, and off the first one the byte order mark
// that some editors begin a file with.
func listText(raw []byte, first bool) string {
	if first {
		raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	}
	raw, _, _ = bytes.Cut(raw, []byte("#"))
	return string(bytes.TrimSpace(raw))
}

// ready reports whether another line can be read without waiting for it.
func (r *lineReader) ready() bool {
	there, _ := r.in.Peek(r.in.Buffered())
	return bytes.IndexByte(there, '\n') >= 0
}

// lines yields those that have text or an error. An error of reading is the last.
func (r *lineReader) lines() iter.Seq[listLine] {
	return func(yield func(listLine) bool) {
		for l, ok := r.next(); ok; l, ok = r.next() {
			if (l.text != "" || l.err != nil) && !yield(l) {
				return
			}
		}
	}
}

// A label is what stands beside a host in a list, as in a file of hosts: its name,
// and any further words.
type label struct {
	text      string // the whole line, words parted by one blank
	name, tag string
}

// cutLabel parts a line into the host and its label, nil where it has none.
func cutLabel(text string) (host string, l *label) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return text, nil
	}
	return words[0], &label{text: strings.Join(words, " "), name: words[1], tag: strings.Join(words[2:], " ")}
}
