package integration

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// A refusal is reported with the server's own words, and with who has to act.
func TestRefusals(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	for _, c := range []struct {
		name    string
		service Service
		flags   []string
		step    string
		want    probe.Status
		words   string
		cause   string
		blame   probe.Blame
	}{
		{"greylisting", SMTP, []string{"-t", Greylisted}, "rcpt", probe.Warning, "450 4.2.0 <" + Greylisted + ">", "greylisted", probe.BlameNobody},
		{"full mailbox", SMTP, []string{"-t", FullMailbox}, "rcpt", probe.Critical, "452 4.2.2 <" + FullMailbox + ">", "mailbox-full", probe.BlameAccount},
		{"refused", SMTP, []string{"-t", Refused}, "rcpt", probe.Unknown, "550 5.7.1 <" + Refused + ">", "refused-by-policy", probe.BlameUnclear},
		{"no such user", SMTP, []string{"-t", Stranger}, "rcpt", probe.Critical, "550 5.1.1 <" + Stranger + ">", "recipient-unknown", probe.BlameAccount},
		{"no relaying", SMTP, []string{"-t", "b@elsewhere.test"}, "rcpt", probe.Critical, "554 5.7.1", "relay-denied", probe.BlameSender},
		{"full disk", FullDisk, []string{"-t", user}, "mail", probe.Critical, "452 4.3.1 Insufficient system storage", "disk-full", probe.BlameServer},
		{"declared too large", SmallMail, []string{"-t", user, "--size", "5000"}, "mail", probe.Unknown, "552 5.3.4", "message-too-big", probe.BlameSender},
		{"no log-in without TLS", Submission, []string{"--tls=off", "-t", user}, "mail", probe.Unknown, "530 5.7.0", "tls-required", probe.BlameSender},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", "smtp", lab.Addr(c.service, Good), c.flags...).is(c.want)
			o.because(c.step, c.want, c.cause, c.blame, c.words)
			o.step("quit", probe.OK)
		})
	}
}

// A greeting may be a refusal, for good or for now.
func TestRefusedGreeting(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(Closed, Good)).is(probe.Unknown)
	o.because("greeting", probe.Unknown, "blocklisted", probe.BlameSender, "554 5.7.1", "Client host rejected")
	o.step("quit", probe.OK)

	_, first := dial(t, Crowded, Good)
	first.say("", "220 ")
	o = check(t, "", "smtp", lab.Addr(Crowded, Good)).is(probe.Warning)
	o.because("greeting", probe.Warning, "too-many-connections", probe.BlameNobody, "421 4.7.0", "too many connections")
}

// Of several recipients each has its own reply and its own cause; the worst of them is
// the result's.
func TestRecipients(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "-t", lab.NewUser().Name, "-t", Refused, "-t", Stranger).is(probe.Critical)
	o.step("rcpt", probe.OK)
	o.because("rcpt-2", probe.Unknown, "refused-by-policy", probe.BlameUnclear, "550 5.7.1 <"+Refused+">")
	o.because("rcpt-3", probe.Critical, "recipient-unknown", probe.BlameAccount, "550 5.1.1 <"+Stranger+">")
	if !strings.HasPrefix(o.Summary, "rcpt-3: ") || !strings.Contains(o.Summary, "(+1 more)") || !o.Refused {
		t.Errorf("refused %v, the summary is %q", o.Refused, o.Summary)
	}
}

// A foreign sender may not write to a foreign recipient, in any spelling; at an
// open relay it may, and nothing is sent to show it.
func TestOpenRelay(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--open-relay").is(probe.OK)
	o.fact("relay_accepted", "0")
	o = check(t, "", "smtp", lab.Addr(OpenRelay, Good), "--open-relay").is(probe.Critical)
	o.because("open-relay", probe.Critical, "open-relay", probe.BlameServer, "the server relays for anyone")
	if o.said("C: DATA") {
		t.Error("DATA was said")
	}
}

// postscreen's teaser and pause are not the end of the greeting, and nothing is
// said before it: postscreen would refuse whoever did.
func TestPostscreen(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(Postscreen, Good), "-t", lab.NewUser().Name).is(probe.OK)
	greeting := o.step("greeting", probe.OK, "220")
	if greeting.Elapsed < 2*time.Second {
		t.Errorf("the greeting took %v: there was no pause", greeting.Elapsed)
	}
	if !o.said("S: 220-") {
		t.Error("there was no teaser")
	}
}

func TestProxyProtocol(t *testing.T) {
	needPostfix(t)
	for _, version := range []string{"v1", "v2"} {
		check(t, "", "smtp", lab.Addr(Proxied, Good), "--proxy-protocol", version).is(probe.OK)
	}
	silent := check(t, "", "smtp", lab.Addr(Proxied, Good), "--timeout", "2s").is(probe.Critical)
	silent.because("greeting", probe.Critical, "timeout", probe.BlameNetwork)
}

// The server believes XCLIENT: it refuses the address that was claimed.
func TestXClient(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	check(t, "", "smtp", lab.Addr(XClient, Good), "-t", user, "--xclient", "ADDR=192.0.2.9").is(probe.OK)
	o := check(t, "", "smtp", lab.Addr(XClient, Good), "-t", user, "--xclient", "ADDR="+Outlaw).is(probe.Unknown)
	o.because("rcpt", probe.Unknown, "blocklisted", probe.BlameSender, "["+Outlaw+"]")
	o = check(t, "", "smtp", lab.Addr(SMTP, Good), "--xclient", "ADDR="+Outlaw).is(probe.Unknown)
	o.because("xclient", probe.Unknown, "xclient-not-permitted", probe.BlameSender)
}

// What a session may ask for besides, a real server takes.
func TestExtensions(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	for name, flags := range map[string][]string{
		"pipeline": {"-t", user, "--pipeline"},
		"smtputf8": {"-t", user, "-f", "jürgen@abroad.test", "--smtputf8"},
		"dsn":      {"-t", user, "--dsn"},
		"size":     {"-t", user, "--size", "1000"},
		"vrfy":     {"--vrfy", user},
		"helo":     {"--helo", "probe.example.net"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, "", "smtp", lab.Addr(SMTP, Good), flags...).is(probe.OK)
		})
	}
}
