package transport

import (
	"crypto/tls"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

// Names of suites and groups, Go's and OpenSSL's, and what is said of others.
func TestTLSNames(t *testing.T) {
	for _, test := range []struct {
		option, text string
		want         string // the values by name, or the error after "!"
	}{
		{"tls-ciphers", "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
		{"tls-ciphers", "aes128-gcm-sha256, TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{"tls-ciphers", "RC4-SHA:RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA"},
		{"tls-ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
		{"tls-ciphers", "TLS_AES_128_GCM_SHA256", "!a suite of TLS 1.3, and Go's TLS does not let one choose"},
		{"tls-ciphers", "ECDHE-RSA-AES128-SHB", "!did you mean ECDHE-RSA-AES128-SHA?"},
		{"tls-ciphers", "HIGH", "!the ones there are: RC4-SHA, DES-CBC3-SHA, AES128-SHA"},
		{"tls-ciphers", "RC4-SHA,", "!lacks a name"},
		{"tls-ciphers", "", "!lacks a name"},
		{"tls-curves", "X25519MLKEM768,x25519", "X25519MLKEM768,X25519"},
		{"tls-curves", "prime256v1,secp384r1,P-521", "P-256,P-384,P-521"},
		{"tls-curves", "P-265", "!did you mean P-256?"},
		{"tls-curves", "X448", "!the ones there are: X25519MLKEM768, SecP256r1MLKEM768"},
		{"sni", "mx.example.org.", "mx.example.org"},
		{"sni", "", "none"},
		{"sni", "none", "none"},
		{"sni", "192.0.2.1", "!is an address"},
		{"sni", "mx example", "!is not the name of a host"},
		{"sni", "https://mx.example.org", "!is not the name of a host"},
	} {
		o := new(Options)
		option := probe.FindOption(o.Declare(), test.option)
		err := option.Set(test.text)
		want, wrong := strings.CutPrefix(test.want, "!")
		switch {
		case wrong && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s=%s: %v, want an error with %q", test.option, test.text, err, want)
		case !wrong && (err != nil || option.String() != want):
			t.Errorf("%s=%s: %q, %v; want %q", test.option, test.text, option.String(), err, want)
		}
	}
}

// OpenSSL has every suite of crypto/tls by the name that is derived, or does no longer have
// it at all.
func TestOpenSSLNames(t *testing.T) {
	newWorkshop(t)
	out, err := exec.Command("openssl", "ciphers", "-stdname", "ALL:@SECLEVEL=0").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^(TLS_\S+)\s+- (\S+)`).FindAllStringSubmatch(string(out), -1) {
		theirs[row[1]] = row[2]
	}
	held := 0
	for _, s := range slices.Concat(tls.InsecureCipherSuites(), tls.CipherSuites()) {
		if name, ok := theirs[s.Name]; ok && slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			held++
			if openSSLName(s.Name) != name {
				t.Errorf("%s is %s to OpenSSL, not %s", s.Name, name, openSSLName(s.Name))
			}
		}
	}
	if held < 12 {
		t.Errorf("only %d suites were held against OpenSSL's:\n%s", held, out)
	}
}

// Every group that Go offers by default can be named.
func TestGroups(t *testing.T) {
	for _, id := range append(slices.Clone(classicCurves), tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024) {
		for _, name := range []string{groupName(id), id.String()} {
			if found, err := groupNamed(name); err != nil || found != id {
				t.Errorf("%s: %v, %v", name, found, err)
			}
		}
	}
}

func FuzzTLSNames(f *testing.F) {
	for _, seed := range []string{"", "none", "ECDHE-RSA-AES128-SHA,AES256-SHA", "X25519:P-256", "mx.example.org", ",,", "P-256 ,\x00", strings.Repeat("A", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := new(Options)
		for _, name := range []string{"tls-ciphers", "tls-curves", "sni"} {
			option := probe.FindOption(o.Declare(), name)
			err := option.Set(text)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\r\n") {
					t.Errorf("%s: %q makes an error of several lines: %v", name, text, err)
				}
				continue
			}
			written := option.String() // is read as the same
			again := probe.FindOption(new(Options).Declare(), name)
			if err := again.Set(written); err != nil || again.String() != written {
				t.Errorf("%s: %q is written as %q, which reads %q, %v", name, text, written, again.String(), err)
			}
		}
	})
}
