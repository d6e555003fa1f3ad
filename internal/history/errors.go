package history

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"

	"mailprobe/probe"
)

// fault is a result code of SQLite and what it means to the user.
type fault struct {
	code  int // extended, or primary for all extended ones without a row
	words string
	// unwritable reports whether the history may still be read.
	unwritable bool
}

const fullDisk = "the disk is full"

// faults are the result codes that occur without a bug (sqlite.org/rescode.html). The
// shared memory of the write-ahead log is allocated when the file is opened, so that a
// full disk first shows as an I/O error.
var faults = []fault{
	{13, fullDisk, true},         // SQLITE_FULL
	{10 | 19<<8, fullDisk, true}, // SQLITE_IOERR_SHMSIZE
	{10 | 12<<8, "no memory is left", false},
	{10, "the disk has an error", true},
	{8, "the file or its directory is read-only", true},
	{3, "access to the file is denied", true},
	{14, "the file, or one next to it, cannot be opened", true},
	{codeBusy, "another process has it locked", true},
	{6, "another process has it locked", true},
	{codeCorrupt, "the file is damaged", false},
	{codeNotADB, "the file is not a database", false},
	{7, "no memory is left", false},
}

// faultOf returns what an error means, nil if it is not from SQLite.
func faultOf(err error) *fault {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	for _, code := range []int{e.Code(), e.Code() & 0xff} {
		for i := range faults {
			if faults[i].code == code {
				return &faults[i]
			}
		}
	}
	return nil
}

// inWords replaces the text of SQLite in an error by plain words.
func inWords(err error) error {
	var said *sqlite.Error
	if f := faultOf(err); f != nil && errors.As(err, &said) && strings.Contains(err.Error(), said.Error()) {
		return probe.Reword(strings.ReplaceAll(err.Error(), said.Error(), f.words), err)
	}
	return err
}

// isUnwritable reports whether the history may still be read.
func isUnwritable(err error) bool {
	f := faultOf(err)
	return f != nil && f.unwritable
}

// unwritable is why a history cannot be written, as it was found last.
type unwritable struct {
	why   error
	found time.Time
}

// thawEvery is how often a history that cannot be written is tried again, at most.
const thawEvery = 30 * time.Second

// thaw opens a history for writing that could not be written before; it returns why it
// still cannot.
func (s *Store) thaw(ctx context.Context) error {
	f := s.frozen.Load()
	switch {
	case f == nil:
		return nil
	case s.options.ReadOnly || time.Since(f.found) < thawEvery:
		return f.why
	}
	unlock, err := lockFile(ctx, s.path+".lock", false)
	if err == nil {
		defer unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.frozen.Load() != f { // another goroutine has opened it, or has tried to
			return nil
		}
		err = s.connectAgain(ctx)
	}
	if err = explain(err, s.path); err == nil {
		s.frozen.Store(nil)
	} else {
		s.frozen.Store(&unwritable{err, time.Now()})
	}
	return err
}

// connectAgain opens the database for writing in the place of the one that is open for
// reading.
func (s *Store) connectAgain(ctx context.Context) error {
	reading := s.db
	err := s.connect(ctx)
	if err == nil {
		err = s.register(ctx)
	}
	if err == nil {
		return reading.Close()
	}
	if s.db != reading {
		_ = s.db.Close() // its error adds nothing
		s.db = reading
	}
	return err
}

// freeze opens the database file without the write-ahead log, which would need space and
// write permission.
func (s *Store) freeze(ctx context.Context, why error) error {
	db, err := sql.Open("sqlite", dataSource(s.path, url.Values{"mode": {"ro"}, "immutable": {"1"}, "_pragma": {"trusted_schema(0)"}}))
	if err != nil {
		return err
	}
	version, err := inspect(ctx, db)
	if err == nil && version != len(migrations) {
		err = why
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if s.db != nil {
		_ = s.db.Close() // its error adds nothing
	}
	s.db = db
	s.frozen.Store(&unwritable{why, time.Now()})
	if s.options.File != "" {
		id, err := findFile(ctx, db, s.options.File)
		if err != nil {
			id = -1 // unknown: 0 would select all files
		}
		s.owner.Store(id)
	}
	return nil
}
