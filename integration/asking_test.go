package integration

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// The details of delivery status notifications are accepted.
func TestNotifications(t *testing.T) {
	needPostfix(t)
	takesNotifications(t, SMTP)
}

func takesNotifications(t *testing.T, service Service) {
	flags := []string{"--notify", "success,delay", "--ret", "full", "--envid", "test+1 of=2", "-f", "a@elsewhere.test", "-t", lab.users[0].Name}
	o := check(t, "", "smtp", lab.Addr(service, Good), flags...).is(probe.OK)
	if !o.said("C: MAIL FROM:<a@elsewhere.test> RET=FULL ENVID=test+2B1+20of+3D2") || !o.said(" NOTIFY=SUCCESS,DELAY ORCPT=rfc822;"+lab.users[0].Name) {
		t.Error("the parameters were not sent as they should be")
	}
}

// Exim says of a message for each recipient whether it takes it, where there are several.
func givesVerdicts(t *testing.T) {
	alice, bob := lab.users[0].Name, lab.users[1].Name
	flags := []string{"--prdr", "--send", "-f", "a@elsewhere.test", "-t", alice}

	o := check(t, "", "smtp", lab.Addr(Exim, Good), append(flags, "-t", bob)...).is(probe.OK)
	o.step("message", probe.OK, "353 PRDR content analysis beginning")
	o.step("prdr", probe.OK, alice, "250")
	o.step("prdr-2", probe.OK, bob, "250")
	o.step("message-2", probe.OK, "message accepted")

	o = check(t, "", "smtp", lab.Addr(Exim, Good), append(flags, "-t", bob, "--subject", "picky")...).is(probe.Unknown)
	o.step("prdr", probe.OK, "250")
	o.because("prdr-2", probe.Unknown, "content-refused", probe.BlameSender, "550", "wants no such message")
	o.step("message-2", probe.OK, "message accepted")
	o.step("quit", probe.OK)

	check(t, "", "smtp", lab.Addr(Exim, Good), flags...).is(probe.OK).step("message", probe.OK, "no reply of its own", "250 OK id=")
	o = check(t, "", "smtp", lab.Addr(SMTP, Good), "--prdr", "-t", alice).is(probe.Unknown)
	o.because("mail", probe.Unknown, "extension-not-offered", probe.BlameSender)
}

// What no server here offers is not asked for.
func TestServices(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--requiretls", "-t", user).is(probe.Unknown)
	o.because("mail", probe.Unknown, "extension-not-offered", probe.BlameSender, "REQUIRETLS")
	o = check(t, "", "smtp", lab.Addr(SMTP, Expired), "--requiretls", "-t", user).is(probe.Critical)
	o.because("mail", probe.Critical, "requiretls-unmet", probe.BlameServer, "expired")
	o = check(t, "", "smtp", lab.Addr(SMTP, Good), "--deliver-by", "120", "-t", user).is(probe.Unknown)
	o.because("mail", probe.Unknown, "extension-not-offered", probe.BlameSender, "DELIVERBY")
	if o.said("C: MAIL") {
		t.Error("MAIL was said")
	}
}

// A Postfix that trusts this host is told where mail came from.
func TestXForward(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	o := check(t, "", "smtp", lab.Addr(XForward, Good), "-t", user, "--xforward", "NAME=spike.example.org", "--xforward", "ADDR=192.0.2.9").is(probe.OK)
	o.step("xforward", probe.OK, "250 2.0.0 Ok")
	o = check(t, "", "smtp", lab.Addr(XForward, Good), "-t", user, "--xforward", "ADDR=nowhere").is(probe.Unknown)
	o.because("xforward", probe.Unknown, "command-not-supported", probe.BlameSender, "501 5.5.4")
	o = check(t, "", "smtp", lab.Addr(SMTP, Good), "--xforward", "ADDR=192.0.2.9").is(probe.Unknown)
	o.because("xforward", probe.Unknown, "xforward-not-permitted", probe.BlameSender)
}

