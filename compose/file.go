package compose

import (
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

// open opens the file that an option names. A regular one stays open until Close; others,
// and those that say they are empty, are read into memory.
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
	case err == nil && info.Mode().IsRegular() && info.Size() > 0: // those of /proc say 0 and have something
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
	all := pieces{}
	size, err := all.readFrom(in)
	if err == nil && size > maxInMemory {
		err = fmt.Errorf("more than %d MiB from what is not a regular file", maxInMemory>>20)
	}
	if err != nil {
		return nil, probe.OptionErrorf("%s: %w", option, err)
	}
	return &file{&all, size}, nil
}

// pieces is a text in memory, which grows without being copied.
type pieces [][]byte

// pieceSize is the length of every piece but the last, in bytes.
const pieceSize = 256 << 10

// readFrom reads to the end, or a piece more than maxInMemory, and returns how many it has read.
func (p *pieces) readFrom(in io.Reader) (size int64, err error) {
	for size <= maxInMemory {
		piece := make([]byte, pieceSize)
		n, err := io.ReadFull(in, piece)
		size += int64(n)
		*p = append(*p, piece[:n])
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return size, nil
		case err != nil:
			return size, err
		}
	}
	return size, nil
}

// ReadAt reads what is there from a place that is in the text.
func (p *pieces) ReadAt(to []byte, from int64) (n int, err error) {
	for n < len(to) {
		if from/pieceSize >= int64(len(*p)) {
			return n, io.EOF
		}
		piece := (*p)[from/pieceSize]
		copied := copy(to[n:], piece[min(from%pieceSize, int64(len(piece))):])
		if copied == 0 {
			return n, io.EOF
		}
		n, from = n+copied, from+int64(copied)
	}
	return n, nil
}

// readText returns the contents, which must not be longer than what is held in memory.
func (f *file) readText() (string, error) {
	if f.size > maxInMemory {
		return "", fmt.Errorf("the text has more than %d MiB; attach the file instead", maxInMemory>>20)
	}
	var text strings.Builder
	text.Grow(int(f.size))
	_, err := io.Copy(&text, f.reader())
	return text.String(), err
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
	text, err := f.readText()
	if err = errors.Join(err, d.Close()); err != nil {
		return "", probe.OptionErrorf("%s: %w", option, err)
	}
	return text, nil
}
