package dnstest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
)

// oddRSA signs by RSA keys that crypto/rsa does not take: short ones, and those with large
// exponents.
type oddRSA struct{ n, d *big.Int }

// newRSA makes a key, and its public part as a DNSKEY has it (RFC 3110 §2).
func newRSA(bits int, exponent uint64) (crypto.Signer, string, error) {
	one, e := big.NewInt(1), new(big.Int).SetUint64(exponent)
	for range 1000 {
		p, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			return nil, "", err
		}
		q, err := rand.Prime(rand.Reader, bits-bits/2)
		if err != nil {
			return nil, "", err
		}
		n := new(big.Int).Mul(p, q)
		phi := new(big.Int).Mul(p.Sub(p, one), q.Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		if d == nil || n.BitLen() != bits {
			continue
		}
		public := append([]byte{byte(len(e.Bytes()))}, e.Bytes()...)
		return oddRSA{n, d}, base64.StdEncoding.EncodeToString(append(public, n.Bytes()...)), nil
	}
	return nil, "", fmt.Errorf("no RSA key of %d bits with the exponent %d was found", bits, exponent)
}

// Public implements crypto.Signer.
func (k oddRSA) Public() crypto.PublicKey { return k.n }

// digestNames are the object identifiers of RFC 8017 §9.2.
var digestNames = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA1: {1, 3, 14, 3, 2, 26}, crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
}

// Sign implements crypto.Signer by RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1).
func (k oddRSA) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	type algorithm struct {
		Name asn1.ObjectIdentifier
		None asn1.RawValue
	}
	info, err := asn1.Marshal(struct {
		Algorithm algorithm
		Digest    []byte
	}{algorithm{digestNames[opts.HashFunc()], asn1.NullRawValue}, digest})
	if err != nil {
		return nil, err
	}
	size := (k.n.BitLen() + 7) / 8
	if len(info)+11 > size {
		return nil, fmt.Errorf("an RSA key of %d bits is too short for the digest", k.n.BitLen())
	}
	padded := bytes.Join([][]byte{{0, 1}, bytes.Repeat([]byte{0xff}, size-3-len(info)), {0}, info}, nil)
	return new(big.Int).Exp(new(big.Int).SetBytes(padded), k.d, k.n).FillBytes(make([]byte, size)), nil
}
