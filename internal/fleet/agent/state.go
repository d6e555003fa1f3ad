package agent

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
	"mailprobe/internal/suite"
)

// state is the folder in which an agent keeps what it is and has.
type state struct {
	dir  string
	lock *os.File
	// user is the key as which it connects, curve that to which secrets are sealed.
	user, curve nkeys.KeyPair
}

// folder is the agent's own in the state directory.
const folder = "agent"

// openState opens the folder, and makes the keys where there are none. Only one agent at a time
// has it.
func openState(ctx context.Context, dir string) (*state, error) {
	s := &state{dir: filepath.Join(dir, folder)}
	if err := cmp.Or(atomicfile.Folder(dir), atomicfile.Folder(s.dir)); err != nil {
		return nil, err
	}
	var err error
	if s.lock, err = (&suite.Suite{Name: s.file("lock")}).LockServer(ctx, s.dir); err != nil {
		if by := (*suite.Running)(nil); errors.As(err, &by) {
			return nil, fmt.Errorf("another mailprobe agent (process %d) uses %s; end it, or name another folder with --state", by.PID, s.dir)
		}
		return nil, err
	}
	var errs [2]error
	s.user, errs[0] = fleet.LoadKey(s.file("agent.nk"), nkeys.CreateUser)
	s.curve, errs[1] = fleet.LoadKey(s.file("curve.nk"), nkeys.CreateCurveKeys)
	if err := errors.Join(errs[:]...); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *state) close() {
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

func (s *state) file(name string) string { return filepath.Join(s.dir, name) }

// membership is what an agent knows of its place, once the centre has answered.
type membership struct {
	Place       string `json:"place"`
	Fingerprint []byte `json:"fingerprint,omitempty"`
	// Token is the mark of the token by which it has joined.
	Token []byte `json:"token,omitempty"`
}

const (
	memberFile   = "place.json"
	scheduleFile = "schedule.json"
	// maxKept bounds a file that is read, in bytes. A schedule comes in a message.
	maxKept = 16 << 20
)

// readMember reads the membership; there is none in a new folder.
func (s *state) readMember() (m membership, err error) {
	text, _, err := atomicfile.Read(s.file(memberFile), maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err == nil && fleet.CheckName(m.Place) != nil {
		err = errors.New("it has no place")
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w; remove the folder and join anew", s.file(memberFile), err)
	}
	return m, nil
}

// write writes a value, readable for its owner only.
func (s *state) write(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return atomicfile.Write(s.file(name), atomicfile.Private, atomicfile.Text(text))
}

// readSchedule reads the last good schedule, nil where there is none.
func (s *state) readSchedule() (*fleet.Schedule, error) {
	text, _, err := atomicfile.Read(s.file(scheduleFile), maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	kept := new(fleet.Schedule)
	if err == nil {
		err = json.Unmarshal(text, kept)
	}
	if err != nil {
		return nil, fmt.Errorf("the schedule that was kept cannot be read (%w); the centre gives another one", err)
	}
	return kept, nil
}

// member returns the place of the agent: that of its token, where it joins, or else that which
// it is. The token is nil where none is needed: it stays that of the last time, or is gone.
func (s *state) member(tokenFile string) (m membership, t *fleet.Token, err error) {
	if m, err = s.readMember(); err != nil {
		return m, nil, err
	}
	if tokenFile != "" {
		t, err = fleet.ReadToken(tokenFile)
	}
	switch {
	case m.Place != "" && (t == nil || bytes.Equal(m.Token, mark(t))):
		return m, nil, nil
	case err != nil:
		return m, nil, err
	case t == nil:
		return m, nil, errors.New("this agent has not joined yet: put the token that mailprobe fleet invite NAME prints at the centre into a file, and name that by --token-file, or by token_file: in agent.yaml")
	case m.Place != "" && t.Name != m.Place:
		return m, nil, fmt.Errorf("%s is a token for %s, and this agent has joined as %s; use another folder (--state) for another place, or remove %s", tokenFile, t.Name, m.Place, s.dir)
	}
	return membership{Place: t.Name, Fingerprint: t.Fingerprint, Token: mark(t)}, t, nil
}

// mark tells a token from another one, and is of no other use.
func mark(t *fleet.Token) []byte {
	sum := sha256.Sum256(t.Hash())
	return sum[:8]
}
