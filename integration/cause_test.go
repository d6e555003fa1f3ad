package integration

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mailprobe/probe"
)

// thresholdExceeded is the one cause that has no hint in its step: whoever gave the
// threshold knows why.
const thresholdExceeded = "threshold-exceeded"

// because demands that a step is not OK for this reason and says this.
func (o outcome) because(step string, status probe.Status, cause string, blame probe.Blame, words ...string) *probe.Step {
	o.t.Helper()
	s := o.step(step, status, words...)
	if s.Cause == nil || s.Cause.Name != cause || s.Cause.Blame != blame {
		o.t.Errorf("step %s has the cause %+v, want %s (%s): %s", step, s.Cause, cause, blame, s.Detail)
	}
	if s.Hint == "" && cause != thresholdExceeded {
		o.t.Errorf("step %s has no hint", step)
	}
	return s
}

// A part of the server that is out of order is the server's fault, whatever code it
// finds for that; what this side lacks is this side's.
func TestCausesOfPostfix(t *testing.T) {
	needPostfix(t)
	for _, c := range []struct {
		service Service
		step    string
		status  probe.Status
		cause   string
		blame   probe.Blame
		flags   []string
	}{
		{DeadMap, "rcpt", probe.Critical, "lookup-failed", probe.BlameServer, nil},
		{DeadPolicy, "rcpt", probe.Critical, "policy-service-down", probe.BlameServer, nil},
		{DeadStore, "rcpt", probe.Critical, "store-down", probe.BlameServer, nil},
		{KnownClient, "rcpt", probe.Unknown, "no-reverse-dns", probe.BlameSender, nil},
		{KnownHelo, "rcpt", probe.Unknown, "helo-unknown", probe.BlameSender, []string{"--helo", "probe.nowhere.test"}},
		{FullHelo, "rcpt", probe.Unknown, "helo-not-qualified", probe.BlameSender, []string{"--helo", "vm"}},
		{KnownSender, "rcpt", probe.Unknown, "sender-domain-unknown", probe.BlameSender, []string{"-f", "bob@elsewhere.test"}},
		{GreyMail, "mail", probe.Warning, "greylisted", probe.BlameNobody, []string{"-f", "mail@elsewhere.test"}},
		{GreyData, "data", probe.Warning, "greylisted", probe.BlameNobody, []string{"-f", "data@elsewhere.test", "--send"}},
		{GreyEnd, "message", probe.Warning, "greylisted", probe.BlameNobody, []string{"-f", "end@elsewhere.test", "--send"}},
		{Proxied, "greeting", probe.Unknown, "wants-proxy-header", probe.BlameServer, []string{"--timeout", "10s"}},
		{SMTP, "ehlo", probe.Unknown, "proxy-header-not-expected", probe.BlameSender, []string{"--proxy-protocol", "v1"}},
		{SMTP, "ehlo", probe.Unknown, "proxy-header-not-expected", probe.BlameSender, []string{"--proxy-protocol", "v2"}},
	} {
		t.Run(string(c.service), func(t *testing.T) {
			t.Parallel()
			o := check(t, "", "smtp", lab.Addr(c.service, Good), append([]string{"-t", lab.NewUser().Name, "--timeout", "20s"}, c.flags...)...)
			o.because(c.step, c.status, c.cause, c.blame)
			if o.Result.Cause == nil || o.Result.Cause.Name != c.cause {
				t.Errorf("the result has the cause %+v: %s", o.Result.Cause, o.Summary)
			}
		})
	}
}

// Postfix has the same words for a milter that is down and for one that greylists: both
// are named, the likelier first. Before a recipient is named no milter greylists.
func TestMilterDown(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(DeadMilter, Good), "-t", lab.NewUser().Name)
	s := o.because("mail", probe.Critical, "milter-down", probe.BlameServer)
	if len(s.Also) != 1 || s.Also[0].Name != "greylisted" {
		t.Errorf("further causes: %+v", s.Also)
	}
}

// Relaying is refused for good or for now, as the server is set up.
func TestRelayDenied(t *testing.T) {
	needPostfix(t)
	for _, service := range []Service{SMTP, RelayDefer} {
		o := check(t, "", "smtp", lab.Addr(service, Good), "-t", "b@elsewhere.test")
		o.because("rcpt", probe.Critical, "relay-denied", probe.BlameSender)
		if !o.Refused {
			t.Error("the result does not say that the recipient was refused")
		}
	}
}

// A user database that is down is no wrong password.
func TestUserDatabaseDown(t *testing.T) {
	needDovecot(t)
	user := User{Unverifiable, "pw-of-nobody"}
	for kind, service := range map[string]Service{"pop3": POP3, "imap": IMAP} {
		o := check(t, user.Password, kind, lab.Addr(service, Good), append(password(user), "--auth=plain")...)
		o.because("auth", probe.Critical, "auth-service-down", probe.BlameServer)
	}
}

