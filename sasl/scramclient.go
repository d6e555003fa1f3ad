package sasl

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// scramConversation is the client's side of one SCRAM exchange (RFC 5802 §3) without
// channel binding. Names of fields are those of the RFC.
type scramConversation struct {
	hash            func() hash.Hash
	password        string // prepared
	nonce           string // the client's
	clientFirstBare string
	serverSignature []byte // expected; nil before the server's first message
	done, verified  bool
}

// gs2Header says that the client does no channel binding (RFC 5802 §7).
const gs2Header = "n,,"

// escapeName is for user names in SCRAM messages (RFC 5802 §5.1, attribute n).
var escapeName = strings.NewReplacer("=", "=3D", ",", "=2C")

func newScramConversation(h func() hash.Hash, user, password string) (*scramConversation, error) {
	user, err := saslPrep(user)
	if err != nil {
		return nil, err
	}
	password, err = saslPrep(password)
	if err != nil {
		return nil, err
	}
	nonce := rand.Text()
	return &scramConversation{hash: h, password: password, nonce: nonce, clientFirstBare: "n=" + escapeName.Replace(user) + ",r=" + nonce}, nil
}

// first returns the client's first message.
func (c *scramConversation) first() string { return gs2Header + c.clientFirstBare }

// next returns the answer to a message of the server: the client's final message, and
// nothing once the server has proved that it knows the password.
func (c *scramConversation) next(message string) (string, error) {
	if c.serverSignature == nil {
		return c.final(message)
	}
	c.done = true
	signature, err := scramBytes(firstField(message), "v")
	switch {
	case err != nil:
		return "", err
	case !hmac.Equal(signature, c.serverSignature):
		return "", errors.New("server validation failed")
	}
	c.verified = true
	return "", nil
}

func firstField(message string) string {
	field, _, _ := strings.Cut(message, ",")
	return field
}

// final returns the client's final message, with its proof.
func (c *scramConversation) final(serverFirst string) (string, error) {
	nonce, salt, iterations, err := parseServerFirst(serverFirst)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(nonce, c.nonce) {
		return "", errors.New("server nonce did not extend client nonce")
	}
	salted, err := pbkdf2.Key(c.hash, c.password, salt, iterations, c.hash().Size())
	if err != nil {
		return "", err
	}
	withoutProof := "c=" + base64.StdEncoding.EncodeToString([]byte(gs2Header)) + ",r=" + nonce
	auth := c.clientFirstBare + "," + serverFirst + "," + withoutProof
	clientKey := c.mac(salted, "Client Key")
	storedKey := c.hash()
	storedKey.Write(clientKey)
	proof := make([]byte, len(clientKey))
	subtle.XORBytes(proof, clientKey, c.mac(storedKey.Sum(nil), auth))
	c.serverSignature = c.mac(c.mac(salted, "Server Key"), auth)
	return withoutProof + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

func (c *scramConversation) mac(key []byte, text string) []byte {
	m := hmac.New(c.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// parseServerFirst reads the server's first message (RFC 5802 §7: server-first-message).
func parseServerFirst(message string) (nonce string, salt []byte, iterations int, err error) {
	if strings.HasPrefix(message, "m=") { // RFC 5802 §5.1: has to be refused
		return "", nil, 0, errors.New("SCRAM message extensions are not supported")
	}
	fields := strings.Split(message, ",")
	if len(fields) < 3 {
		return "", nil, 0, errors.New("not enough fields in first server message")
	}
	if nonce, err = scramField(fields[0], "r"); err != nil {
		return "", nil, 0, err
	}
	if salt, err = scramBytes(fields[1], "s"); err != nil {
		return "", nil, 0, err
	}
	text, err := scramField(fields[2], "i")
	if err == nil {
		iterations, err = strconv.Atoi(text)
	}
	return nonce, salt, iterations, err
}

// scramField returns the value of a field, which has to have the name given.
func scramField(field, name string) (string, error) {
	value, ok := strings.CutPrefix(field, name+"=")
	if !ok {
		return "", fmt.Errorf("%.40q is not field %s", field, name)
	}
	return value, nil
}

func scramBytes(field, name string) ([]byte, error) {
	value, err := scramField(field, name)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("field %s is not base64", name)
	}
	return b, nil
}
