package suite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mailprobe/history"
)

// told is the record of what was told while the history could not be written, so that
// it is not told in every run. Each state directory has room set aside for it while
// there is some; where that cannot be written, it is kept in the directory for files
// of the user's that do not outlive the machine.
type told struct {
	places []string
	ids    []string // the oldest first
}

// The size of the record.
const (
	toldRoom = 16 << 10
	toldID   = 16 // hexadecimal digits of each
)

// told reads the record.
func (r *Report) told() *told {
	if r.record == nil {
		r.record = readTold(r.Suite.toldPlaces(r.dir))
	}
	return r.record
}

// toldPlaces are the files that may hold the record, the first preferred.
func (s *Suite) toldPlaces(dir string) []string {
	if dir == "" {
		return nil
	}
	name, _ := s.fileName("told")
	places := []string{filepath.Join(dir, name)}
	runtime := os.Getenv("XDG_RUNTIME_DIR")
	switch uid := os.Geteuid(); {
	case runtime != "":
	case uid == 0:
		runtime = "/run"
	case uid > 0:
		runtime = fmt.Sprintf("/run/user/%d", uid)
	}
	if info, err := os.Stat(runtime); runtime != "" && err == nil && info.IsDir() {
		places = append(places, filepath.Join(runtime, "mailprobe-"+name))
	}
	return places
}

var toldLine = regexp.MustCompile(fmt.Sprintf(`^[0-9a-f]{%d}$`, toldID))

func readTold(places []string) *told {
	t := &told{places: places}
	for _, place := range places {
		text, err := readRegular(place, toldRoom)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if id := strings.TrimSpace(line); toldLine.MatchString(id) && !slices.Contains(t.ids, id) {
				t.ids = append(t.ids, id)
			}
		}
	}
	return t
}

// readRegular reads a regular file of no more than so many bytes. To open a pipe would
// wait for whoever writes into it.
func readRegular(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > limit) {
		err = fmt.Errorf("%s is no regular file of %d bytes at most", name, limit)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func (t *told) id(receiver string, e Event) string {
	return history.NotificationID(receiver, e.identity)[:toldID]
}

// has reports whether a receiver was told of an event. The empty receiver is whoever
// reads what is printed.
func (t *told) has(receiver string, e Event) bool { return slices.Contains(t.ids, t.id(receiver, e)) }

// add notes that a receiver was told.
func (t *told) add(receiver string, e Event) {
	if id := t.id(receiver, e); !slices.Contains(t.ids, id) {
		t.ids = append(t.ids, id)
	}
}

// save writes the record to the first place that takes it.
func (t *told) save() error {
	t.ids = t.ids[max(0, len(t.ids)-toldRoom/(toldID+1)):]
	text := append([]byte(strings.Join(t.ids, "\n")), '\n')
	text = append(text, bytes.Repeat([]byte{' '}, toldRoom-len(text))...)
	err := os.ErrNotExist
	for _, place := range t.places {
		if err = overwrite(place, text); err == nil {
			return nil
		}
	}
	return err
}

// overwrite writes a file in place: the room that it has is enough on a full disk.
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

// reserve sets room aside for the record, while there is some.
func (t *told) reserve() {
	if len(t.places) == 0 {
		return
	}
	if info, err := os.Lstat(t.places[0]); err != nil || info.Size() < toldRoom {
		_ = overwrite(t.places[0], bytes.Repeat([]byte{' '}, toldRoom)) // another time, then
	}
}
