package agent

import (
	"cmp"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// spool keeps the results that the centre does not have yet, each batch in a file of its own
// whose name is FIRST-LAST-COUNT.json.gz: the numbers of the first and the last of the batches
// that were gathered in it, and of results. A batch is one batch for ever once an attempt was
// made to send it, by its ID; before, several are gathered in one, so that a link that is lost
// for days leaves few files. What was gathered is removed after the file that has
// it is there, so that whoever is killed between the two leaves both, and the wider one counts.
type spool struct {
	dir string
	now func() time.Time

	maxSize int64 // bytes of all files
	maxAge  time.Duration

	mu      sync.Mutex
	next    int64 // number of the next batch
	entries []*entry
	dropped int64
}

// batch is a batch as the spool keeps it.
type batch struct {
	fleet.Batch
	// Unmeasured is set where it was not known what the clock lacks: Offset is that of the
	// time at which it was sent first.
	Unmeasured bool `json:"unmeasured,omitempty"`
}

// sameOffset is by how many seconds the offsets of batches may differ that are gathered in one.
const sameOffset = 0.05

// entry is a batch in the spool.
type entry struct {
	first, last int64
	count       int       // of results
	size        int64     // of the file
	raw         int       // bytes of the batch in its JSON form; 0 where not known
	tier        int       // how often it was gathered
	at          time.Time // when it was written
	fixed       bool      // it was tried to send, or may have been
}

// The bounds of a spool and of a batch.
const (
	spoolSize       = 200 << 20 // bytes
	spoolAge        = 7 * 24 * time.Hour
	gatherAt        = 16        // batches that are gathered in one
	maxBatch        = 700 << 10 // bytes of JSON: a message of NATS has 1 MiB
	maxBatchResults = 1000
)

const spoolEnd = ".json.gz"

func (e *entry) name() string {
	return fmt.Sprintf("%016x-%016x-%d%s", e.first, e.last, e.count, spoolEnd)
}

// openSpool opens the spool in a folder, which it makes where there is none.
func openSpool(dir string, now func() time.Time) (*spool, error) {
	s := &spool{dir: dir, now: now, maxSize: spoolSize, maxAge: spoolAge, next: 1}
	if err := atomicfile.Folder(dir); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		e, ok := parseEntry(f.Name())
		info, err := f.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		e.size, e.at = info.Size(), info.ModTime()
		s.entries = append(s.entries, e)
		s.next = max(s.next, e.last+1)
	}
	s.readDropped()
	return s, s.removeGathered()
}

// parseEntry reads the name of a file. Of a batch that is there from before it is not known
// whether it was sent.
func parseEntry(name string) (*entry, bool) {
	base, is := strings.CutSuffix(name, spoolEnd)
	parts := strings.Split(base, "-")
	if !is || len(parts) != 3 {
		return nil, false
	}
	e := &entry{fixed: true}
	var errs [3]error
	e.first, errs[0] = strconv.ParseInt(parts[0], 16, 64)
	e.last, errs[1] = strconv.ParseInt(parts[1], 16, 64)
	e.count, errs[2] = strconv.Atoi(parts[2])
	ok := errors.Join(errs[:]...) == nil && e.first > 0 && e.first <= e.last && e.count >= 0 && e.name() == name
	return e, ok
}

// removeGathered removes batches that are part of another one, and puts the others in order.
func (s *spool) removeGathered() error {
	slices.SortFunc(s.entries, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last)) })
	var errs []error
	last := int64(0)
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool {
		if e.last <= last {
			errs = append(errs, s.remove(e))
			return true
		}
		last = e.last
		return false
	})
	return errors.Join(errs...)
}

func (s *spool) file(e *entry) string { return filepath.Join(s.dir, e.name()) }

func (s *spool) remove(e *entry) error {
	if err := os.Remove(s.file(e)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

const droppedFile = "dropped"

func (s *spool) readDropped() {
	text, _, err := atomicfile.Read(filepath.Join(s.dir, droppedFile), 100)
	if err == nil {
		s.dropped, _ = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // a file that is none counts from 0
	}
}

func (s *spool) writeDropped() error {
	return atomicfile.Write(filepath.Join(s.dir, droppedFile), atomicfile.Private, atomicfile.Text(fmt.Appendln(nil, s.dropped)))
}

// add keeps a batch. Once it returns without an error, the batch outlives the process.
func (s *spool) add(b batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &entry{first: s.next, last: s.next, count: len(b.Results), at: s.now()}
	b.ID = rand.Text()
	s.next++
	if err := s.write(e, b); err != nil {
		return err
	}
	s.entries = append(s.entries, e)
	return nil
}

// tidy gathers small batches, and drops what there is no room for.
func (s *spool) tidy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.gather(), s.prune())
}

