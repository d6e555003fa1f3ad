package centre

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// TokenLife is how long an invitation is good for.
const TokenLife = time.Hour

// Place is who was invited: a place that runs checks, or somebody who submits bulk runs.
type Place struct {
	Name string `json:"name"`
	// Submit is set for who submits bulk runs, and runs nothing.
	Submit  bool      `json:"submit,omitempty"`
	Invited time.Time `json:"invited"`
	// Token is the hash of the token's secret until it ends with Expires.
	Token   []byte    `json:"token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// Key is the public nkey that the token bound to the name; empty before.
	Key     string    `json:"key,omitempty"`
	Joined  time.Time `json:"joined,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
	// Former is when the one that had the name before was revoked.
	Former time.Time `json:"former,omitzero"`
}

// State is a word for how the place is: invited, expired, joined or revoked.
func (p *Place) State(now time.Time) string {
	switch {
	case !p.Revoked.IsZero():
		return "revoked"
	case p.Key != "":
		return "joined"
	case now.After(p.Expires):
		return "expired"
	}
	return "invited"
}

// active reports whether the place may be connected.
func (p *Place) active() bool { return p.Key != "" && p.Revoked.IsZero() }

// Register has who was invited, a file for each. Several processes may use it: whoever
// changes something locks it, and nobody remembers what it had.
type Register struct {
	dir string
	// lingers is how long a connection may last after its end.
	lingers time.Duration
}

// OpenRegister opens the register of a state directory, and makes it where it is not there.
func OpenRegister(state string) (*Register, error) {
	dir := filepath.Join(state, folder, "places")
	if err := atomicfile.Folder(filepath.Join(state, folder)); err != nil {
		return nil, err
	}
	return &Register{dir: dir}, atomicfile.Folder(dir)
}

// folder is that of the fleet in the state directory.
const folder = "fleet"

// Invite makes a token for a name. An invitation that was not used is replaced by it.
func (r *Register) Invite(name string, submit bool, fingerprint []byte, now time.Time) (fleet.Token, error) {
	if err := fleet.CheckName(name); err != nil {
		return fleet.Token{}, err
	}
	token := fleet.NewToken(name, fingerprint)
	err := r.change(name, func(p *Place, known bool) error {
		if known && p.active() {
			return fmt.Errorf("%s has joined; revoke it first, by mailprobe fleet revoke %s, or invite another name", name, name)
		}
		*p = Place{Name: name, Submit: submit, Invited: now, Token: token.Hash(), Expires: now.Add(TokenLife), Former: later(p.Former, p.Revoked)}
		return nil
	})
	return token, err
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// ErrNoPlace: nobody of the name was invited.
var ErrNoPlace = errors.New("was never invited")

// Revoke ends a place, or an invitation.
func (r *Register) Revoke(name string, now time.Time) error {
	if err := fleet.CheckName(name); err != nil {
		return err
	}
	return r.change(name, func(p *Place, known bool) error {
		switch {
		case !known:
			return fmt.Errorf("%s %w; mailprobe fleet list shows who was", name, ErrNoPlace)
		case p.Revoked.IsZero():
			p.Revoked = now
		}
		p.Token = nil
		return nil
	})
}

// Reasons why somebody is not admitted. They are for the centre's log; who is refused learns
// none of them.
var (
	errUnknown  = errors.New("nobody of this name was invited")
	errRevoked  = errors.New("the place was revoked")
	errOtherKey = errors.New("another agent has joined by this name, and this one has another key: a second agent, or a token that was used by somebody else; if the place was set up anew, revoke it and invite it again")
	errExpired  = errors.New("the token has expired; invite it again")
	errProof    = errors.New("it has not the token of the last invitation; invite it again if that was lost")
	errTooSoon  = errors.New("the one that had the name before was revoked just now, and may still be connected; it is admitted within five minutes")
	errNoToken  = errors.New("it has not joined, and shows no token")
)

// Admit returns the place of a key whose holder has proved to have it. A proof of the token binds the key to
// the name; joined reports whether it just did.
func (r *Register) Admit(name, key, proof string, now time.Time) (p Place, joined bool, err error) {
	p, err = r.Get(name)
	if errors.Is(err, ErrNoPlace) {
		return p, false, errUnknown
	}
	if err != nil || p.Key != "" || !p.Revoked.IsZero() {
		return p, false, errors.Join(err, p.admits(key))
	}
	err = r.change(name, func(p *Place, _ bool) error {
		if p.Key != "" || !p.Revoked.IsZero() {
			return p.admits(key)
		}
		if err := p.invites(key, proof, now); err != nil {
			return err
		}
		if now.Before(p.Former.Add(r.lingers)) && !p.Former.IsZero() {
			return errTooSoon
		}
		p.Key, p.Joined, p.Token, p.Expires = key, now, nil, time.Time{}
		joined = true
		return nil
	})
	if err != nil {
		return p, false, err
	}
	p, err = r.Get(name)
	return p, joined, err
}

func (p *Place) admits(key string) error {
	switch {
	case !p.Revoked.IsZero():
		return errRevoked
	case p.Key != key:
		return errOtherKey
	}
	return nil
}

func (p *Place) invites(key, proof string, now time.Time) error {
	switch {
	case proof == "":
		return errNoToken
	case len(p.Token) == 0 || subtle.ConstantTimeCompare([]byte(fleet.Prove(p.Token, p.Name, key)), []byte(proof)) != 1:
		return errProof
	case now.After(p.Expires):
		return errExpired
	}
	return nil
}

// Get returns who has a name; its error is ErrNoPlace where nobody has.
func (r *Register) Get(name string) (p Place, err error) {
	if fleet.CheckName(name) != nil {
		return p, ErrNoPlace
	}
	text, err := os.ReadFile(r.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return p, ErrNoPlace
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Name != name {
		return Place{}, fmt.Errorf("%s is damaged: %w; restore it, or remove it and invite the place again", r.file(name), errors.Join(err))
	}
	return p, nil
}

// List returns all by their names. What cannot be read is left out, and in the error.
func (r *Register) List() (all []Place, err error) {
	files, err := os.ReadDir(r.dir)
	for _, f := range files {
		name, is := strings.CutSuffix(f.Name(), ".json")
		if !is || fleet.CheckName(name) != nil {
			continue
		}
		p, one := r.Get(name)
		if one != nil {
			err = errors.Join(err, one)
			continue
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Place) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// modified is when the register was changed last, to the tick of the file system's clock; zero
// where that cannot be found out.
func (r *Register) modified() time.Time {
	info, err := os.Stat(r.dir)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (r *Register) file(name string) string { return filepath.Join(r.dir, name+".json") }

// change changes who has a name, while nobody else does.
func (r *Register) change(name string, how func(p *Place, known bool) error) error {
	unlock, err := lock(r.dir + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	p, err := r.Get(name)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNoPlace) {
		return err
	}
	if err := how(&p, known); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(r.file(name), atomicfile.Private, atomicfile.Text(append(text, '\n')))
}
