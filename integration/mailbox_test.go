package integration

import (
	"os"
	"path/filepath"
	"testing"

	"mailprobe/probe"
)

// A mailbox that another session holds is a Warning: the password was right.
// Dovecot waits ten seconds before it says so.
func TestLockedMailbox(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	holder := openMailbox(t, user)
	holder.say("STAT", "+OK")
	o := check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.Warning)
	o.because("auth", probe.Warning, "mailbox-locked", probe.BlameNobody, "-ERR [IN-USE]")
	holder.say("QUIT", "+OK")
	check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.OK)
}

// A mailbox that the server cannot open is the server's fault, not the
// password's.
func TestBrokenMailbox(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	must(t, os.WriteFile(filepath.Join(lab.dir, "dovecot", "mail", user.Name), nil, 0o600)) // where a folder belongs
	o := check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.Critical)
	o.because("auth", probe.Critical, "server-fault", probe.BlameServer, "-ERR [SYS/TEMP]")
}

// Without a user the session ends before the login, which is a check of its own.
func TestWithoutLogin(t *testing.T) {
	needDovecot(t)
	o := check(t, "", "pop3", lab.Addr(POP3, Good)).is(probe.OK)
	o.step("stls", probe.OK)
	o.step("capa-tls", probe.OK)
	if o.Step("auth") != nil || o.Step("stat") != nil {
		t.Error("the session went on without a user")
	}
}

// Facts and thresholds of a mailbox with one message, --top and --retrieve.
func TestMailboxFacts(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	check(t, "", "smtp", "lmtp://"+lab.Addr(LMTP, Good), "-t", user.Name, "--send", "--body", "one").is(probe.OK)

	pop := lab.Addr(POP3, Good)
	o := check(t, user.Password, "pop3", pop, append(password(user), "--top", "1=0", "--warn", "newest_age=10m")...).is(probe.OK)
	o.fact("messages", "1")
	o.step("uidl", probe.OK)
	if _, ok := o.Fact("newest_age"); !ok {
		t.Error("newest_age is unknown")
	}
	o = check(t, user.Password, "pop3", pop, append(password(user), "--crit", "messages=0")...).is(probe.Critical)
	o.because("stat", probe.Critical, thresholdExceeded, probe.BlameUnclear)
	o = check(t, user.Password, "pop3", pop, append(password(user), "--retrieve", "7")...).is(probe.Unknown)
	o.because("retr", probe.Unknown, "message-missing", probe.BlameSender, "-ERR There's no message 7.")
}
