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

// DefaultKeep is how long single results are kept unless Options say otherwise.
const DefaultKeep = 90 * 24 * time.Hour

// busyTimeout is how long a process waits for another that writes.
const busyTimeout = 10 * time.Second

// Options are the wishes of who opens a history. The zero value is right.
type Options struct {
	// Keep is how long single results are kept; 0 is DefaultKeep.
	Keep time.Duration
	// ReadOnly leaves everything as it is: there must be a sound file, and Commit
	// and the like fail.
	ReadOnly bool
	// Now is the clock that claims and pruning go by; nil is time.Now.
	Now func() time.Time
	// File is the path of the file of checks that states, incidents and notifications
	// are of; empty for none, which reads those of all. Checks are the names of its
	// checks: by them a file is known that was moved.
	File   string
	Checks []string
	// Title is what the owner of the file calls it.
	Title string
}

// Store is an open history. Its methods may be called from several goroutines.
type Store struct {
	path    string
	options Options
	pruned  atomic.Int64 // day of the last pruning that this process did
	owner   atomic.Int64 // the number of Options.File, 0 for none

	mu     sync.RWMutex // held for writing while the database is replaced
	db     *sql.DB
	file   os.FileInfo // that db is
	notice string
	frozen error // why it can only be read, nil where it can be written
}

// ErrNewer tells that the history was written by a later version of mailprobe.
var ErrNewer = errors.New("the history was written by a newer mailprobe")

// Open opens the history in a file, and makes file and folder where there are none:
// the folder 0700, the file 0600. A file that is damaged, or is no history, is set
// aside under another name and a new one begun; [Store.Notice] tells of it. One of
// a newer mailprobe is refused with [ErrNewer], and left as it is. One that cannot be
// written, as where the disk is full, is opened for reading; Commit and the like then
// say why they fail.
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
	if err = s.begin(ctx); err != nil {
		return nil, fmt.Errorf("history %s: %w", path, inWords(explain(err, path)))
	}
	return s, nil
}

// begin opens the database for writing, or else for reading.
func (s *Store) begin(ctx context.Context) error {
	err := s.open(ctx)
	if isDamage(err) {
		err = s.replace(ctx, nil, err)
	} else if err == nil {
		err = s.enrol(ctx)
	}
	if isUnwritable(err) && s.freeze(ctx, explain(err, s.path)) == nil {
		return nil
	}
	return err
}

// open opens the database while nobody replaces it.
func (s *Store) open(ctx context.Context) error {
	unlock, err := s.lock(ctx, false)
	if err != nil {
		return err
	}
	defer unlock()
	return s.connect(ctx)
}

// read opens the database of the file for reading.
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
		// One of an older mailprobe is brought up to date first.
		if err = s.connect(ctx); err == nil {
			err = s.db.Close()
		}
	}
	if isDamage(err) {
		err = fmt.Errorf("it is damaged, and mailprobe check will begin a new one: %w", err)
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

// create makes an empty file, where there is none, that only its owner can read.
// SQLite gives the files it makes beside it the same mode.
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

// suffixes are those of the files of a database.
var suffixes = []string{"", "-journal", "-wal", "-shm"}

// regular returns an error unless all files of a database that are there are regular
// ones: SQLite would wait for a pipe, write into a device and remove it in the end.
func regular(path string) error {
	for _, suffix := range suffixes {
		if err := atomicfile.Check(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// connect opens the database and brings its schema up to date. SQLite does not wait
// by itself where another process is just making the file one with a write-ahead log.
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
	// A run writes from one goroutine, and a query reads beside it.
	db.SetMaxOpenConns(2)
	if err := migrate(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	s.db = db
	s.file, err = os.Stat(s.path)
	return err
}

// source is the name of the database for the driver. Every transaction takes the
// write lock when it begins, so that none fails half-way for want of it. Each is on
// the disk when it ends: a claim that a power cut could undo would be none.
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

// Close closes the history. The last to close it removes files beside it.
func (s *Store) Close() error {
	unlock, err := s.lock(context.Background(), false)
	if err == nil {
		defer unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}

// Notice says in one line what the user should know of the file: that a damaged
// one was set aside. It is empty where all is well.
func (s *Store) Notice() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.notice
}

// update does something in one transaction that holds the write lock.
func (s *Store) update(ctx context.Context, do func(*sql.Tx) error) error {
	if s.frozen != nil {
		return inWords(s.frozen)
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
	defer func() { _ = tx.Rollback() }() // nothing is left to roll back after Commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// query gives every row of an answer to scan.
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