// write writes the file of a batch.
func (s *spool) write(e *entry, b batch) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	e.raw = len(text)
	err = atomicfile.Write(s.file(e), atomicfile.Private, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		_, err := z.Write(text)
		return errors.Join(err, z.Close())
	})
	if err != nil {
		return err
	}
	info, err := os.Stat(s.file(e))
	if err != nil {
		return err
	}
	e.size = info.Size()
	return os.Chtimes(s.file(e), e.at, e.at) // the age, whatever the clock of the machine shows
}

// gather makes one batch of the last ones that are of the same tier.
func (s *spool) gather() error {
	for {
		from := len(s.entries) - gatherAt
		if from < 0 || !together(s.entries[from:]) {
			return nil
		}
		if err := s.gatherFrom(from); err != nil {
			return err
		}
	}
}

// together reports whether batches can be gathered in one.
func together(all []*entry) bool {
	raw, count := 0, 0
	for i, e := range all {
		if e.fixed || e.tier != all[0].tier || i > 0 && e.first != all[i-1].last+1 {
			return false
		}
		raw, count = raw+e.raw, count+e.count
	}
	return raw <= maxBatch && count <= maxBatchResults
}

// gatherFrom makes one batch of the last ones. They all were made by this process.
func (s *spool) gatherFrom(from int) error {
	parts := s.entries[from:]
	var whole batch
	e := &entry{first: parts[0].first, last: parts[len(parts)-1].last, tier: parts[0].tier + 1, at: s.now()}
	for i, part := range parts {
		b, err := s.read(part)
		switch {
		case err != nil:
			return err
		case i > 0 && (b.Unmeasured != whole.Unmeasured || math.Abs(b.Offset-whole.Offset) > sameOffset): // a batch has one
			part.fixed = true
			return nil
		}
		b.Results = append(whole.Results, b.Results...)
		whole = b
	}
	e.count, whole.ID = len(whole.Results), rand.Text()
	if err := s.write(e, whole); err != nil {
		return err
	}
	s.entries = append(s.entries[:from:from], e)
	var errs []error
	for _, part := range parts {
		errs = append(errs, s.remove(part))
	}
	return errors.Join(errs...)
}

// read reads a batch.
func (s *spool) read(e *entry) (b batch, err error) {
	f, err := os.Open(s.file(e))
	if err != nil {
		return b, err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return b, err
	}
	text, err := io.ReadAll(io.LimitReader(z, 8*maxBatch))
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	return b, err
}

// prune drops the oldest batches where there are too many, or they are too old.
func (s *spool) prune() error {
	size, n := int64(0), len(s.entries)
	for n > 0 && size+s.entries[n-1].size <= s.maxSize && s.now().Sub(s.entries[n-1].at) <= s.maxAge {
		n--
		size += s.entries[n].size
	}
	if n == 0 {
		return nil
	}
	for _, e := range s.entries[:n] {
		s.dropped += int64(e.count)
	}
	errs := []error{s.writeDropped()}
	for _, e := range s.entries[:n] {
		errs = append(errs, s.remove(e))
	}
	s.entries = slices.Delete(s.entries, 0, n)
	return errors.Join(errs...)
}

// newest returns the newest batch, which from then on is not changed any more; nil where there
// is none but those to leave out.
func (s *spool) newest(but map[*entry]bool) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.entries) {
		if !but[e] {
			e.fixed = true
			return e
		}
	}
	return nil
}

// measured keeps what the clock lacked when a batch was sent first: its results are the same
// ones only with the same times.
func (s *spool) measured(e *entry, b batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.entries, e) { // dropped meanwhile
		return nil
	}
	return s.write(e, b)
}

// done removes a batch that the centre has, or one that cannot be read and is counted as
// dropped.
func (s *spool) done(e *entry, lost bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.entries, e)
	if i < 0 { // dropped meanwhile
		return nil
	}
	s.entries = slices.Delete(s.entries, i, i+1)
	var err error
	if lost {
		s.dropped += int64(e.count)
		err = s.writeDropped()
	}
	return errors.Join(err, s.remove(e))
}

// stats returns how many bytes wait, and how many results were dropped.
func (s *spool) stats() (waiting, dropped int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		waiting += e.size
	}
	return waiting, s.dropped
}
