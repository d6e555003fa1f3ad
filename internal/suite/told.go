package suite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/history"
	"mailprobe/probe"
)

// told is the record of what was told while the history could not be written, so that
// it is not told in every run. Each state directory has room set aside for it while
// there is some; where that cannot be written, it is kept in the directory for files
// of the user's that do not outlive the machine.
type told struct {
	places  []string
	ids     []string // the oldest first; one may be there several times
	changed bool
}

// The size of the record.
const (
	toldRoom = 64 << 10
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

// readTold reads the place that was written last: it has all that is known.
func readTold(places []string) *told {
	t := &told{places: places}
	var written time.Time
	for _, place := range places {
		text, info, err := atomicfile.Read(place, toldRoom)
		if err != nil || info.ModTime().Before(written) {
			continue
		}
		t.ids, written = nil, info.ModTime()
		for line := range strings.Lines(string(text)) {
			if id := strings.TrimSpace(line); toldLine.MatchString(id) {
				t.ids = append(t.ids, id)
			}
		}
	}
	return t
}

func (t *told) id(receiver, identity string) string {
	return history.NotificationID(receiver, identity)[:toldID]
}

// has reports whether a receiver knows of an event: that a check has left its status
// for another, if it was told that last. The empty receiver is whoever reads what is
// printed.
func (t *told) has(receiver string, e Event) bool {
	if slices.Contains(moves, e.Kind) {
		status, known := t.last(receiver, e.mark)
		return known && status == e.Status
	}
	return slices.Contains(t.ids, t.id(receiver, e.identity))
}

// moves are the kinds of event by which a check leaves its status for another.
var moves = []EventKind{Failure, Worse, Better, Recovery}

// last returns the status that a receiver was told last of a check, since it has been
// in the state that the mark is of.
func (t *told) last(receiver string, m mark) (status probe.Status, known bool) {
	if len(t.ids) == 0 {
		return probe.Unknown, false
	}
	ids := map[string]probe.Status{}
	for _, kind := range moves {
		for _, s := range worstFirst {
			ids[t.id(receiver, m.of(kind, s))] = s
		}
	}
	for _, id := range slices.Backward(t.ids) {
		if s, ok := ids[id]; ok {
			return s, true
		}
	}
	return probe.Unknown, false
}

// add notes that a receiver was told.
func (t *told) add(receiver string, e Event) {
	t.ids, t.changed = append(t.ids, t.id(receiver, e.identity)), true
}

// times is how often a receiver was told of an event: of one server that comes and goes
// the identity is the same each time.
func (t *told) times(receiver string, e Event) int {
	id, n := t.id(receiver, e.identity), 0
	for _, other := range t.ids {
		if other == id {
			n++
		}
	}
	return n
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
		_ = t.save() // another time, then
	}
}
