package delivery

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/atomicfile"
)

// store is the part of the state directory that deliveries use: the key, and a record of
// every run whose message may still exist.
type store struct{ dir string }

// record describes a run from before its message is sent until the message is removed
// from the mailbox.
type record struct {
	// Token is the run's, Sent when its message was made.
	Token string    `json:"token"`
	Sent  time.Time `json:"sent"`
	// Until is how long the run itself may look for the message.
	Until time.Time `json:"until"`
	// To is the recipient, Mailbox where the message is to arrive.
	To      string `json:"to"`
	Mailbox string `json:"mailbox"`
	// Queued is the server's reply to the message.
	Queued string `json:"queued,omitempty"`
	// Accepted is when the server had taken it; zero if it is not known to have.
	Accepted time.Time `json:"accepted,omitzero"`
	// Body is the body that was sent.
	Body fingerprint `json:"body,omitzero"`
	// Open is set while the message is left to a later run to judge.
	Open bool `json:"open,omitempty"`
	// Mark is the state of the mailbox before.
	Mark mark `json:"mark"`
	// Looked is when a look into the mailbox last found no message; zero for never.
	Looked time.Time `json:"looked,omitzero"`
	// Seen is set if the message arrived and was not deleted.
	Seen bool `json:"seen,omitempty"`

	// Of an open one that has come, and is perhaps deleted: when it arrived by the server's
	// clock, zero if that is not known, when it was found, how often, and in which mailbox
	// for junk. Report is what came in its place.
	Stamp  time.Time `json:"stamp,omitzero"`
	Found  time.Time `json:"found,omitzero"`
	Copies int       `json:"copies,omitempty"`
	Junk   string    `json:"junk,omitempty"`
	Report *report   `json:"report,omitempty"`
}

// remembered is how long an undelivered message is looked for. Mail servers give up after
// five days (RFC 5321 §4.5.4.1).
const remembered = 7 * 24 * time.Hour

const (
	keyFile   = "deliver.key"
	recordDir = "deliver"
	keyBytes  = 32
)

// key returns the key that proves messages, which is made on first use.
func (s store) key() ([]byte, error) {
	name := filepath.Join(s.dir, keyFile)
	key, err := readKey(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := atomicfile.Folder(s.dir); err != nil {
		return nil, err
	}
	if err := atomicfile.Create(name, atomicfile.Private, atomicfile.Text(randomKey())); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(name)
}

func randomKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails
	return key
}

func readKey(name string) ([]byte, error) {
	key, info, err := atomicfile.Read(name, maxRecord)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s can be read by others, who could forge messages with it: chmod 600, or remove it", name)
	}
	if len(key) != keyBytes {
		return nil, fmt.Errorf("%s has %d bytes, not %d: remove it", name, len(key), keyBytes)
	}
	return key, nil
}

func (s store) file(token string) string {
	return filepath.Join(s.dir, recordDir, token+".json")
}

// keep writes the record of a run.
func (s store) keep(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.replace(s.file(r.Token), text)
}

// replace replaces a file atomically.
func (s store) replace(name string, text []byte) error {
	for _, dir := range []string{s.dir, filepath.Dir(name)} {
		if err := atomicfile.Folder(dir); err != nil {
			return err
		}
	}
	return atomicfile.Write(name, atomicfile.Private, atomicfile.Text(text))
}

// forget removes the record of a run.
func (s store) forget(token string) error {
	err := os.Remove(s.file(token))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// pending returns the records of runs for a mailbox that are over, oldest first, and the
// errors of those that cannot be read. It drops those that are too old.
func (s store) pending(mailbox string, now time.Time) (found []record, damaged []error, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, recordDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	for _, e := range entries {
		token, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !isToken(token) {
			continue
		}
		r, err := s.read(token)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // another run has removed it
		case err != nil && isOlder(e, now.Add(-remembered)):
			_ = s.forget(token)
		case err != nil:
			damaged = append(damaged, fmt.Errorf("%s is no record of a run, whose message is not looked for: %w", s.file(token), err))
		case now.Sub(r.Sent) > remembered:
			_ = s.forget(token)
		case r.Mailbox == mailbox && now.After(r.Until):
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b record) int { return a.Sent.Compare(b.Sent) })
	return found, damaged, err
}

// isOlder reports whether a file is from before a time.
func isOlder(e fs.DirEntry, than time.Time) bool {
	info, err := e.Info()
	return err == nil && info.ModTime().Before(than)
}

// maxRecord bounds the size of a record, in bytes.
const maxRecord = 1 << 20

func (s store) read(token string) (record, error) {
	var r record
	text, _, err := atomicfile.Read(s.file(token), maxRecord)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil && r.Token != token {
		err = errors.New("the record is another's")
	}
	return r, err
}
