package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"mailprobe/probe"
)

const (
	// maxEarlier is how many targets an earlier run may be done with: 8 bytes each are kept.
	maxEarlier = 20_000_000
	// maxEarlierLine is the longest result that is read, in bytes; a target with a longer one
	// is checked again.
	maxEarlierLine = 4 << 20
)

// earlier is what an earlier run is done with.
type earlier struct {
	kind, options string

	ids     []uint64                       // of targets that are done, sorted once all are read
	partial map[uint64]map[uint64]struct{} // results so far of targets that have several
	held    int                            // how many those are
	lines   int                            // that were read
	others  int                            // results of another kind or with other options
	foreign int                            // lines that are no results
	tail    struct {
		id    uint64
		begin int64
	} // the target of the last lines, and where they begin
	end int64 // of the last whole line
	cut bool  // something follows it
}

func newEarlier(kind, options string) *earlier {
	return &earlier{kind: kind, options: options, partial: map[uint64]map[uint64]struct{}{}}
}

// resume reads which targets are done from the results of an earlier run. Where the file is
// the output too, it is locked, and what a kill cut off at its end is removed.
func resume(ctx context.Context, name, kind, options string, stdout io.Writer, out *output) (*earlier, error) {
	f, size, err := openEarlier(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	output, err := asOutput(f, stdout, out)
	if err != nil {
		return nil, err
	}
	in := io.Reader(f)
	if size >= 0 { // what is written from now on is no earlier result
		in = io.LimitReader(f, size)
	}
	e := newEarlier(kind, options)
	if err := e.read(ctx, in); err != nil {
		return nil, err
	}
	if output != nil {
		return e, e.trim(output)
	}
	return e, nil
}

// openEarlier opens a file of results; its size is -1 where it is a pipe.
func openEarlier(name string) (f *os.File, size int64, err error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, 0, errors.New("there is no such file; the first run begins with an empty one, as >> makes it")
	case err != nil:
		return nil, 0, errors.Unwrap(err)
	case info.Mode().IsRegular():
		size = info.Size()
	case info.Mode().Type() == os.ModeNamedPipe:
		size = -1
	default:
		return nil, 0, errors.New("it is neither a file nor a pipe; the output of -o jsonl would be right")
	}
	if f, err = os.Open(name); err != nil {
		return nil, 0, errors.Unwrap(err)
	}
	return f, size, nil
}

// asOutput returns the output if that is the same file, nil otherwise.
func asOutput(f *os.File, stdout io.Writer, out *output) (*os.File, error) {
	file, ok := stdout.(*os.File)
	if !ok {
		return nil, nil
	}
	a, err := f.Stat()
	b, err2 := file.Stat()
	if err != nil || err2 != nil || !os.SameFile(a, b) || !a.Mode().IsRegular() {
		return nil, nil
	}
	switch {
	case out.format != "jsonl":
		return nil, errors.New("it is the output as well, which is to be resumed again: -o jsonl is needed")
	case out.quiet:
		return nil, errors.New("it is the output as well, and --quiet leaves out what is done; leave out --quiet")
	}
	return file, lockOutput(file)
}

// errOutputLocked is what two runs with one output come to.
var errOutputLocked = errors.New("another run is writing to it; give each run, and each shard, a file of its own")

// trim removes what the end of the run left behind: a line without its end, and results of a
// target without the others. The target is checked again.
func (e *earlier) trim(output *os.File) error {
	if e.cut || e.tail.begin < e.end {
		if err := output.Truncate(e.tail.begin); err != nil {
			return fmt.Errorf("its last line is cut off and cannot be removed: %w", errors.Unwrap(err))
		}
	}
	_, err := output.Seek(0, io.SeekEnd)
	return err
}

// read reads all lines.
func (e *earlier) read(ctx context.Context, in io.Reader) error {
	r := bufio.NewReaderSize(in, 256<<10)
	var line []byte
	for ctx.Err() == nil {
		size := int64(0)
		line = line[:0]
		part, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			if size += int64(len(part)); len(line) <= maxEarlierLine {
				line = append(line, part...)
			}
			part, err = r.ReadSlice('\n')
		}
		size += int64(len(part))
		if size > int64(len(part)) {
			part = append(line, part...)
		}
		switch {
		case errors.Is(err, io.EOF):
			e.cut = size > 0
			return e.close()
		case err != nil:
			return fmt.Errorf("it cannot be read: %w", err)
		}
		if err := e.line(part, size); err != nil {
			return err
		}
	}
	return errInterrupted
}

// line takes a whole line, of which size bytes were read.
func (e *earlier) line(text []byte, size int64) error {
	begin := e.end
	e.end += size
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		e.tail.begin = e.end
		return nil
	}
	e.lines++
	var in struct {
		Check, Target, Address string
		Request                *probe.Request
	}
	switch {
	case size > maxEarlierLine || json.Unmarshal(text, &in) != nil || in.Check == "":
		e.foreign++
	case in.Request == nil: // it was interrupted
	case in.Check != e.kind || in.Request.Options != e.options:
		e.others++
	default:
		id := probe.TargetID(in.Request.Target)
		if !e.result(id, in.Request.Results, probe.TargetID(in.Target+" "+in.Address)) {
			if id != e.tail.id {
				e.tail.id, e.tail.begin = id, begin
			}
			return e.bounded()
		}
	}
	e.tail.id, e.tail.begin = 0, e.end
	return e.bounded()
}

// result notes one of so many results of a target, and reports whether that is all.
func (e *earlier) result(id uint64, of int, one uint64) bool {
	if of > 1 {
		all := e.partial[id]
		if all == nil {
			all = map[uint64]struct{}{}
			e.partial[id] = all
		}
		before := len(all)
		all[one] = struct{}{}
		if e.held += len(all) - before; len(all) < of {
			return false
		}
		e.held -= len(all)
		delete(e.partial, id)
	}
	e.ids = append(e.ids, id)
	return true
}

// bounded reports that there is more than can be kept.
func (e *earlier) bounded() error {
	if len(e.ids)+e.held > maxEarlier {
		return fmt.Errorf("it has more than %d results; resume each shard from a file of its own", maxEarlier)
	}
	return nil
}

// close ends the reading.
func (e *earlier) close() error {
	if e.lines > 0 && e.foreign == e.lines {
		return errors.New("none of its lines is a result; the output of -o jsonl would be right")
	}
	slices.Sort(e.ids)
	e.ids = slices.Compact(e.ids)
	return nil
}

// has reports whether a target is done.
func (e *earlier) has(id uint64) bool {
	if e == nil {
		return false
	}
	_, found := slices.BinarySearch(e.ids, id)
	return found
}

// notes says what was found, and what was passed over.
func (e *earlier) notes() []string {
	notes := []string{fmt.Sprintf("targets that are done: %d", len(e.ids))}
	if e.others > 0 {
		notes = append(notes, fmt.Sprintf("results of another kind or with other options, which count for nothing here: %d", e.others))
	}
	if e.foreign > 0 {
		notes = append(notes, fmt.Sprintf("lines that are no results and were passed over: %d", e.foreign))
	}
	return notes
}