// A message that is not handed over after DATA is delivered to nobody: the server loses the
// connection and says so in its log.
func TestStopAfterData(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--send", "-f", "a@elsewhere.test", "-t", user.Name, "--stop-after", "data").is(probe.OK)
	o.step("data", probe.OK, "354")
	o.step("quit", probe.Skipped, "hung up instead")
	if o.said("C: QUIT") {
		t.Error("QUIT was said where it is text of the message")
	}
	awaitLog(t, "lost connection after DATA (0 bytes)")
	o = check(t, user.Password, "imap", lab.Addr(IMAP, Good), password(user)...).is(probe.OK)
	o.fact("messages", "0")
}

// awaitLog waits until a server has logged a text.
func awaitLog(t *testing.T, text string) {
	t.Helper()
	for range 100 {
		if strings.Contains(lab.Logs(), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("no server logged %q", text)
}

// Lines of one's own are answered by real servers, of one line and of several.
func TestCommands(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--command", "ehlo-tls=NOOP", "--command", "ehlo-tls=EXPN staff", "--expect", "command-2=^50[02] 5.5").is(probe.OK)
	o.step("command", probe.OK, "250 2.0.0 Ok")
	o = check(t, user.Password, "pop3", lab.Addr(POP3, Good), append(password(user), "--command", "stat=LIST", "--command", "stat=CAPA", "--command", "stat=XNOPE")...).is(probe.Unknown)
	o.step("command", probe.OK, "+OK 0 messages")
	o.step("command-2", probe.OK, "UIDL")
	o.because("command-3", probe.Unknown, "command-refused", probe.BlameUnclear, "-ERR Unknown command")
	o = check(t, user.Password, "imap", lab.Addr(IMAP, Good), append(password(user), "--command", `auth=LIST "" *`, "--command", "auth=NAMESPACE", "--command", "select=FETCH x y", "--expect", "command-3= BAD ")...).is(probe.OK)
	o.step("command", probe.OK, `* LIST`, "INBOX", "OK List completed")
	o.step("command-2", probe.OK, "* NAMESPACE")
	o.step("logout", probe.OK)
}

// Several sessions are counted. Those with a server that has room for one at a time fail while
// another is open.
func TestRepeat(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--repeat", "3").is(probe.OK)
	o.step("repeat", probe.OK, "3 sessions, 0 failed")
	o.fact("sessions", "3")
	user := lab.NewUser()
	o = check(t, "not-this-0ne", "imap", lab.Addr(IMAP, Good), append(password(user), "--repeat", "5")...).is(probe.Critical)
	o.fact("sessions", "1")
	o.step("repeat", probe.OK, "the log-in was refused and more attempts could lock the account")
}

// Submission demands TLS for everything, an exchanger for AUTH alone, and a server for clear
// text for nothing.
func TestEnforcedTLS(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	login := append(password(user), "--enforced-tls")
	check(t, "", "smtp", "submission://"+lab.Addr(Submission, Good), "--enforced-tls").is(probe.OK).
		step("enforced-tls", probe.OK, "530 5.7.0 Must issue a STARTTLS command first")
	check(t, user.Password, "smtp", "submission://"+lab.Addr(Submission, Good), login...).is(probe.OK).
		step("enforced-tls", probe.OK, "530 5.7.0 Must issue a STARTTLS command first")
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--enforced-tls").is(probe.Warning)
	o.because("enforced-tls", probe.Warning, "clear-text-accepted", probe.BlameServer, "accepts MAIL", "250 2.1.0 Ok")
	o = check(t, user.Password, "smtp", "submission://"+lab.Addr(ClearAuth, Good), append(login, "--stop-after", "ehlo")...).is(probe.Critical)
	o.because("enforced-tls", probe.Critical, "clear-text-accepted", probe.BlameServer, "offers PLAIN LOGIN", "answers AUTH PLAIN")
	for _, line := range o.Transcript.Lines() {
		if line != "C: AUTH PLAIN" && strings.HasPrefix(line, "C: AUTH") {
			t.Errorf("said %q", line)
		}
	}
	check(t, user.Password, "pop3", lab.Addr(POP3, Good), login...).is(probe.OK).
		step("enforced-tls", probe.OK, "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.")
	check(t, user.Password, "imap", lab.Addr(IMAP, Good), login...).is(probe.OK).
		step("enforced-tls", probe.OK, "NO [PRIVACYREQUIRED] Plaintext authentication disabled.")
}
