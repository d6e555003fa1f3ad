package delivery

import (
	"strings"
	"testing"
	"time"
)

// dsn is a report as Postfix writes it, on the message whose header is given.
func dsn(action, returned string) []byte {
	text := `Return-Path: <>
From: MAILER-DAEMON@mx2.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bob@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4fXyz.1/mx2"

This is a MIME-encapsulated message.

--4fXyz.1/mx2
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

<alice@example.net>: host mx3.example.net said: 550 5.1.1 no such user

--4fXyz.1/mx2
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx2.example.net
X-Postfix-Queue-ID: 4fXyz
Arrival-Date: Mon, 23 Nov 2026 04:45:11 +0000 (UTC)

Final-Recipient: rfc822; carol@example.net
Action: relayed
Status: 2.0.0

Final-Recipient: rfc822; alice@example.net
Original-Recipient: rfc822;alice@example.net
Action: ` + action + `
Status: 5.1.1
Remote-MTA: dns; mx3.example.net
Diagnostic-Code: smtp; 550 5.1.1 <alice@example.net>: no such
    user here

--4fXyz.1/mx2
Content-Description: Undelivered Message
Content-Type: message/rfc822

` + returned + `
Subject: x

body

--4fXyz.1/mx2--
`
	return []byte(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
}

func TestParseReport(t *testing.T) {
	key := randomKey()
	r := newRun(time.Now())
	text := dsn("failed", runHeader+": "+r.field(key))
	for name, cut := range map[string]int{"whole": len(text), "cut in the body": len(text) - 30} {
		got, ok := parseReport(text[:cut])
		if !ok || got.By != "mx2.example.net" || got.Remote != "mx3.example.net" || got.Recipient != "alice@example.net" ||
			got.Action != "failed" || got.Status != "5.1.1" || got.Diagnostic != "550 5.1.1 <alice@example.net>: no such user here" {
			t.Errorf("%s: got %+v, %v", name, got, ok)
		}
		if about, proven := provenRun(got.Returned, key); !proven || about.Token != r.Token {
			t.Errorf("%s: the returned header has %+v", name, got.Returned)
		}
		if _, proven := provenRun(got.Returned, randomKey()); proven {
			t.Errorf("%s: another key proves it as well", name)
		}
	}
	if got, ok := parseReport(dsn("delayed", "")); !ok || got.Action != "delayed" {
		t.Errorf("a delay is %+v", got)
	}
	for _, text := range []string{"", "Content-Type: multipart/report", "Content-Type: text/plain\r\n\r\nAction: failed\r\n"} {
		if got, ok := parseReport([]byte(text)); ok {
			t.Errorf("%q is a report: %+v", text, got)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add(dsn("failed", "X-Mailprobe-Run: run=x"))
	f.Add(dsn("delayed", ""))
	f.Add([]byte("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n--b--"))
	key := randomKey()
	f.Fuzz(func(t *testing.T, text []byte) {
		r, ok := parseReport(text)
		if !ok && r.Action != "" {
			t.Errorf("no report, and yet %+v", r)
		}
		if _, proven := provenRun(r.Returned, key); proven {
			t.Error("the HMAC was guessed")
		}
	})
}

func TestQueueID(t *testing.T) {
	for reply, want := range map[string]string{
		"2.0.0 Ok: queued as 4fXyz1Abc":                         "4fXyz1Abc",
		"OK id=1rABCD-0001xy-2K":                                "1rABCD-0001xy-2K",
		"2.0.0 5AN4jBxx012345 Message accepted for delivery":    "5AN4jBxx012345",
		"2.6.0 <x@y> [InternalId=123] Queued mail for delivery": "",
		"ok 1700000000 qp 12345":                                "12345",
		"2.0.0 <alice@example.net> aB3c Saved":                  "",
		"2.0.0 OK  1700000000 d2e1a72fcca58-7.1 - gsmtp":        "",
		"2.0.0 queued as ABC123":                                "ABC123",
		"2.0.0 message accepted":                                "",
		"":                                                      "",
	} {
		if got := queueID(reply); got != want {
			t.Errorf("of %q: got %q, want %q", reply, got, want)
		}
	}
}
