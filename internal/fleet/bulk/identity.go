package bulk

import (
	"bytes"
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
)

// identityFile is what a submitter keeps in its state directory, readable for its owner only.
const identityFile = "fleet-submit.json"

// identity is who submits, as the file has it.
type identity struct {
	Name string `json:"name"`
	// Seed is the seed of the nkey.
	Seed string `json:"seed"`
	// Fingerprint is that of the centre's token.
	Fingerprint []byte `json:"fingerprint,omitempty"`
}

// isOf reports whether the identity was made of a token, or of an earlier one of the same
// name and centre.
func (id identity) isOf(token *fleet.Token) bool {
	return id.Name == token.Name && bytes.Equal(id.Fingerprint, token.Fingerprint)
}

// ErrNobody: the state directory has no identity.
var ErrNobody = errors.New("there is no identity of a submitter")

// Identity returns how the submitter of a state directory connects. A token makes the
// identity, and a key for it, unless the directory has that of the token's name already;
// without a token and an identity the error is ErrNobody.
func Identity(state string, token *fleet.Token) (o fleet.Options, err error) {
	file := filepath.Join(state, identityFile)
	id, err := readIdentity(file)
	if token != nil && (errors.Is(err, ErrNobody) || err == nil && !id.isOf(token)) {
		id, err = makeIdentity(file, token)
	}
	if err != nil {
		return o, err
	}
	key, err := nkeys.FromSeed([]byte(id.Seed))
	if err != nil {
		return o, fmt.Errorf("%s has no valid key: %w; remove it, and use a new token", file, err)
	}
	return fleet.Options{Name: id.Name, Key: key, Token: token, Fingerprint: id.Fingerprint}, nil
}

func readIdentity(file string) (id identity, err error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return id, ErrNobody
	case err != nil:
		return id, err
	}
	if err := json.Unmarshal(text, &id); err != nil || fleet.CheckName(id.Name) != nil {
		return id, fmt.Errorf("%s is no identity of a submitter; remove it, and use a new token", file)
	}
	return id, nil
}

// makeIdentity makes a key for the name of a token, before that is used up.
func makeIdentity(file string, token *fleet.Token) (identity, error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return identity{}, err
	}
	seed, err := key.Seed()
	if err != nil {
		return identity{}, err
	}
	id := identity{Name: token.Name, Seed: string(seed), Fingerprint: token.Fingerprint}
	text, err := json.Marshal(id)
	if err != nil {
		return id, err
	}
	if err := atomicfile.Folder(filepath.Dir(file)); err != nil {
		return id, err
	}
	return id, atomicfile.Write(file, atomicfile.Private, atomicfile.Text(append(text, '\n')))
}

// SecretOf returns the Run.Secret of who connects with a key; nil without one.
func SecretOf(key nkeys.KeyPair) []byte {
	if key == nil {
		return nil
	}
	seed, err := key.Seed()
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(append([]byte("tickets of bulk runs "), seed...))
	return sum[:]
}
