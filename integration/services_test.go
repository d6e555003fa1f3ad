package integration

import (
	"strings"
	"testing"
)

// Each service of Postfix behaves as its name says.
func TestLabServices(t *testing.T) {
	needPostfix(t)
	for _, c := range []struct {
		service        Service
		from, to, want string
	}{
		{SMTP, "a@abroad.test", lab.users[0].Name, "250 2.1.5"},
		{SMTP, "a@abroad.test", "b@elsewhere.test", "554 5.7.1"},
		{SMTP, "a@abroad.test", Greylisted, "450 4.2.0"},
		{SMTP, "a@abroad.test", FullMailbox, "452 4.2.2"},
		{SMTP, "a@abroad.test", Refused, "550 5.7.1"},
		{ClearAuth, "a@abroad.test", lab.users[0].Name, "250 2.1.5"},
		{OpenRelay, "a@abroad.test", "b@elsewhere.test", "250 2.1.5"},
		{Postscreen, "a@abroad.test", lab.users[0].Name, "250 2.1.5"},
		{XClient, "a@abroad.test", lab.users[0].Name, "250 2.1.5"},
	} {
		t.Run(string(c.service)+" "+c.to, func(t *testing.T) {
			t.Parallel()
			_, smtp := dial(t, c.service, Good)
			smtp.say("", "220 ")
			smtp.say("EHLO test.example.test", "250 ")
			smtp.say("MAIL FROM:<"+c.from+">", "250 ")
			smtp.say("RCPT TO:<"+c.to+">", c.want)
			smtp.say("QUIT", "221 ")
		})
	}
}

// Two services refuse at MAIL FROM, one takes nothing without its header.
func TestLabRefusals(t *testing.T) {
	needPostfix(t)
	_, full := dial(t, FullDisk, Good)
	full.say("", "220 ")
	full.say("EHLO test.example.test", "250 ")
	full.say("MAIL FROM:<a@abroad.test>", "452 4.3.1")

	_, small := dial(t, SmallMail, Good)
	small.say("", "220 ")
	small.say("EHLO test.example.test", "250 ")
	small.say("MAIL FROM:<a@abroad.test> SIZE=4000", "552 5.3.4")

	_, proxied := dial(t, Proxied, Good)
	proxied.PrintfLine("PROXY TCP4 192.0.2.7 192.0.2.8 1234 25")
	proxied.say("", "220 ")
}

// Dovecot offers every mechanism, and LMTP answers for each recipient.
func TestLabDovecot(t *testing.T) {
	needDovecot(t)
	conn, pop := dial(t, POP3S, Good)
	pop = pop.startTLS(conn)
	if greeting := pop.say("", "+OK"); !strings.Contains(greeting, "<") {
		t.Errorf("no timestamp for APOP in %q", greeting)
	}
	pop.say("CAPA", "+OK")
	capa := readDotBytes(t, pop.R)
	for _, mechanism := range strings.Fields("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER") {
		if !strings.Contains(capa, " "+mechanism) {
			t.Errorf("%s is not in %q", mechanism, capa)
		}
	}

	_, lmtp := dial(t, LMTP, Good)
	lmtp.say("", "220 ")
	lmtp.say("LHLO test.example.test", "250 ")
	lmtp.say("MAIL FROM:<a@abroad.test>", "250 ")
	lmtp.say("RCPT TO:<"+lab.NewUser().Name+">", "250 ")
	lmtp.say("RCPT TO:<"+lab.QuotaUser()+">", "250 ")
	lmtp.say("DATA", "354 ")
	lmtp.PrintfLine("Subject: quota\r\n\r\n%s\r\n.", strings.Repeat("long ", 50))
	lmtp.say("", "250 2.0.0")
	lmtp.say("", "552 5.2.2")
}
