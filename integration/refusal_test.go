package integration

import (
	"testing"
	"time"

	"mailprobe/probe"
)

// A refusal is told with the server's own words.
func TestRefusals(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	for _, c := range []struct {
		name    string
		service Service
		flags   []string
		step    string
		want    probe.Status
		cause   string
		words   string
	}{
		{"greylisting", SMTP, []string{"-t", Greylisted}, "rcpt", probe.Warning, "greylisted", "450 4.2.0 <" + Greylisted + ">"},
		{"full mailbox", SMTP, []string{"-t", FullMailbox}, "rcpt", probe.Critical, "mailbox-full", "452 4.2.2 <" + FullMailbox + ">"},
		{"refused", SMTP, []string{"-t", Refused}, "rcpt", probe.Unknown, "refused-by-policy", "550 5.7.1"},
		{"no such user", SMTP, []string{"-t", Stranger}, "rcpt", probe.Critical, "recipient-unknown", "550 5.1.1 <" + Stranger + ">"},
		{"no relaying", SMTP, []string{"-t", "b@elsewhere.test"}, "rcpt", probe.Critical, "relay-denied", "554 5.7.1"},
		{"full disk", FullDisk, []string{"-t", user}, "mail", probe.Critical, "disk-full", "452 4.3.1 Insufficient system storage"},
		{"declared too large", SmallMail, []string{"-t", user, "--size", "5000"}, "mail", probe.Unknown, "message-too-big", "552 5.3.4"},
		{"no log-in without TLS", Submission, []string{"--tls=off", "-t", user}, "mail", probe.Unknown, "tls-required", "530 5.7.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", "smtp", lab.Addr(c.service, Good), c.flags...).is(c.want)
			if s := o.step(c.step, c.want, c.words); s.Cause == nil || s.Cause.Name != c.cause {
				t.Errorf("the cause is %+v, want %s", s.Cause, c.cause)
			}
			o.step("quit", probe.OK)
		})
	}
}

// A greeting may be a refusal, for good or for now.
func TestRefusedGreeting(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(Closed, Good)).is(probe.Unknown)
	o.step("greeting", probe.Unknown, "554 5.7.1")
	o.step("quit", probe.OK)

	_, first := dial(t, Crowded, Good)
	first.say("", "220 ")
	o = check(t, "", "smtp", lab.Addr(Crowded, Good)).is(probe.Warning)
	o.because("greeting", probe.Warning, "too-many-connections", probe.BlameNobody)
	o.step("greeting", probe.Warning, "421 4.7.0", "too many connections")
}

// Of several recipients each has its own reply.
func TestRecipients(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "-t", lab.NewUser().Name, "-t", Refused).is(probe.Unknown)
	o.step("rcpt", probe.OK)
	o.step("rcpt-2", probe.Unknown, "550 5.7.1 <"+Refused+">")
}

// A foreign sender may not write to a foreign recipient, in any spelling; at an
// open relay it may, and nothing is sent to show it.
func TestOpenRelay(t *testing.T) {
	needPostfix(t)
	o := check(t, "", "smtp", lab.Addr(SMTP, Good), "--open-relay").is(probe.OK)
	o.fact("relay_accepted", "0")
	o = check(t, "", "smtp", lab.Addr(OpenRelay, Good), "--open-relay").is(probe.Critical)
	o.step("open-relay", probe.Critical, "the server relays for anyone")
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
	check(t, "", "smtp", lab.Addr(Proxied, Good), "--timeout", "2s").is(probe.Critical).step("greeting", probe.Critical)
}

// The server believes XCLIENT: it refuses the address that was claimed.
func TestXClient(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser().Name
	check(t, "", "smtp", lab.Addr(XClient, Good), "-t", user, "--xclient", "ADDR=192.0.2.9").is(probe.OK)
	o := check(t, "", "smtp", lab.Addr(XClient, Good), "-t", user, "--xclient", "ADDR="+Outlaw).is(probe.Unknown)
	o.step("rcpt", probe.Unknown, "["+Outlaw+"]")
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
