package fleet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
)

func TestTokenText(t *testing.T) {
	t.Parallel()
	for _, fingerprint := range [][]byte{nil, bytes.Repeat([]byte{7}, 32)} {
		made := NewToken("fra", fingerprint)
		read, err := ParseToken(" " + made.String() + "\n")
		if err != nil || read.Name != "fra" || !bytes.Equal(read.Secret, made.Secret) || !bytes.Equal(read.Fingerprint, fingerprint) {
			t.Errorf("%s is read as %+v, %v", made, read, err)
		}
	}
}

// TestTokenWrong: what is no token is refused without being quoted.
func TestTokenWrong(t *testing.T) {
	t.Parallel()
	good := NewToken("fra", bytes.Repeat([]byte{7}, 32)).String()
	parts := strings.Split(good, ".")
	for _, text := range []string{
		"", "fra", good[:len(good)-1], good + "A", good + ".x", "mpf2" + good[4:],
		strings.Replace(good, "fra", "FRA", 1), strings.Replace(good, "fra", "any", 1), strings.Replace(good, "fra", "centre", 1), strings.Replace(good, "fra", "a*b", 1),
		strings.Join([]string{parts[0], parts[1], "", parts[3]}, "."),
		strings.Join([]string{parts[0], parts[1], parts[2][:20] + "\n" + parts[2][20:], parts[3]}, "."),
	} {
		if read, err := ParseToken(text); err == nil {
			t.Errorf("%q is read as %+v", text, read)
		} else if strings.Contains(err.Error(), parts[2]) {
			t.Errorf("%q: the error quotes the secret: %v", text, err)
		}
	}
}

// TestProof: a proof holds for one token, one name and one key.
func TestProof(t *testing.T) {
	t.Parallel()
	fra := NewToken("fra", nil)
	proof := fra.Proof("UAKEY")
	if Prove(fra.Hash(), "fra", "UAKEY") != proof {
		t.Error("the centre does not recognise the proof")
	}
	if strings.Contains(proof, fra.String()) || proof == Prove(fra.Hash(), "ams", "UAKEY") || proof == fra.Proof("UOTHER") || proof == NewToken("fra", nil).Proof("UAKEY") {
		t.Error("the proof holds for something else as well")
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(NewToken("fra", bytes.Repeat([]byte{7}, 32)).String())
	f.Add(NewToken("us-east-1", nil).String())
	f.Add("mpf1.fra..")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := ParseToken(text)
		if err != nil {
			return
		}
		if again, err := ParseToken(read.String()); err != nil || again.String() != read.String() || read.String() != strings.TrimSpace(text) {
			t.Errorf("%q is read as %s, and that as %s, %v", text, read, again, err)
		}
	})
}

// TestKeyFile: a key is made once, and a file that holds none is not replaced.
func TestKeyFile(t *testing.T) {
	t.Parallel()
	for name, create := range map[string]func() (nkeys.KeyPair, error){"user": nkeys.CreateUser, "seal": nkeys.CreateCurveKeys} {
		file := t.TempDir() + "/" + name
		first, err := LoadKey(file, create)
		if err != nil {
			t.Fatal(err)
		}
		second, err := LoadKey(file, create)
		if err != nil {
			t.Fatal(err)
		}
		one, _ := first.PublicKey()
		two, _ := second.PublicKey()
		if one != two || one == "" {
			t.Errorf("the key of %s is %s, then %s", name, one, two)
		}
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	mine, _ := nkeys.CreateCurveKeys()
	other, _ := nkeys.CreateCurveKeys()
	public, _ := mine.PublicKey()
	sealed, err := Seal([]byte("hunter2"), public)
	if err != nil || bytes.Contains(sealed, []byte("hunter2")) {
		t.Fatalf("sealed is %q, %v", sealed, err)
	}
	if secret, err := Open(sealed, mine); err != nil || string(secret) != "hunter2" {
		t.Errorf("opened is %q, %v", secret, err)
	}
	if secret, err := Open(sealed, other); err == nil {
		t.Errorf("another key opens it: %q", secret)
	}
	for _, key := range []string{"", "UAKEY", strings.Repeat("X", 56)} {
		if sealed, err := Seal([]byte("hunter2"), key); err == nil {
			t.Errorf("%q is a key to seal to: %q", key, sealed)
		}
	}
	for _, text := range [][]byte{nil, sealed[:10], sealed[:60], bytes.Repeat([]byte("X"), 200)} {
		if secret, err := Open(text, mine); err == nil {
			t.Errorf("%q is opened: %q", text, secret)
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"tls://centre.example.org":                         "tls://centre.example.org:4222",
		"tls://a.example.org:4443, tls://[2001:db8::1]:99": "tls://a.example.org:4443,tls://[2001:db8::1]:99",
		"nats://127.0.0.1:4222":                            "nats://127.0.0.1:4222",
		"nats://[::1]":                                     "nats://[::1]:4222",
		"nats://centre.example.org":                        "reached with TLS only",
		"nats://localhost":                                 "reached with TLS only",
		"nats://127.0.0.1,nats://192.0.2.1":                "reached with TLS only",
		"centre.example.org:4222":                          "tls://HOST:PORT would be right",
		"ws://centre.example.org":                          "tls://centre.example.org would be right",
		"tls://user:hunter2@centre.example.org":            "more than a host and a port",
		"":                                                 "tls://HOST:PORT would be right",
	} {
		all, err := parseURLs(text)
		got := strings.Join(all, ",")
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
