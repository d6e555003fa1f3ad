package integration

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/imapcheck"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Each mechanism logs in with the right secret, and with a wrong one is reported
// by the server.
func TestIMAPMechanisms(t *testing.T) {
	needDovecot(t)
	for _, l := range mailboxLogins("imap", IMAPS, IMAP, append(passwordMechanisms(), tokenMechanisms()...)) {
		t.Run(l.mechanism, func(t *testing.T) {
			t.Parallel()
			user := lab.NewUser()
			good, bad, flags := user.Password, "wrong-"+user.Password[3:], password(user)
			if slices.Contains(tokenMechanisms(), l.mechanism) {
				good, bad, flags = lab.Token(user, time.Now().Add(time.Hour)), lab.Token(user, time.Now().Add(-time.Hour)), token(user)
			}
			flags = append(flags, "--auth", strings.ToLower(l.mechanism))
			o := check(t, good, l.kind, l.target, flags...).is(probe.OK)
			o.fact("auth_mechanism", l.mechanism)
			if verb := " AUTHENTICATE " + l.mechanism; o.said(verb) == (l.mechanism == "LOGIN") {
				t.Errorf("the transcript has %q: %v", verb, o.said(verb))
			}
			check(t, bad, l.kind, l.target, flags...).is(probe.Critical).
				because("auth", probe.Critical, "wrong-credentials", probe.BlameAccount, "NO [AUTHENTICATIONFAILED]")
		})
	}
}

// Without --auth the strongest mechanism is taken, and what Dovecot puts in its
// greeting is not asked for again before TLS.
func TestIMAPDefaults(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.OK)
	o.fact("auth_mechanism", "SCRAM-SHA-256")
	o.step("starttls", probe.OK)
	if o.said("C: A1 CAPABILITY") || !o.said("C: A2 CAPABILITY") {
		t.Error("CAPABILITY is not asked for once, after TLS")
	}
	o = check(t, "", "imap", "imaps://"+lab.Addr(IMAPS, Good)).is(probe.OK)
	if o.Step("auth") != nil || o.Step("logout") == nil {
		t.Error("without a user the session must end before the log-in")
	}
}

// Where the connection is not encrypted, or not to the right server, no
// credentials are sent.
func TestIMAPCredentialsNeedTLS(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	for target, cause := range map[string]string{lab.Addr(IMAP, Good): "tls-off", lab.Addr(IMAP, WrongName): "cert-wrong-name"} {
		flag, status, blame := "--tls=auto", probe.Critical, probe.BlameServer
		if cause == "tls-off" {
			flag, status, blame = "--tls=off", probe.Unknown, probe.BlameSender
		}
		o := check(t, user.Password, "imap", target, append(password(user), flag)...).is(status)
		o.because("auth", status, cause, blame, "not tried")
		for _, line := range o.Transcript.Lines() {
			if strings.HasPrefix(line, "C: ") && (strings.Contains(line, " AUTHENTICATE ") || strings.Contains(line, " LOGIN ")) {
				t.Errorf("%s: credentials were sent: %s", target, line)
			}
		}
	}
}

// Every fault of a certificate is named by its own word at either door.
func TestIMAPCertificateFaults(t *testing.T) {
	needDovecot(t)
	for _, fault := range Certificates()[1:] {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			o := check(t, "", "imap", "imaps://"+lab.Addr(IMAPS, fault)).is(probe.Critical)
			o.because("tls", probe.Critical, causeOf[fault], probe.BlameServer)
			o.fact("cert_faults", string(fault))
			check(t, "", "imap", lab.Addr(IMAP, fault)).is(probe.Warning).because("starttls", probe.Warning, causeOf[fault], probe.BlameServer)
		})
	}
}

func TestIMAPUnknownMailbox(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), append(password(user), "--mailbox", "Entwürfe")...).is(probe.Critical)
	o.because("status", probe.Critical, "mailbox-missing", probe.BlameAccount, "Mailbox doesn't exist")
	if !o.said("Entw&APw-rfe") {
		t.Error("the name did not go in modified UTF-7")
	}
}

