package smtpcheck

import (
	"testing"

	"mailprobe/transport"
	"mailprobe/transport/transporttest"
)

// readEvidence reads a whole reply.
func readEvidence(step, reply string) transport.Evidence {
	code, text, _, err := parseLine(reply)
	if err != nil {
		panic(err)
	}
	r := Reply{Code: code, Lines: []string{text}}
	r.Enhanced = enhancedCode(r)
	return evidence(step, r)
}

func TestRelayReplies(t *testing.T) {
	transporttest.Table(t, relayReplies, readEvidence)
}

// What real servers say to a foreign envelope, and whether that refuses to relay.
func TestRefusesRelay(t *testing.T) {
	for _, test := range []struct {
		verb  string
		plain bool
		reply string
		want  bool
	}{
		{"RCPT", true, "554 5.7.1 <mailprobe@example.com>: Relay access denied", true},                                                               // Postfix
		{"RCPT", true, "454 4.7.1 <mailprobe@example.com>: Relay access denied", true},                                                               // Postfix, its default
		{"RCPT", true, "550 relay not permitted", true},                                                                                              // Exim
		{"RCPT", true, "550 5.7.1 <mailprobe@example.com>... Relaying denied", true},                                                                 // sendmail
		{"RCPT", true, "550 Invalid recipient: <mailprobe@example.com>", true},                                                                       // OpenSMTPD
		{"RCPT", true, "513 Relaying denied.", true},                                                                                                 // Courier
		{"RCPT", true, "503 5.7.1 Relay not allowed", true},                                                                                          // chasquid
		{"RCPT", true, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", true},                                                    // Exchange
		{"RCPT", true, "550 5.1.2 not accepting email for domain", true},                                                                             // mox
		{"RCPT", true, "550 I cannot deliver mail for <mailprobe@example.com>", true},                                                                // Haraka
		{"RCPT", true, "530 SMTP authentication is required.", true},                                                                                 // hMailServer
		{"RCPT", true, "553 5.7.1 <postmaster@mx.example.org>: Sender address rejected: not logged in", true},                                        // Postfix
		{"MAIL", true, "530 5.7.0 Authentication required", true},                                                                                    // submission servers
		{"MAIL", true, "550 5.7.9 Mail to this port must be authenticated", true},                                                                    // chasquid
		{"MAIL", true, "550 5.7.27 <mailprobe@example.net>: Sender address rejected: Domain example.net does not accept mail (nullMX)", false},       // Postfix
		{"RCPT", true, "550 5.7.27 <mailprobe@example.net>: Sender address rejected: Domain example.net does not accept mail (nullMX)", false},       // Postfix
		{"RCPT", true, "556 5.1.10 <mailprobe@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)", false},    // Postfix
		{"RCPT", false, "556 5.1.10 <mailprobe@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)", false},   // Postfix
		{"RCPT", true, "450 4.2.0 <mailprobe@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/", false},       // postgrey
		{"RCPT", true, "451 4.3.0 <mailprobe@example.com>: Temporary lookup failure", false},                                                         // Postfix
		{"MAIL", true, "501 5.1.7 Bad sender address syntax", false},                                                                                 // Postfix
		{"RCPT", true, "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", false},                               // Postfix
		{"RCPT", true, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", false},                                                // Postfix
		{"RCPT", false, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", false},                                               // Postfix
		{"RCPT", true, "450 No plugin decided if relaying is allowed", false},                                                                        // qpsmtpd
		{"RCPT", true, "501 5.1.3 Bad recipient address syntax", true},                                                                               // Postfix
		{"RCPT", false, `501 "mailprobe@example.com": recipient address must contain a domain`, true},                                                // Exim
		{"RCPT", true, "500 unknown command", false},                                                                                                 // no answer to the question
		{"RCPT", false, "550 5.1.1 <mailprobe%example.com@mx.example.org>: Recipient address rejected: User unknown in local recipient table", true}, // Postfix
		{"RCPT", true, "554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied", false},                                                 // Postfix
		{"RCPT", true, "550 Your IP address is banned", false},                                                                                       // about this host
		{"RCPT", true, "550 5.7.25 The IP address sending this message does not have a PTR record setup", false},                                     // Gmail
		{"RCPT", true, "550 [SPF] 192.0.2.7 is not allowed to send mail from example.net.", false},                                                   // Exim, Debian
		{"MAIL", true, "530 5.7.0 Must issue a STARTTLS command first", false},                                                                       // Postfix: not yet asked
		{"RCPT", true, "550 5.7.1 <mailprobe@example.com>... Relaying denied. IP name lookup failed [192.0.2.7]", true},                              // sendmail
		{"RCPT", true, "553 5.7.1 <mailprobe@example.net>: Sender address rejected: Access denied", false},                                           // Postfix
		{"RCPT", true, "550 5.7.64 TenantAttribution; Relay Access Denied", true},                                                                    // Office 365
		{"RCPT", true, "550-Verification failed for <mailprobe@example.net>", false},                                                                 // Exim
		{"RCPT", true, "550 Rejected because 192.0.2.7 is in a black list at zen.spamhaus.org", false},                                               // cPanel
		{"RCPT", true, "550 5.4.1 Recipient address rejected: Access denied.", true},                                                                 // Office 365
		{"MAIL", true, "550 5.7.1 Sender refused", false},                                                                                            // about the sender only
		{"RCPT", true, "421 4.7.0 mx.example.org Error: too many errors", false},                                                                     // Postfix
	} {
		e := readEvidence("rcpt", test.reply)
		r := Reply{Enhanced: e.Enhanced, Lines: []string{test.reply[4:]}}
		r.Code, _, _, _ = parseLine(test.reply)
		if got := refusesRelay(test.verb, test.plain, r); got != test.want {
			t.Errorf("%s %q (plain %t) refuses to relay: %t, want %t", test.verb, test.reply, test.plain, got, test.want)
		}
	}
}
