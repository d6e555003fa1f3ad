package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/nats-io/nkeys"

	"mailprobe/internal/atomicfile"
)

// LoadKey reads the seed of a key from a file. Where there is none it has one made, such as by
// nkeys.CreateUser, and writes it, readable for its owner only.
func LoadKey(file string, create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, error) {
	seed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file, create)
	}
	if err != nil {
		return nil, err
	}
	pair, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		return nil, fmt.Errorf("%s is no key: %w; restore it, or remove it and join anew", file, err)
	}
	return pair, nil
}

func makeKey(file string, create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, error) {
	pair, err := create()
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed()
	if err != nil {
		return nil, err
	}
	return pair, atomicfile.Create(file, atomicfile.Private, atomicfile.Text(seed))
}

// keyLength is the length of the text of a public key.
const keyLength = 56

// Seal encrypts a secret for the holder of a curve key, such as Hello.SealKey, by a key that
// is made for it and stands before it.
func Seal(secret []byte, sealKey string) ([]byte, error) {
	once, err := nkeys.CreateCurveKeys()
	if err != nil {
		return nil, err
	}
	defer once.Wipe()
	public, err := once.PublicKey()
	if err != nil {
		return nil, err
	}
	box, err := once.Seal(secret, sealKey)
	if err != nil {
		return nil, errors.New("the key to seal to is none")
	}
	return append([]byte(public), box...), nil
}

// Open decrypts what Seal has encrypted for the key.
func Open(sealed []byte, key nkeys.KeyPair) ([]byte, error) {
	if len(sealed) < keyLength {
		return nil, errSealed
	}
	secret, err := key.Open(sealed[keyLength:], string(sealed[:keyLength]))
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}

var errSealed = errors.New("the secret is not sealed to this key")
