package sasl

import (
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"testing"
)

// TestScramExamples: the exchanges of RFC 5802 §5 and RFC 7677 §3.
func TestScramExamples(t *testing.T) {
	for _, e := range []struct {
		hash                            func() hash.Hash
		nonce, serverFirst, final, last string
	}{
		{sha1.New, "fyko+d2lbbFgONRv9qkxdawL", "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
		{sha256.New, "rOprNGfwEbeRWgbNEkqO", "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	} {
		c := &scramConversation{hash: e.hash, password: "pencil", nonce: e.nonce, clientFirstBare: "n=user,r=" + e.nonce}
		if got, err := c.next(e.serverFirst); err != nil || got != e.final {
			t.Errorf("%q, %v, want %q", got, err, e.final)
		}
		if got, err := c.next(e.last); err != nil || got != "" || !c.verified {
			t.Errorf("%q, %v, verified: %t", got, err, c.verified)
		}
	}
}

// TestScramNames: the characters that separate fields are escaped in user names.
func TestScramNames(t *testing.T) {
	c, err := newScramConversation(sha256.New, "a=b,c", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if want := "n,,n=a=3Db=2Cc,r=" + c.nonce; c.first() != want {
		t.Errorf("%q, want %q", c.first(), want)
	}
}

// TestScramStrange: what is no message of a server is an error, and proves nothing.
func TestScramStrange(t *testing.T) {
	for _, messages := range [][]string{
		{""}, {"no"}, {"m=x,r=N1,s=AAAA,i=1"}, {"r=other,s=AAAA,i=1"}, {"s=AAAA,r=N1,i=1"}, {"r=N1,s=*,i=1"},
		{"r=N1,s=AAAA,i=x"}, {"r=N1,s=AAAA,n=1"}, {"r=N1,s=AAAA,i=1", ""}, {"r=N1,s=AAAA,i=1", "v=AAAA"}, {"r=N1,s=AAAA,i=1", "v=*"},
	} {
		c := &scramConversation{hash: sha256.New, password: "pencil", nonce: "N"}
		var err error
		for _, m := range messages {
			_, err = c.next(m)
		}
		if err == nil || c.verified {
			t.Errorf("%q: %v, verified: %t", messages, err, c.verified)
		}
	}
}
