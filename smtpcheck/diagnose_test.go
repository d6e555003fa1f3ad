package smtpcheck

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/transport"
)

// TestDiagnose reads replies as bounces and logs of many programs quote them.
func TestDiagnose(t *testing.T) {
	for _, test := range []struct{ line, step, said, causes string }{
		{"534 SIZE=Message too big.", "", "534 SIZE=Message too big.", "message-too-big"},
		{"554 5.7.1 <alice@example.org>: Relay access denied", "", "554 5.7.1 <alice@example.org>: Relay access denied", "relay-denied recipient-domain-unknown"},
		{"535 5.7.8 Error: authentication failed: authentication failure", "", "535 5.7.8 Error: authentication failed: authentication failure", "wrong-credentials"},
		{"454 4.7.0 Temporary authentication failure", "", "454 4.7.0 Temporary authentication failure", "auth-service-down"},
		{"432 4.3.2 Concurrent connections limit exceeded", "", "432 4.3.2 Concurrent connections limit exceeded", "too-many-connections"},
		{"550-5.1.1 The email account that you tried to reach\n550 5.1.1 does not exist", "", "550 5.1.1 The email account that you tried to reach 5.1.1 does not exist", "recipient-unknown"},
		{`550-5.1.1 multi\n550 5.1.1 line`, "", "550 5.1.1 multi 5.1.1 line", "recipient-unknown"},
		{"smtp; 550 5.1.1 <alice@example.org>: Recipient address rejected: User unknown", "", "550 5.1.1 <alice@example.org>: Recipient address rejected: User unknown", "recipient-unknown"},
		{"Diagnostic-Code: smtp;451 4.7.1 Greylisting in action, please come back in 00:05:00", "", "451 4.7.1 Greylisting in action, please come back in 00:05:00", "greylisted"},
		{"<alice@example.org>: host mx.example.org[192.0.2.1] said: 550 5.7.1 Access denied (in reply to RCPT TO command)", "rcpt", "550 5.7.1 Access denied", "refused-by-policy"},
		{"status=deferred (host mx.example.org[192.0.2.1] said: 451 4.3.0 <alice@example.org>: Temporary lookup failure (in reply to RCPT TO command))", "rcpt", "451 4.3.0 <alice@example.org>: Temporary lookup failure", "lookup-failed"},
		{"status=deferred (host mx.example.org[192.0.2.1] refused to talk to me: 554 IP=192.0.2.7 - None/bad reputation. (NOWL))", "greeting", "554 IP=192.0.2.7 - None/bad reputation. (NOWL)", "blocklisted"},
		{"host mx.example.org[192.0.2.1] said: 552 5.3.4 Message size exceeds fixed limit (in reply to MAIL FROM command)", "mail", "552 5.3.4 Message size exceeds fixed limit", "message-too-big"},
		{"host mx.example.org[192.0.2.1] said: 554 5.7.1 Matched (in reply to end of DATA command)", "message", "554 5.7.1 Matched", "refused-by-policy"},
		{"SMTP error from remote mail server after RCPT TO:<alice@example.org>: 550 Unrouteable address", "rcpt", "550 Unrouteable address", "recipient-unknown recipient-domain-unknown"},
		{"SMTP error from remote mail server after end of data: 552 spam score exceeded", "message", "552 spam score exceeded", "content-refused"},
		{"SMTP error from remote mail server after initial connection: 421 Too many concurrent SMTP connections", "greeting", "421 Too many concurrent SMTP connections", "too-many-connections"},
		{"... while talking to mx.example.org.:\n>>> RCPT To:<alice@example.org>\n<<< 550 5.1.1 <alice@example.org>... User unknown", "rcpt", "550 5.1.1 <alice@example.org>... User unknown", "recipient-unknown"},
		{"<<< 550-5.7.25 [192.0.2.7] The IP address sending this message does not have a\n<<< 550-5.7.25 PTR record setup\n<<< 550 5.7.25 bye", "", "550 5.7.25 [192.0.2.7] The IP address sending this message does not have a 5.7.25 PTR record setup 5.7.25 bye", "no-reverse-dns"},
		{"Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient alice@example.org not found by SMTP address lookup'", "", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient alice@example.org not found by SMTP address lookup", "recipient-unknown"},
		{"mx.example.org #<mx.example.org #5.7.1 smtp;550 5.7.1 Unable to relay> #SMTP#", "", "550 5.7.1 Unable to relay", "relay-denied recipient-domain-unknown"},
		{"192.0.2.1 does not like recipient.\nRemote host said: 550 sorry, no mailbox here by that name (#5.1.1)\nGiving up on 192.0.2.1.", "", "550 sorry, no mailbox here by that name (#5.1.1)", "recipient-unknown"},
		{"The response from the remote server was: 550 5.2.1 The email account that you tried to reach is disabled.", "", "550 5.2.1 The email account that you tried to reach is disabled.", "mailbox-disabled"},
		{"The error that the other server returned was: 535 5.7.8 Username and Password not accepted. gsmtp", "", "535 5.7.8 Username and Password not accepted. gsmtp", "wrong-credentials app-password-needed"},
		{"SASL authentication failed; server mail.example.org[192.0.2.1] said: 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "auth", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "wrong-credentials"},
		{"530 5.7.0 TLS first", "", "530 5.7.0 TLS first", "tls-required"},
		{"530 5.7.0 TLS required", "", "530 5.7.0 TLS required", "tls-required"},
		{"5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", "", "550 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", "blocklisted"},
		{"Nov  2 mail postfix/smtp[77]: 4Bx: to=<alice@example.org>, dsn=5.4.4, 554 5.4.4 Unable to route", "", "554 5.4.4 Unable to route", "recipient-domain-unknown"},
		{"550", "", "550", "recipient-unknown refused-by-policy"},
		{"451 Requested action aborted", "message", "", ""},
		{"Diagnostic-Code: smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for example.org>", "", "421 4.4.0 Unable to lookup DNS for example.org", "lookup-failed"},
		{"Remote Server returned '550 5.4.300 Message expired -> 451 4.4.0 [{LED=450 4.1.8 <bob@example.net>: Sender address rejected: Domain not found};{MSG=};{IP=192.0.2.25}]'", "", "450 4.1.8 <bob@example.net>: Sender address rejected: Domain not found", "sender-domain-unknown lookup-failed"},
		{"Diagnostic-Code: smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.", "", "550 4.4.7 Message expired: unable to deliver in 840 minutes.", ""},
		{"smtplib.SMTPRecipientsRefused: {'alice@example.org': (450, b'4.2.0 <alice@example.org>: Recipient address rejected: Greylisted')}", "", "450 4.2.0 <alice@example.org>: Recipient address rejected: Greylisted", "greylisted"},
		{"NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <alice@example.org>: Relay access denied; from=<bob@example.net> to=<alice@example.org> proto=ESMTP helo=<vm>", "", "554 5.7.1 <alice@example.org>: Relay access denied", "relay-denied recipient-domain-unknown"},
		{"dsn=5.1.1, relay=mx.example.org[192.0.2.1]:25, delay=250, status=bounced (host mx.example.org[192.0.2.1] said: 550-5.1.1 no\n550 5.1.1 such user (in reply to RCPT TO command))", "rcpt", "550 5.1.1 no 5.1.1 such user", "recipient-unknown"},
	} {
		d, ok := Diagnose(test.line)
		if test.said == "" { // an unclear one keeps the words
			if !ok || len(d.Causes) != 0 && d.Causes[0].Name == "refused-unclear" || d.Said != test.line {
				t.Errorf("%q: got %+v", test.line, d)
			}
			continue
		}
		if got := causeNames(d.Causes); !ok || d.Step != test.step || d.Said != test.said || got != test.causes {
			t.Errorf("%q:\n got %v step %q said %q causes %q\nwant step %q said %q causes %q", test.line, ok, d.Step, d.Said, got, test.step, test.said, test.causes)
		}
	}
}

func causeNames(list []*probe.Cause) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// TestDiagnoseOthers leaves alone what is no refusal of an SMTP server.
func TestDiagnoseOthers(t *testing.T) {
	for _, line := range []string{"", "-ERR [AUTH] invalid login", "a1 NO [AUTHENTICATIONFAILED] no", "250 2.0.0 Ok: queued", "hello", "5500 x", "connect to mx.example.org[192.0.2.1]:25: Connection timed out"} {
		if d, ok := Diagnose(line); ok {
			t.Errorf("%q was taken for %+v", line, d)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	for _, seed := range []string{"554 5.7.1 x", "550-5.1.1 a\n550 5.1.1 b", "smtp; 550 5.1.1 x", "host x said: 451 4.7.1 y (in reply to RCPT TO command)", "<<< 550 5.1.1", "returned '550 5.1.10 z'", "5.7.1 x", "550 sorry (#5.1.1)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d, ok := Diagnose(line)
		if !ok {
			if d.Said != "" || len(d.Causes) != 0 {
				t.Errorf("%q is no reply, and is told as %+v", line, d)
			}
			return
		}
		if len(d.Said) < 3 || d.Said[0] != '4' && d.Said[0] != '5' {
			t.Errorf("%q was taken for the reply %q", line, d.Said)
		}
		if d.Step != "" && !Kind().HasStep(d.Step) {
			t.Errorf("%q is of a step %q that there is not", line, d.Step)
		}
		for _, c := range d.Causes {
			if c == nil || c.Hint == "" {
				t.Errorf("%q has the cause %+v", line, c)
			}
		}
	})
}

// TestDiagnoseExamples: seven of eight examples of the table are read as the cause that
// they are an example of, also without the step at which they were said.
func TestDiagnoseExamples(t *testing.T) {
	var wrong []string
	for _, row := range table() {
		d, ok := Diagnose(row.Said)
		if !ok || !slices.ContainsFunc(d.Causes, row.Causes[0].Is) && !row.Causes[0].Is(transport.CauseRefusedUnclear) {
			wrong = append(wrong, row.Said+" is read as "+strings.Join(names(d.Causes), ", ")+", not as "+row.Causes[0].Name)
		}
	}
	if 8*len(wrong) > len(table()) {
		t.Errorf("of %d examples %d are read as another cause:\n%s", len(table()), len(wrong), strings.Join(wrong, "\n"))
	}
}

func names(causes []*probe.Cause) (all []string) {
	for _, c := range causes {
		all = append(all, c.Name)
	}
	return all
}
