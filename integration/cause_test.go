package integration

import (
	"os"
	"path/filepath"
	"testing"

	"mailprobe/probe"
)

// because demands that a step is not OK for this reason.
func (o outcome) because(step string, status probe.Status, cause string, blame probe.Blame) *probe.Step {
	o.t.Helper()
	s := o.step(step, status)
	if s.Cause == nil || s.Cause.Name != cause || s.Cause.Blame != blame {
		o.t.Errorf("step %s has the cause %+v, want %s (%s): %s", step, s.Cause, cause, blame, s.Detail)
	}
	if s.Hint == "" {
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
	home := filepath.Join(lab.dir, "dovecot", "mail", user.Name)
	must(t, os.WriteFile(filepath.Join(home, "inbox"), []byte("From bob Mon Jan  1 00:00:00 2024\nSubject: one\n\none\n\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(home, "inbox.lock"), nil, 0o666))
	giveAll(t, home)
	o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.Warning)
	o.because("status", probe.Warning, "mailbox-locked", probe.BlameNobody)
	o = check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.Warning)
	o.because("stat", probe.Warning, "mailbox-locked", probe.BlameNobody)
}

// Too many sessions of one account are a limit, and nobody holds a lock.
func TestTooManySessions(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	for range 10 { // mail_max_userip_connections
		conn, imap := dial(t, IMAPS, Good)
		imap = imap.startTLS(conn)
		imap.say("", "* OK")
		imap.say("a LOGIN "+user.Name+" "+user.Password, "a OK")
	}
	o := check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.Warning)
	o.because("auth", probe.Warning, "too-many-connections", probe.BlameNobody)
}