// Postfix whose service for passwords does not run hangs up at EHLO without a word,
// with a FIN or a reset: the password is not blamed for it, and never sent.
func TestAuthServiceDown(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	o := check(t, user.Password, "smtp", lab.Addr(DeadAuth, Good), append(password(user), "--timeout", "20s")...).is(probe.Critical)
	s := o.step("ehlo-tls", probe.Critical)
	if c := s.Cause; c == nil || c.Name != "connection-reset" && c.Name != "connection-closed" || s.Hint == "" {
		t.Errorf("the cause is %+v, the hint %q", c, s.Hint)
	}
	if o.said("C: AUTH") {
		t.Error("AUTH was sent")
	}
}

// CRAM-MD5 and SCRAM cannot work with a password of which the server has a hash: the
// log-in by a weaker mechanism shows that it is theirs and not the password's fault.
func TestHashedPassword(t *testing.T) {
	needPostfix(t)
	user := lab.HashedUser()
	for kind, service := range map[string]Service{"smtp": Submission, "pop3": POP3, "imap": IMAP} {
		o := check(t, user.Password, kind, lab.Addr(service, Good), append(password(user), "--auth=cram-md5")...).is(probe.Critical)
		o.because("auth", probe.Critical, "wrong-credentials", probe.BlameAccount)
		o = check(t, user.Password, kind, lab.Addr(service, Good), password(user)...).is(probe.Warning)
		o.because("auth", probe.Warning, "mechanism-broken", probe.BlameServer)
		o = check(t, user.Password, kind, lab.Addr(service, Good), append(password(user), "--auth-fallback=false")...).is(probe.Critical)
		o.because("auth", probe.Critical, "wrong-credentials", probe.BlameAccount)
	}
	wrong := check(t, "wrong-"+user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.Critical)
	wrong.because("auth", probe.Critical, "wrong-credentials", probe.BlameAccount)
}

// A mailbox that is one file is locked by a file beside it. Dovecot then speaks of a
// fault of its own, and of a lock.
func TestLockedFile(t *testing.T) {
	needDovecot(t)
	user := lab.SingleUser()
	check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.OK)
	lockFile(t, user)
	o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.Warning)
	o.because("status", probe.Warning, "mailbox-locked", probe.BlameNobody)
	o = check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.Warning)
	o.because("stat", probe.Warning, "mailbox-locked", probe.BlameNobody)
}

// lockFile locks the mailbox of a SingleUser, and changes it, so that who looks must
// read it again.
func lockFile(t *testing.T, user User) {
	t.Helper()
	home := filepath.Dir(mailFolder(user))
	must(t, os.WriteFile(filepath.Join(home, "inbox"), []byte("From bob Mon Jan  1 00:00:00 2024\nSubject: one\n\none\n\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(home, "inbox.lock"), nil, 0o666))
	giveAll(t, home)
}

// A mailbox that is locked after the first look says nothing about whether the message
// came.
func TestDeliverLockedLater(t *testing.T) {
	needPostfix(t)
	for scheme, service := range map[string]Service{"imaps": IMAPS, "pop3s": POP3S} {
		user := lab.SingleUser()
		way := forwardAfter(t, lab.Addr(SMTP, Good), func() { lockFile(t, user) })
		o := follow(t, user, t.TempDir(), "--via", "smtp://"+way, "--via-user=", "--via-password-env=",
			"--fetch", scheme+"://"+lab.Addr(service, Good), "--timeout", "8s").is(probe.Unknown)
		o.step("submit", probe.OK)
		s := o.because("wait", probe.Unknown, "mailbox-locked", probe.BlameNobody, "not known whether it arrived")
		if !slices.ContainsFunc(s.Also, func(c *probe.Cause) bool { return c.Name == "mailbox-unreadable" }) {
			t.Errorf("%s: further causes: %+v", scheme, s.Also)
		}
	}
}

// forwardAfter listens and forwards connections to an address; before the first it does
// something.
func forwardAfter(t *testing.T, to string, before func()) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for first := true; ; first = false {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if first {
				before()
			}
			go pipe(conn, to)
		}
	}()
	return listener.Addr().String()
}

// pipe joins a connection with an address.
func pipe(conn net.Conn, to string) {
	defer func() { _ = conn.Close() }()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() { _, _ = io.Copy(server, conn) }()
	_, _ = io.Copy(conn, server)
}

// Too many sessions of one account are a limit, and nobody holds a lock.
func TestTooManySessions(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	imap := dialLimited(t, IMAPS)
	imap.say("", "* OK")
	imap.say("a LOGIN "+user.Name+" "+user.Password, "a OK")
	imap.say("b NOOP", "b OK") // the session counts once it has begun
	pop := dialLimited(t, POP3S)
	pop.say("", "+OK")
	pop.say("USER "+user.Name, "+OK")
	pop.say("PASS "+user.Password, "+OK")
	pop.say("STAT", "+OK")
	for kind, service := range map[string]Service{"pop3": POP3, "imap": IMAP} {
		o := check(t, user.Password, kind, lab.LimitedAddr(service), password(user)...).is(probe.Warning)
		o.because("auth", probe.Warning, "too-many-connections", probe.BlameNobody, "mail_max_userip_connections")
	}
}

// dialLimited begins a session under implicit TLS where an account may have only one.
// It lasts as long as the test.
func dialLimited(t *testing.T, s Service) *dialogue {
	t.Helper()
	conn, err := net.Dial("tcp", lab.LimitedAddr(s))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return (&dialogue{t: t}).startTLS(conn)
}
