package integration

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net"
	"path/filepath"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/dns/dnsmessage"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// A message that the sender's server signs goes through Postfix and Dovecot with its
// signature whole; one that is signed with a key not in DNS is reported.
func TestDeliverSigned(t *testing.T) {
	needPostfix(t)
	public, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	_, wrong, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	resolver := serveKey(t, "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(public))
	for _, test := range []struct {
		key    ed25519.PrivateKey
		status probe.Status
		dkim   string
	}{
		{key, probe.OK, "pass example.org"},
		{wrong, probe.Warning, "fail example.org"},
	} {
		user := lab.NewUser()
		sender := signingHost(t, test.key)
		ca := filepath.Join(t.TempDir(), "ca.pem")
		must(t, sender.WriteCA(ca))
		o := follow(t, user, t.TempDir(), "--size", "100kB", "--8bit", "--resolver", resolver, "--from", "bob@example.org",
			"--via", sender.SubmissionURL(), "--via-user", "bob", "--via-password-env=", "--via-password-file", passwordFile(t, signingUser),
			"--via-ca-file", ca, "--via-server-name", sender.Name()).is(test.status)
		o.fact("dkim", test.dkim)
		o.fact("hop_1_by", sender.Name())
		o.fact("hop_2_by", Hostname)
		o.fact("body", "unchanged")
	}
}

// signingUser may send through signingHost.
var signingUser = User{"bob", "tell nobody"}

// signingHost is a server that signs what it sends, and relays to the lab.
func signingHost(t *testing.T, key ed25519.PrivateKey) *mailtest.Host {
	t.Helper()
	host, err := mailtest.Start(mailtest.Config{
		Name:     "mx1.example.org",
		Accounts: []mailtest.Account{{User: signingUser.Name, Password: signingUser.Password}},
		Outgoing: func(message []byte) []byte {
			var signed bytes.Buffer
			if err := dkim.Sign(&signed, bytes.NewReader(message), &dkim.SignOptions{Domain: "example.org", Selector: "s1", Signer: key}); err != nil {
				t.Error(err)
			}
			return signed.Bytes()
		},
	})
	must(t, err)
	t.Cleanup(func() { _ = host.Close() })
	host.RouteTo(Domain, Hostname, lab.Addr(SMTP, Good))
	return host
}

// serveKey is a name server that answers every question with one TXT record.
func serveKey(t *testing.T, text string) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeTXT, Class: q.Class, TTL: 60},
				Body:   &dnsmessage.TXTResource{TXT: []string{text}},
			}}
			if answer, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}
