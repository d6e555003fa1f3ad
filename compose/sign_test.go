package compose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"mailprobe/internal/report/reporttest"
	"mailprobe/probe"
)

// keys are private keys in PEM, and the TXT records of their public keys.
type keys struct{ pkcs1, pkcs8, ed string }

// makeKeys makes the keys of the selectors rsa and ed of example.org.
func makeKeys(t *testing.T) (k keys, records map[string]string) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k.pkcs1 = inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))
	k.pkcs8, k.ed = pkcs8(t, rsaKey), pkcs8(t, edKey)
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k, map[string]string{
		"rsa._domainkey.example.org": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der),
		"ed._domainkey.example.org":  "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
	}
}

func pkcs8(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return inPEM("PRIVATE KEY", der)
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// askDKIMPy verifies every signature of a message by dkimpy, with the records that it is
// given.
const askDKIMPy = `
import dkim, json, sys
records = {k.encode() + b'.': v.encode() for k, v in json.loads(sys.argv[1]).items()}
d = dkim.DKIM(sys.stdin.buffer.read())
print(json.dumps([d.verify(idx=i, dnsfunc=lambda name, timeout=5: records[name]) for i in range(int(sys.argv[2]))]))
`

// dkimPyModules is where tools/unpack.sh leaves dkimpy, dkimPyLibrary what its modules need.
const (
	dkimPyModules = "/var/cache/mailprobe-test-python/usr/lib/python3/dist-packages"
	dkimPyLibrary = "/var/cache/mailprobe-test-python/usr/lib/x86_64-linux-gnu"
)

// TestSigned: signatures of messages of every sort hold, by the library and by dkimpy.
func TestSigned(t *testing.T) {
	k, records := makeKeys(t)
	sign := []string{"example.org:rsa:" + writeFile(t, "pkcs1.pem", k.pkcs1), "example.org:rsa:" + writeFile(t, "a:b", k.pkcs8), "example.org:ed:" + writeFile(t, "ed.pem", k.ed)}
	for name, d := range map[string]Draft{
		"composed": {Body: "Grüße\n\n\n", Attach: []string{writeFile(t, "data.bin", strings.Repeat("\x00\x01", 30_000))}},
		"whole":    {File: writeFile(t, "m.eml", "From: a@example.org\nFrom: b@example.org\nSubject: folded\n  twice\n\n.a  b \n\nc\n\n\n"), Headers: []string{"To: c@example.org"}},
		"empty":    {File: writeFile(t, "m.eml", "From: a@example.org\n\n")},
	} {
		d.Sign = sign
		_, text := d.make(t, "")
		if n := strings.Count(text, "DKIM-Signature: "); n != len(sign) || !strings.HasPrefix(text, "DKIM-Signature: ") {
			t.Errorf("%s: %d signatures in %s", name, n, text)
		}
		verified, err := dkim.VerifyWithOptions(strings.NewReader(text), &dkim.VerifyOptions{
			LookupTXT: func(domain string) ([]string, error) { return []string{records[domain]}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verified {
			if v.Err != nil {
				t.Errorf("%s: %v", name, v.Err)
			}
		}
		t.Run(name+" by dkimpy", func(t *testing.T) { byDKIMPy(t, text, records) })
	}
}

// byDKIMPy verifies three signatures.
func byDKIMPy(t *testing.T, text string, records map[string]string) {
	python := reporttest.Tool(t, "/usr/bin/python3")
	if _, err := os.Stat(dkimPyModules + "/dkim"); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal("python3-dkim is missing: make packages")
		}
		t.Skip("python3-dkim is missing: make packages, as root on Debian")
	}
	argument, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "-c", askDKIMPy, string(argument), "3")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dkimPyModules, "LD_LIBRARY_PATH="+dkimPyLibrary)
	cmd.Stdin = strings.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || strings.TrimSpace(string(out)) != "[true, true, true]" {
		t.Errorf("dkimpy: %s%s (%v) of\n%s", out, stderr.String(), err, text)
	}
}

// TestKeys: what is no key to sign with is refused with what would be right, and nothing
// of a key is shown.
func TestKeys(t *testing.T) {
	k, _ := makeKeys(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 512)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := strings.Replace(k.pkcs1, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
	for text, want := range map[string]string{
		"":                                   "there is no private key in it",
		"-----BEGIN":                         "there is no private key in it",
		inPEM("CERTIFICATE", []byte("x")):    "there is no private key in it",
		inPEM("PRIVATE KEY", []byte("x")):    "the private key is damaged",
		inPEM("RSA PRIVATE KEY", []byte{48}): "the RSA key is damaged",
		inPEM("EC PRIVATE KEY", sec1):        "ECDSA",
		pkcs8(t, curve):                      "ECDSA",
		pkcs8(t, small):                      "an RSA key of 512 bits is too short",
		encrypted:                            "the key is encrypted",
		inPEM("ENCRYPTED PRIVATE KEY", nil):  "the key is encrypted",
	} {
		d := Draft{Sign: []string{"example.org:s:" + writeFile(t, "key.pem", text)}}
		err := d.Prepare(&probe.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--dkim-sign: /") {
			t.Errorf("%v; want %q", err, want)
		}
	}
	for _, spec := range []string{"", "example.org", "example.org:s", "example.org:s:", ":s:f", "exämple.org:s:f", "a..b:s:f", "example.org:s=1:f"} {
		if _, _, err := parseSigner(spec); err == nil {
			t.Errorf("%q is taken", spec)
		}
	}
}

func FuzzParseSigner(f *testing.F) {
	f.Add("example.org:mail:a:b.pem")
	f.Fuzz(func(t *testing.T, spec string) {
		s, file, err := parseSigner(spec)
		if err == nil && s.domain+":"+s.selector+":"+file != spec {
			t.Errorf("%q is %+v and %q", spec, s, file)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if key, err := parseKey(text); (key == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", text, key, err)
		}
	})
}
