package history

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	"modernc.org/sqlite"

	"mailprobe/probe"
)

// fault is what a result code of SQLite means to whoever runs the program.
type fault struct {
	code  int // extended, or primary for all that have no row of their own
	words string
	// unwritable is set where the history may still be read.
	unwritable bool
}

const fullDisk = "the disk is full"

// faults are the result codes that a sound program meets (sqlite.org/rescode.html).
// Space for the shared memory of the write-ahead log is asked for when the file is
// opened, so that a full disk shows by an I/O error first.
var faults = []fault{
	{13, fullDisk, true},         // SQLITE_FULL
	{10 | 19<<8, fullDisk, true}, // SQLITE_IOERR_SHMSIZE
	{10 | 12<<8, "there is no memory left", false},
	{10, "the disk has an error", true},
	{8, "the file or its folder can only be read", true},
	{3, "access to the file is denied", true},
	{14, "the file, or one beside it, cannot be opened", true},
	{codeBusy, "another process keeps it locked", true},
	{6, "another process keeps it locked", true},
	{codeCorrupt, "the file is damaged", false},
	{codeNotADB, "the file is no database", false},
	{7, "there is no memory left", false},
}

// faultOf returns what an error means, nil for one that is not of SQLite.
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

// inWords puts what SQLite says with a number into plain words, unless it already is.
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

// freeze opens the database as it is in the file, without the write-ahead log, which
// would need room and the right to write.
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
		_ = s.db.Close() // what it could still say is known
	}
	s.db, s.frozen = db, why
	if s.options.File != "" {
		id, err := findFile(ctx, db, s.options.File)
		if err != nil {
			id = -1 // a file that is not known: 0 would be all of them
		}
		s.owner.Store(id)
	}
	return nil
}
