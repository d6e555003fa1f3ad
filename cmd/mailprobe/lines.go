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

// A lineBlock is some whole lines of a list.
type lineBlock struct {
	number int    // of the first line, from 1
	text   string // the lines with their ends
	err    error  // why the only line of the block cannot be used
}

// A lineReader reads a list of targets, as many lines at once as are there. A line that
// is too long is an error of its own, and the lines after it are still read.
type lineReader struct {
	in     *bufio.Reader
	number int  // of the next line
	failed bool // nothing more can be read
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, maxTargetLine), number: 1}
}

// next returns the next lines; ok is false at the end of the list.
func (r *lineReader) next() (b lineBlock, ok bool) {
	if r.failed {
		return lineBlock{}, false
	}
	b.number = r.number
	if there, _ := r.in.Peek(r.in.Buffered()); bytes.IndexByte(there, '\n') >= 0 {
		end := bytes.LastIndexByte(there, '\n') + 1
		b.text = string(there[:end])
		r.in.Discard(end)
		r.number += bytes.Count(there[:end], []byte("\n"))
		return b, true
	}
	line, err := r.in.ReadSlice('\n')
	if len(line) == 0 && errors.Is(err, io.EOF) {
		return lineBlock{}, false
	}
	r.number++
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		r.skip()
		b.err = fmt.Errorf("it is longer than %d KiB", maxTargetLine>>10)
	case err != nil && !errors.Is(err, io.EOF):
		r.failed = true
		b.err = fmt.Errorf("the list cannot be read from here on: %w", err)
	default:
		b.text = string(line)
	}
	return b, true
}

// skip reads to the end of a line. An error of reading is seen again by next.
func (r *lineReader) skip() {
	for {
		if _, err := r.in.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// A listLine is one line of a list of targets.
type listLine struct {
	number int    // from 1
	text   string // without a comment and the blanks around it
	err    error  // why the line cannot be used
}

// lines yields those that have text or an error.
func (b lineBlock) lines() iter.Seq[listLine] {
	return func(yield func(listLine) bool) {
		if b.err != nil {
			yield(listLine{number: b.number, err: b.err})
			return
		}
		number := b.number
		for line := range strings.Lines(b.text) {
			if text := listText(line, number == 1); text != "" && !yield(listLine{number: number, text: text}) {
				return
			}
			number++
		}
	}
}

// lines yields those of the whole list. An error of reading is the last.
func (r *lineReader) lines() iter.Seq[listLine] {
	return func(yield func(listLine) bool) {
		for b, ok := r.next(); ok; b, ok = r.next() {
			for l := range b.lines() {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// listText takes the comment off a line that is no JSON, and off the first one the byte
// order mark that some editors begin a file with.
func listText(line string, first bool) string {
	if first {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if text := strings.TrimSpace(line); strings.HasPrefix(text, "{") {
		return text
	}
	if i := strings.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	return strings.TrimSpace(line)
}
