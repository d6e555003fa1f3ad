package delivery_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/dns/dnsmessage"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// signer signs as the sender's server does, and keeps the records of its keys.
type signer struct {
	t    *testing.T
	zone map[string]string // TXT records by name
}

// record is where the key of a selector is.
func record(selector string) string { return selector + "._domainkey.example.org." }

// rsa makes a key whose record is longer than one string of DNS.
func (s *signer) rsa(selector string) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(s.t, err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	must(s.t, err)
	s.zone[record(selector)] = "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
	return key
}

func (s *signer) ed25519(selector string) crypto.Signer {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	must(s.t, err)
	s.zone[record(selector)] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	return key
}

// with returns what puts a signature on top of a message; one that never expires for
// 0.
func (s *signer) with(selector string, key crypto.Signer, lasts time.Duration) func([]byte) []byte {
	options := &dkim.SignOptions{
		Domain: "example.org", Selector: selector, Signer: key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID"},
	}
	if lasts != 0 {
		options.Expiration = time.Now().Add(lasts)
	}
	return func(message []byte) []byte {
		var signed bytes.Buffer
		if err := dkim.Sign(&signed, bytes.NewReader(message), options); err != nil {
			s.t.Error(err)
		}
		return signed.Bytes()
	}
}

// The hints of signatures that do not hold any more, and of those that never did.
const (
	hintChanged = "the message was changed after it was signed, or the key in DNS is another"
	hintInvalid = "see the server that signs, and the record of its key in DNS"
)

// A signature of the sender's server is verified with the key in DNS, and what is
// wrong with it is reported.
func TestSignature(t *testing.T) {
	footer := func(m []byte) []byte { return append(bytes.Clone(m), "-- \r\nscanned\r\n"...) }
	subject := func(m []byte) []byte {
		return bytes.Replace(m, []byte("\r\nSubject: "), []byte("\r\nSubject: [list] "), 1)
	}
	for name, test := range map[string]struct {
		key         func(*signer, string) crypto.Signer
		lasts       time.Duration
		alter       func([]byte) []byte
		record      string // in place of the key's own
		fact        string
		words, hint string
	}{
		"RSA":                {key: (*signer).rsa, fact: "pass example.org"},
		"Ed25519":            {key: (*signer).ed25519, lasts: time.Hour, fact: "pass example.org"},
		"body altered":       {key: (*signer).ed25519, alter: footer, fact: "fail example.org", words: "dkim: body hash did not verify", hint: hintChanged},
		"subject altered":    {key: (*signer).rsa, alter: subject, fact: "fail example.org", words: "dkim: signature did not verify", hint: hintChanged},
		"another key in DNS": {key: (*signer).ed25519, record: anotherKey, fact: "fail example.org", words: "dkim: signature did not verify", hint: hintChanged},
		"no key in DNS":      {key: (*signer).ed25519, record: noRecord, fact: "fail example.org", words: "no key for signature: lookup s1._domainkey.example.org", hint: hintInvalid},
		"key revoked":        {key: (*signer).ed25519, record: "v=DKIM1; k=ed25519; p=", fact: "fail example.org", words: "key revoked", hint: hintInvalid},
		"expired":            {key: (*signer).rsa, lasts: -time.Minute, fact: "fail example.org", words: "signature has expired", hint: hintInvalid},
		"no name server":     {key: (*signer).ed25519, record: outOfOrder, fact: "unknown example.org", words: "could not be verified: dkim: key unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &signer{t, map[string]string{}}
			outgoing := s.with("s1", test.key(s, "s1"), test.lasts)
			if test.record != "" {
				s.zone[record("s1")] = test.record
			}
			want := probe.OK
			if strings.HasPrefix(test.fact, "fail") {
				want = probe.Warning
			}
			o := s.deliver(outgoing, test.alter).is(want).fact("dkim", test.fact).says("verify", test.words).hints("verify", test.hint)
			switch {
			case test.hint == hintInvalid:
				o.because("verify", "dkim-unusable")
			case want != probe.OK:
				o.because("verify", "dkim-broken")
			}
		})
	}
}

// deliver follows a message that the sender's server signs.
func (s *signer) deliver(outgoing, alter func([]byte) []byte) outcome {
	l := newSigningLab(s.t, outgoing, mailtest.Config{Faults: mailtest.Faults{Alter: alter}})
	return l.deliver("--resolver", serveTXT(s.t, s.zone))
}

// Each of several signatures is reported.
func TestTwoSignatures(t *testing.T) {
	s := &signer{t, map[string]string{}}
	good, expired := s.with("r1", s.rsa("r1"), 0), s.with("e1", s.ed25519("e1"), -time.Minute)
	s.deliver(func(m []byte) []byte { return expired(good(m)) }, nil).
		is(probe.Warning).fact("dkim", "fail example.org, pass example.org").says("verify", "signature has expired")
}

func TestUnreadableSignature(t *testing.T) {
	s := &signer{t, map[string]string{}}
	s.deliver(func(m []byte) []byte { return append([]byte("DKIM-Signature: nonsense\r\n"), m...) }, nil).
		is(probe.Warning).fact("dkim", "fail unnamed").says("verify", "malformed signature tags")
}

// What stands in a zone for no record, and for one that the name server cannot give;
// and a key that has signed nothing.
const (
	noRecord   = "NXDOMAIN"
	outOfOrder = "SERVFAIL"
	anotherKey = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
)

// serveTXT answers questions for TXT records on a loopback address, which it
// returns, until the test ends.
func serveTXT(t *testing.T, zone map[string]string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer := answerTXT(packet[:n], zone); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// answerTXT answers one question (RFC 1035 §4).
func answerTXT(packet []byte, zone map[string]string) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	switch text, ok := zone[q.Name.String()]; {
	case !ok || text == noRecord:
		m.RCode = dnsmessage.RCodeNameError
	case text == outOfOrder:
		m.RCode = dnsmessage.RCodeServerFailure
	case q.Type == dnsmessage.TypeTXT:
		var body dnsmessage.TXTResource
		for ; text != ""; text = text[min(len(text), 255):] {
			body.TXT = append(body.TXT, text[:min(len(text), 255)])
		}
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: &body}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}
