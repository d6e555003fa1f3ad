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

// with returns what puts a signature on top of a message.
func (s *signer) with(selector string, key crypto.Signer, expires time.Time) func([]byte) []byte {
	options := &dkim.SignOptions{
		Domain: "example.org", Selector: selector, Signer: key, Expiration: expires,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID"},
	}
	return func(message []byte) []byte {
		var signed bytes.Buffer
		if err := dkim.Sign(&signed, bytes.NewReader(message), options); err != nil {
			s.t.Error(err)
		}
		return signed.Bytes()
	}
}

// A signature of the sender's server is verified with the key in DNS, and what is
// wrong with it is told.
func TestSignature(t *testing.T) {
	footer := func(m []byte) []byte { return append(bytes.Clone(m), "-- \r\nscanned\r\n"...) }
	subject := func(m []byte) []byte {
		return bytes.Replace(m, []byte("\r\nSubject: "), []byte("\r\nSubject: [list] "), 1)
	}
	for name, test := range map[string]struct {
		sign   func(*signer) func([]byte) []byte
		alter  func([]byte) []byte
		status probe.Status
		fact   string
		words  []string
		hint   string
	}{
		"RSA": {
			sign:   func(s *signer) func([]byte) []byte { return s.with("r1", s.rsa("r1"), time.Time{}) },
			status: probe.OK, fact: "pass example.org",
		},
		"Ed25519": {
			sign:   func(s *signer) func([]byte) []byte { return s.with("e1", s.ed25519("e1"), time.Now().Add(time.Hour)) },
			status: probe.OK, fact: "pass example.org",
		},
		"body altered": {
			sign:   func(s *signer) func([]byte) []byte { return s.with("e1", s.ed25519("e1"), time.Time{}) },
			alter:  footer,
			status: probe.Warning, fact: "fail example.org",
			words: []string{"the DKIM signature of example.org does not hold: dkim: body hash did not verify"},
			hint:  "the message was changed after it was signed",
		},
		"subject altered": {
			sign:   func(s *signer) func([]byte) []byte { return s.with("r1", s.rsa("r1"), time.Time{}) },
			alter:  subject,
			status: probe.Warning, fact: "fail example.org",
			words: []string{"dkim: signature did not verify"},
			hint:  "the message was changed after it was signed",
		},
		"another key in DNS": {
			sign: func(s *signer) func([]byte) []byte {
				key := s.ed25519("e1")
				s.ed25519("e1")
				return s.with("e1", key, time.Time{})
			},
			status: probe.Warning, fact: "fail example.org",
			words: []string{"dkim: signature did not verify"}, hint: "or the key in DNS is another",
		},
		"no key in DNS": {
			sign: func(s *signer) func([]byte) []byte {
				key := s.ed25519("e1")
				delete(s.zone, record("e1"))
				return s.with("e1", key, time.Time{})
			},
			status: probe.Warning, fact: "fail example.org",
			words: []string{"no key for signature: lookup e1._domainkey.example.org", "no such host"},
			hint:  "the record of its key in DNS",
		},
		"key revoked": {
			sign: func(s *signer) func([]byte) []byte {
				key := s.ed25519("e1")
				s.zone[record("e1")] = "v=DKIM1; k=ed25519; p="
				return s.with("e1", key, time.Time{})
			},
			status: probe.Warning, fact: "fail example.org", words: []string{"key revoked"}, hint: "the record of its key in DNS",
		},
		"expired": {
			sign: func(s *signer) func([]byte) []byte {
				return s.with("e1", s.ed25519("e1"), time.Now().Add(-time.Minute))
			},
			status: probe.Warning, fact: "fail example.org", words: []string{"signature has expired"}, hint: "see the server that signs",
		},
		"name server out of order": {
			sign: func(s *signer) func([]byte) []byte {
				key := s.ed25519("e1")
				s.zone[record("e1")] = outOfOrder
				return s.with("e1", key, time.Time{})
			},
			status: probe.OK, fact: "unknown example.org", words: []string{"could not be verified: dkim: key unavailable"},
		},
		"two, one good": {
			sign: func(s *signer) func([]byte) []byte {
				good, late := s.with("r1", s.rsa("r1"), time.Time{}), s.with("e1", s.ed25519("e1"), time.Now().Add(-time.Minute))
				return func(m []byte) []byte { return late(good(m)) }
			},
			status: probe.Warning, fact: "fail example.org, pass example.org", words: []string{"signature has expired"},
		},
		"unreadable": {
			sign: func(*signer) func([]byte) []byte {
				return func(m []byte) []byte { return append([]byte("DKIM-Signature: nonsense\r\n"), m...) }
			},
			status: probe.Warning, fact: "fail unnamed", words: []string{"malformed signature tags"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &signer{t, map[string]string{}}
			outgoing := test.sign(s)
			l := newSigningLab(t, outgoing, mailtest.Config{Faults: mailtest.Faults{Alter: test.alter}})
			o := l.deliver("--resolver", serveTXT(t, s.zone)).is(test.status).fact("dkim", test.fact).says("verify", test.words...)
			if hint := o.Step("verify").Hint; !strings.Contains(hint, test.hint) {
				t.Errorf("the hint has no %q: %s", test.hint, hint)
			}
		})
	}
}

// outOfOrder stands for a record that the name server cannot give.
const outOfOrder = "SERVFAIL"

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
	case !ok:
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
