package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"mailprobe/internal/atomicfile"
)

// DefaultKeep is how long single results are kept by default.
const DefaultKeep = 90 * 24 * time.Hour

// busyTimeout is how long a process waits for another one that writes.
const busyTimeout = 10 * time.Second

// Options configure Open. The zero value is usable.
type Options struct {
	// Keep is how long single results are kept; 0 is DefaultKeep.
	Keep time.Duration
	// ReadOnly opens an existing, intact file for reading: Commit and the like fail.
	ReadOnly bool
	// Now is the clock used for claims and pruning; nil is time.Now.
	Now func() time.Time
	// File is the path of the file of checks that states, incidents and notifications
	// belong to; empty reads those of all files. Checks are the names of its checks, by
	// which a renamed file is recognised.
	File   string
	Checks []string
	// Title is the title of the file.
	Title string
}

// Store is an open history. Its methods are safe for concurrent use.
type Store struct {
	path    string
	options Options
	pruned  atomic.Int64 // day on which this process last pruned
	owner   atomic.Int64 // number of Options.File, 0 for none

	frozen atomic.Pointer[unwritable] // why it is read-only, nil if it can be written

	mu     sync.RWMutex // locked for writing while the database is replaced
	db     *sql.DB
	file   os.FileInfo // of db
	notice string
}

// ErrNewer means that the history was written by a newer version of mailprobe.
var ErrNewer = errors.New("the history was written by a newer mailprobe")

// Open opens the history in a file, and creates file and directory if they do not exist:
// the directory with mode 0700, the file with 0600. A file that is damaged, or not a
// history, is renamed and a new one created; [Store.Notice] reports it. One of a newer
// mailprobe is refused with [ErrNewer], and not changed. One that cannot be written, as
// when the disk is full, is opened for reading; Commit and the like then return why, until
// it can.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, options: o}
	if o.ReadOnly {
		return s, s.read(ctx)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("history: %w", explain(err, path))
	}
	if err = s.openWritable(ctx); err != nil {
		return nil, fmt.Errorf("history %s: %w", path, inWords(explain(err, path)))
	}
	return s, nil
}

// openWritable opens the database for writing, or for reading if it cannot be written.
func (s *Store) openWritable(ctx context.Context) error {
	err := s.open(ctx)
	if isDamage(err) {
		err = s.replace(ctx, nil, err)
	} else if err == nil {
		if err = s.register(ctx); isDamage(err) {
			err = s.replace(ctx, s.current(), err)
		}
	}
	if isUnwritable(err) && s.freeze(ctx, explain(err, s.path)) == nil {
		return nil
	}
	return err
}

// open opens the database under the shared lock.
func (s *Store) open(ctx context.Context) error {
	unlock, err := s.lock(ctx, false)
	if err != nil {
		return err
	}
	defer unlock()
	return s.connect(ctx)
}

// read opens the database for reading.
func (s *Store) read(ctx context.Context) error {
	if err := regular(s.path); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	unlock, err := s.lock(ctx, false)
	if err != nil {
		return err
	}
	defer unlock()
	db, err := sql.Open("sqlite", source(s.path)+"&mode=rw&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	version, err := inspect(ctx, db)
	if err == nil && version < len(migrations) {
		// The schema of an older mailprobe is updated first.
		if err = s.connect(ctx); err == nil {
			err = s.db.Close()
		}
	}
	if isDamage(err) {
		err = fmt.Errorf("it is damaged, and mailprobe check will start a new one: %w", err)
	}
	if err != nil {
		err = errors.Join(err, db.Close())
		if isUnwritable(err) && s.freeze(ctx, err) == nil {
			return nil
		}
		return fmt.Errorf("history %s: %w", s.path, inWords(err))
	}
	s.db = db
	return nil
}

// create creates an empty file with mode 0600, unless it exists. SQLite gives the files
// next to it the same mode.
func create(path string) error {
	if err := atomicfile.Folder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := regular(path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// suffixes are the suffixes of the files of a database.
var suffixes = []string{"", "-journal", "-wal", "-shm"}

// regular returns an error unless all existing files of a database are regular ones:
// SQLite would block on a pipe, write into a device and remove it in the end.
func regular(path string) error {
	for _, suffix := range suffixes {
		if err := atomicfile.Check(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// connect opens the database and updates its schema. SQLite's own time-out does not cover
// another process that is just switching the file to a write-ahead log.
func (s *Store) connect(ctx context.Context) error {
	err := s.connectOnce(ctx)
	for begin := time.Now(); hasCode(err, codeBusy) && time.Since(begin) < busyTimeout && ctx.Err() == nil; {
		time.Sleep(20 * time.Millisecond)
		err = s.connectOnce(ctx)
	}
	return err
}

func (s *Store) connectOnce(ctx context.Context) error {
	db, err := sql.Open("sqlite", source(s.path))
	if err != nil {
		return err
	}
	// One connection for the run that writes, one for a query that reads meanwhile.
	db.SetMaxOpenConns(2)
	if err := migrate(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	s.db = db
	s.file, err = os.Stat(s.path)
	return err
}

// source returns the data source name for the driver. Every transaction takes the write
// lock when it begins, so that none fails half-way for lack of it. Each is on the disk
// when it ends: a power cut must not undo a claim.
func source(path string) string {
	return dataSource(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
			"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "trusted_schema(0)",
		},
	})
}

func dataSource(path string, settings url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
}

// Close closes the history. The last process to close it removes the files next to it.
func (s *Store) Close() error {
	unlock, err := s.lock(context.Background(), false)
	if err == nil {
		defer unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}

// Notice returns one line for the user if a damaged file was replaced, empty otherwise.
func (s *Store) Notice() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.notice
}

// update calls do in one transaction that holds the write lock.
func (s *Store) update(ctx context.Context, do func(*sql.Tx) error) error {
	if err := s.thaw(ctx); err != nil {
		return inWords(err)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return inWords(inTransaction(ctx, s.db, do))
}

func inTransaction(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it has no effect
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// query calls scan for every row that a query returns.
func (s *Store) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer leave()
	if err := each(ctx, s.db, scan, query, args...); err != nil {
		return fmt.Errorf("history: %w", inWords(err))
	}
	return nil
}
