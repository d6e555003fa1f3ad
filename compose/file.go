package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"mailprobe/probe"
)

// maxInMemory bounds, in bytes, what is read of something that can be read only once, such
// as standard input or a pipe.
const maxInMemory = 64 << 20

// file is the contents of a file, which can be read several times.
type file struct {
	at   io.ReaderAt
	size int64
}

// reader returns a reader of the contents. A file that has become shorter since it was
// opened is ErrChanged.
func (f *file) reader() io.Reader { return &fileReader{*io.NewSectionReader(f.at, 0, f.size), f.size} }

// fileReader reads a file, as long as it was when it was opened.
type fileReader struct {
	io.SectionReader
	left int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.SectionReader.Read(p)
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 {
		err = ErrChanged
	}
	return n, err
}

// open opens the file that an option names. A regular one stays open until Close; others
// are read into memory.
func (d *Draft) open(name string, option probe.OptionName, o *probe.Options) (*file, error) {
	if probe.IsStdin(name) {
		in, err := o.TakeStdin(option)
		if err != nil {
			return nil, err
		}
		return readFile(in, option)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, probe.OptionErrorf("%s: %w", option, probe.NoFile(name, err))
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		err = fmt.Errorf("%s is a folder", name)
	case err == nil && info.Mode().IsRegular():
		d.files = append(d.files, f)
		return &file{f, info.Size()}, nil
	}
	defer func() { _ = f.Close() }()
	if err != nil {
		return nil, probe.OptionErrorf("%s: %w", option, err)
	}
	return readFile(f, option)
}

// readFile reads a file into memory.
func readFile(in io.Reader, option probe.OptionName) (*file, error) {
	text, err := readBounded(in)
	if err != nil {
		return nil, probe.OptionErrorf("%s: %w", option, err)
	}
	return &file{bytes.NewReader(text), int64(len(text))}, nil
}

func readBounded(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxInMemory+1))
	if err == nil && len(text) > maxInMemory {
		err = fmt.Errorf("more than %d MiB from what is not a regular file", maxInMemory>>20)
	}
	return text, err
}

// Literal returns what Body or HTML must be for a text that is not to be taken for the name
// of a file or for standard input.
func Literal(text string) string {
	switch {
	case strings.HasPrefix(text, "@"):
		return "@" + text
	case text == "-":
		return text + "\n"
	}
	return text
}

// readContent returns a text that an option gives as TEXT, @FILE or -. A text that begins
// with @ is given with another one before it.
func readContent(given string, option probe.OptionName, o *probe.Options) (string, error) {
	name, marked := strings.CutPrefix(given, "@")
	switch {
	case given == "-":
		name = given
	case !marked, strings.HasPrefix(name, "@"):
		return name, nil
	case name == "":
		return "", probe.OptionErrorf("%s: @ names no file; @FILE reads one, @@ begins a text with @", option)
	}
	var d Draft
	f, err := d.open(name, option, o)
	if err != nil {
		return "", err
	}
	text, err := readBounded(f.reader())
	if err = errors.Join(err, d.Close()); err != nil {
		return "", probe.OptionErrorf("%s: %w", option, err)
	}
	return string(text), nil
}
