package fleet

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	"mailprobe/internal/atomicfile"
)

// Token invites one agent or one submitter to the centre: mpf1.NAME.SECRET.FINGERPRINT.
type Token struct {
	// Name is that of the place, or of who submits.
	Name string
	// Secret is what only the token's holder knows. It is never sent.
	Secret []byte
	// Fingerprint is the SHA-256 of the public key of the server's certificate; nil where the
	// certificate is to be verified as any other.
	Fingerprint []byte
}

const (
	tokenVersion = "mpf1"
	secretLength = 32
)

// maxName is the length of the longest name of a place.
const maxName = 32

var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`) })

// CheckName returns an error unless the text can be the name of a place. It is a part of
// subjects and of file names.
func CheckName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("the name has %d characters; at most %d would be right", len(name), maxName)
	case !namePattern().MatchString(name):
		return fmt.Errorf("the name %q is not of small letters, digits and hyphens between them, as fra or us-east-1 are", name)
	case name == AnyPlace:
		return fmt.Errorf("the name %q stands for every place; another one would be right", name)
	case name == Centre:
		return fmt.Errorf("the name %q is that of the centre itself, whose inbox nobody else may have; another one would be right", name)
	}
	return nil
}

// AnyPlace is the group of every place, Centre the name of the centre itself.
const (
	AnyPlace = "any"
	Centre   = "centre"
)

// NewToken makes a token for a name with the fingerprint of the server's key, nil for none.
func NewToken(name string, fingerprint []byte) Token {
	t := Token{Name: name, Secret: make([]byte, secretLength), Fingerprint: fingerprint}
	_, _ = rand.Read(t.Secret) // never fails
	return t
}

// errToken does not quote the text: it may be most of a secret.
var errToken = errors.New("this is no token of mailprobe fleet invite; one begins with " + tokenVersion + ". and has four parts, of which none may be missing")

// ParseToken reads a token; blanks around it do not count.
func ParseToken(text string) (t Token, err error) {
	parts := strings.Split(strings.TrimSpace(text), ".")
	if len(parts) != 4 || parts[0] != tokenVersion || CheckName(parts[1]) != nil {
		return t, errToken
	}
	t.Name = parts[1]
	if t.Secret, err = unpack(parts[2]); err != nil {
		return Token{}, err
	}
	if parts[3] != "" {
		if t.Fingerprint, err = unpack(parts[3]); err != nil {
			return Token{}, err
		}
	}
	return t, nil
}

// maxTokenFile bounds the file of a token, in bytes.
const maxTokenFile = 64 << 10

// ReadToken reads a token from a file. What is wrong with it names the file.
func ReadToken(file string) (*Token, error) {
	text, _, err := atomicfile.Read(file, maxTokenFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no %s: it is the file with the token that mailprobe fleet invite NAME prints at the centre", file)
	case err != nil:
		return nil, err
	}
	t, err := ParseToken(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &t, nil
}

// unpack reads the 32 bytes of a secret or a hash.
func unpack(text string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) != secretLength || strings.ContainsAny(text, "\r\n") {
		return nil, errToken
	}
	return data, nil
}

// String is the token as it is handed over.
func (t Token) String() string {
	b := base64.RawURLEncoding
	return strings.Join([]string{tokenVersion, t.Name, b.EncodeToString(t.Secret), b.EncodeToString(t.Fingerprint)}, ".")
}

// Hash is what the centre keeps of the token: it does not give the secret away, but tells a
// proof.
func (t Token) Hash() []byte {
	sum := sha256.Sum256(t.Secret)
	return sum[:]
}

// Proof is what an agent sends in place of the token: it shows that the holder of the
// public key has the token, and is of no use with another key.
func (t Token) Proof(publicKey string) string { return Prove(t.Hash(), t.Name, publicKey) }

// Prove is Token.Proof of a token of which only the hash is known.
func Prove(hash []byte, name, publicKey string) string {
	mac := hmac.New(sha256.New, hash)
	mac.Write([]byte(tokenVersion + "." + name + "." + publicKey))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