// Two checks of a mailbox with a message report the same, because nothing is marked.
func TestIMAPLeavesNoTrace(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	deliver(t, user, "one")
	for range 2 {
		o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), append(password(user), "--warn", "newest_age=10m")...).is(probe.OK)
		for _, name := range []string{"messages", "recent", "unseen"} {
			o.fact(name, "1")
		}
		if _, ok := o.Fact("newest_age"); !ok {
			t.Error("newest_age is unknown")
		}
	}
	check(t, user.Password, "imap", lab.Addr(IMAP, Good), append(password(user), "--crit", "unseen=0")...).is(probe.Critical).
		because("status", probe.Critical, thresholdExceeded, probe.BlameUnclear)
}

func deliver(t *testing.T, to User, subject string) {
	t.Helper()
	check(t, "", "smtp", "lmtp://"+lab.Addr(LMTP, Good), "-t", to.Name, "--send", "--subject", subject, "--body", "hello "+subject+"\n").is(probe.OK)
}

// A session finds one message among others, reads it unmarked, and removes it
// alone, though another has the flag \Deleted, too.
func TestIMAPSessionRemovesOne(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	for i := range 3 {
		deliver(t, user, fmt.Sprintf("number-%d", i))
	}
	s := openIMAP(t, user)
	box, err := s.Select("INBOX")
	must(t, err)
	if box.Messages != 3 || box.ReadOnly || box.UIDNext == 0 || box.UIDValidity == 0 {
		t.Errorf("%+v", box)
	}
	found, err := s.Search(imapcheck.Query{Header: "Subject", Value: "number-1"})
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	var header, whole bytes.Buffer
	_, err = s.FetchHeader(&header, found[0], 1<<20, "Subject", "X-None")
	must(t, err)
	size, err := s.Fetch(&whole, found[0], 1<<20)
	must(t, err)
	if header.String() != "Subject: number-1\r\n\r\n" || !strings.HasSuffix(whole.String(), "\r\n\r\nhello number-1\r\n") {
		t.Errorf("fetched %q and %q", &header, &whole)
	}
	all, err := s.Messages(found...)
	must(t, err)
	if len(all) != 1 || all[0].Size != size || slices.Contains(all[0].Flags, `\Seen`) || time.Since(all[0].Received) > time.Hour {
		t.Errorf("%d bytes of %+v", size, all)
	}
	_, err = s.Delete(found[0] + 1)
	must(t, err)
	_, err = s.Delete(found[0])
	must(t, err)
	_, err = s.Expunge(found[0])
	must(t, err)
	left, err := s.Search(imapcheck.Query{})
	must(t, err)
	if !slices.Equal(left, []uint32{found[0] - 1, found[0] + 1}) {
		t.Errorf("left are %v of three, without %d", left, found[0])
	}
	_, err = s.Logout()
	must(t, err)
}

// openIMAP logs in over implicit TLS.
func openIMAP(t *testing.T, user User) *imapcheck.Session {
	t.Helper()
	socket, err := net.Dial("tcp", lab.Addr(IMAPS, Good))
	must(t, err)
	conn := wire.NewConn(t.Context(), socket, &wire.Transcript{})
	conn.SetTimeout(20 * time.Second)
	t.Cleanup(func() {
		_ = conn.Close()
		if t.Failed() {
			t.Log(strings.Join(conn.Transcript.Lines(), "\n"))
		}
	})
	must(t, conn.StartTLS(&tls.Config{RootCAs: lab.Roots(), ServerName: Hostname}))
	s := imapcheck.NewSession(conn)
	_, err = s.Greeting()
	must(t, err)
	_, err = s.Login(user.Name, wire.Secret(user.Password))
	must(t, err)
	return s
}
