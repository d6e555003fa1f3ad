package integration

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mailprobe/internal/fleet"
	"mailprobe/probe"
)

// spoolWatch reads each batch of results that an agent writes down, at that moment: what the
// centre must have in the end.
type spoolWatch struct {
	place, dir string
	mu         sync.Mutex
	seen       map[spooled]bool
}

// spooled is a result that was in a spool. That of another run of the same check has another
// time, in nanoseconds.
type spooled struct {
	job   string
	start int64 // by the clock of the agent
	took  time.Duration
}

// watchSpool makes the folder of the spool and watches it until the test ends.
func watchSpool(t *testing.T, place, dir string) *spoolWatch {
	t.Helper()
	w := &spoolWatch{place: place, dir: dir, seen: map[spooled]bool{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err == nil {
		_, err = unix.InotifyAddWatch(fd, dir, unix.IN_MOVED_TO|unix.IN_CREATE)
	}
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { _ = events.Close() })
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			if _, err := events.Read(buffer); err != nil {
				return
			}
			w.look() // the names do not matter: what is there is read again
		}
	}()
	return w
}

// look reads the batches that are there; those that have gone meanwhile it has seen, or not.
func (w *spoolWatch) look() {
	for _, path := range w.files() {
		b, err := readBatch(path)
		if err != nil {
			continue
		}
		w.mu.Lock()
		for _, r := range b.Results {
			var parts []*probe.Result
			if json.Unmarshal(r.Results, &parts) == nil && len(parts) == 1 {
				w.seen[spooled{r.Job, parts[0].Start.UnixNano(), parts[0].Elapsed}] = true
			}
		}
		w.mu.Unlock()
	}
}

// files are the batches that wait.
func (w *spoolWatch) files() []string {
	all, _ := filepath.Glob(filepath.Join(w.dir, "*.json.gz"))
	return all
}

// results returns what was seen.
func (w *spoolWatch) results() (all []spooled) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.seen {
		all = append(all, s)
	}
	return all
}

// dropped is how many results the agent says that it has dropped.
func (w *spoolWatch) dropped(t *testing.T) string {
	text, err := os.ReadFile(filepath.Join(w.dir, "dropped"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return strings.TrimSpace(string(text))
}

func readBatch(path string) (b fleet.Batch, err error) {
	f, err := os.Open(path)
	if err != nil {
		return b, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	text, err := io.ReadAll(z)
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	return b, err
}
