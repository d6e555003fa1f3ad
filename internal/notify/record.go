package notify

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Record holds what was announced while the history could not be written, so that it is
// not announced in every run. Each state directory reserves space for it while the disk
// has some; where the directory cannot be written, the record is kept in the directory
// for the user's runtime files.
type Record struct {
	files   []string // the preferred one first
	ids     []string // the oldest first, perhaps several times
	changed bool
}

const (
	recordSize = 64 << 10 // bytes
	recordID   = 16       // hexadecimal digits of an entry
)

// OpenRecord reads the record of a name from a state directory. An empty directory is
// for none: the record then remembers nothing beyond the run.
func OpenRecord(dir, name string) *Record {
	r := &Record{files: recordFiles(dir, name)}
	r.read()
	return r
}

// recordFiles are the files that may hold the record.
func recordFiles(dir, name string) []string {
	if dir == "" {
		return nil
	}
	files := []string{filepath.Join(dir, name)}
	runtime := os.Getenv("XDG_RUNTIME_DIR")
	switch uid := os.Geteuid(); {
	case runtime != "":
	case uid == 0:
		runtime = "/run"
	case uid > 0:
		runtime = fmt.Sprintf("/run/user/%d", uid)
	}
	if info, err := os.Stat(runtime); runtime != "" && err == nil && info.IsDir() {
		files = append(files, filepath.Join(runtime, "mailprobe-"+name))
	}
	return files
}

// isRecordID reports whether a line of a record is an entry.
func isRecordID(line string) bool {
	return len(line) == recordID && strings.Trim(line, "0123456789abcdef") == ""
}

// read reads the file that was written last, which has all entries.
func (r *Record) read() {
	var written time.Time
	for _, file := range r.files {
		text, info, err := atomicfile.Read(file, recordSize)
		if err != nil || info.ModTime().Before(written) {
			continue
		}
		r.ids, written = nil, info.ModTime()
		for line := range strings.Lines(string(text)) {
			if id := strings.TrimSpace(line); isRecordID(id) {
				r.ids = append(r.ids, id)
			}
		}
	}
}

// Kept reports whether the record lasts beyond the run.
func (r *Record) Kept() bool { return len(r.files) > 0 }

// Empty reports whether nothing is recorded.
func (r *Record) Empty() bool { return len(r.ids) == 0 }

func (r *Record) id(receiver, identity string) string {
	return history.NotificationID(receiver, identity)[:recordID]
}

// Has reports whether a receiver knows of an event: that a check has left its status
// for another, if that was announced to it last. The empty receiver means standard
// output.
func (r *Record) Has(receiver string, e Event) bool {
	if e.Kind.Moves() {
		status, known := r.Last(receiver, e.mark)
		return known && status == e.Status
	}
	return slices.Contains(r.ids, r.id(receiver, e.identity))
}

// Last returns the status of a check that was announced last to a receiver since the
// check has been in the state of the mark.
func (r *Record) Last(receiver string, m Mark) (status probe.Status, known bool) {
	if r.Empty() {
		return probe.Unknown, false
	}
	ids := map[string]probe.Status{}
	for _, kind := range moves {
		for _, s := range WorstFirst {
			ids[r.id(receiver, m.of(kind, s))] = s
		}
	}
	for _, id := range slices.Backward(r.ids) {
		if s, ok := ids[id]; ok {
			return s, true
		}
	}
	return probe.Unknown, false
}

// Add records that an event was announced to a receiver.
func (r *Record) Add(receiver string, e Event) {
	r.ids, r.changed = append(r.ids, r.id(receiver, e.identity)), true
}

// AddText records a text that was printed, and reports whether it was recorded before.
func (r *Record) AddText(text string) (before bool) {
	id := r.id("", text)
	if before = slices.Contains(r.ids, id); !before {
		r.ids, r.changed = append(r.ids, id), true
	}
	return before
}

// times is how often an event was announced to a receiver: for a server that comes and
// goes the identity is the same each time.
func (r *Record) times(receiver string, e Event) int {
	id, n := r.id(receiver, e.identity), 0
	for _, other := range r.ids {
		if other == id {
			n++
		}
	}
	return n
}

// Save writes the record, if it has changed, to the first of its files that can be
// written.
func (r *Record) Save() error {
	if !r.changed || !r.Kept() {
		return nil
	}
	return r.save()
}

func (r *Record) save() error {
	r.ids = r.ids[max(0, len(r.ids)-recordSize/(recordID+1)):]
	text := append([]byte(strings.Join(r.ids, "\n")), '\n')
	text = append(text, bytes.Repeat([]byte{' '}, recordSize-len(text))...)
	err := os.ErrNotExist
	for _, file := range r.files {
		if err = overwrite(file, text); err == nil {
			return nil
		}
	}
	return err
}

// overwrite writes a file in place: the space it has is enough on a full disk.
func overwrite(name string, text []byte) error {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// Reserve makes the record's file as large as it may become, while the disk has space.
func (r *Record) Reserve() {
	if !r.Kept() {
		return
	}
	if info, err := os.Lstat(r.files[0]); err != nil || info.Size() < recordSize {
		_ = r.save() // another time, then
	}
}
