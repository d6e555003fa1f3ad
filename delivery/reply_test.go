package delivery_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// answering is a lab whose recipient answers: reply makes the text of a message that was
// delivered, and says nothing where it is empty.
func answering(t *testing.T, reply func(m *mail.Message, text []byte) string) (l *lab, way []string) {
	t.Helper()
	respond := func(text []byte) []byte {
		m, err := mail.ReadMessage(bytes.NewReader(text))
		if err != nil || l == nil {
			t.Error(err)
			return text
		}
		if answer := reply(m, text); answer != "" {
			if err := l.one.Deliver("bob", []byte(answer)); err != nil {
				t.Error(err)
			}
		}
		return text
	}
	l = newLab(t, mailtest.Config{})
	l.faults(mailtest.Faults{Alter: respond})
	return l, []string{"--fetch", l.one.IMAPSURL("bob"), "--fetch-password-env", "BOB", "--expect-reply"}
}

// vacation is a reply as answering services write it, with further fields.
func vacation(fields, body string) string {
	return "From: <alice@example.net>\r\nTo: <bob@example.org>\r\nDate: " + time.Now().Format(time.RFC1123Z) +
		"\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <r@example.net>\r\n" + fields + "\r\n" + body
}

// quoted quotes a text as an answer does.
func quoted(text []byte) string {
	_, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	return "> " + strings.ReplaceAll(string(body), "\r\n", "\r\n> ") + "\r\n"
}

// A reply is found by what it says of the message, and deleted only where it answers the
// very message.
func TestExpectReply(t *testing.T) {
	for name, test := range map[string]struct {
		reply func(m *mail.Message, text []byte) string
		left  int
	}{
		"In-Reply-To": {func(m *mail.Message, _ []byte) string {
			return vacation("Subject: Away\r\nIn-Reply-To: "+m.Header.Get("Message-ID")+"\r\n", "I am away.\r\n")
		}, 0},
		"References": {func(m *mail.Message, _ []byte) string {
			return vacation("Subject: Away\r\nReferences: <x@y> "+m.Header.Get("Message-ID")+"\r\n", "I am away.\r\n")
		}, 1},
		"its subject": {func(m *mail.Message, _ []byte) string {
			return vacation("Subject: Re: "+m.Header.Get("Subject")+"\r\n", "I am away.\r\n")
		}, 1},
		"its body": {func(_ *mail.Message, text []byte) string {
			return vacation("Subject: Away\r\n", "You wrote:\r\n"+quoted(text))
		}, 0},
		"the message itself": {func(_ *mail.Message, text []byte) string { return string(text) }, 0},
		"an In-Reply-To that is not ours": {func(m *mail.Message, _ []byte) string {
			return vacation("In-Reply-To: "+strings.Replace(m.Header.Get("Message-ID"), "example.org", "example.com", 1)+"\r\n", "x\r\n")
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, way := answering(t, test.reply)
			must(t, l.one.Deliver("bob", []byte("From: carol@example.com\r\nSubject: private 1\r\n\r\nprivate words\r\n")))
			o := l.deliver(way...).is(probe.OK, "answered in ").fact("round_trip")
			if name != "the message itself" {
				o.fact("there").fact("back")
			}
			if _, ok := o.Fact("delivered"); ok {
				t.Error("the way there and back is called a delivery")
			}
			keepsPrivate(t, o)
			if got := len(l.one.Messages("bob")); got != 1+test.left {
				t.Errorf("bob has %d messages, want %d", got, 1+test.left)
			}
			l.records(0)
			if m := l.two.Messages("alice")[0]; bytes.Contains(m.Text, []byte("auto-generated")) {
				t.Error("the message asks answering services to be silent")
			}
		})
	}
}

// A reply that does not come is Critical, and one that comes late is found by the next run.
func TestReplyMissing(t *testing.T) {
	var asked string
	silent := true
	l, way := answering(t, func(m *mail.Message, _ []byte) string {
		if silent {
			asked = m.Header.Get("Message-ID")
			return vacation("Subject: somebody else's\r\n", "private\r\n")
		}
		return vacation("In-Reply-To: "+m.Header.Get("Message-ID")+"\r\n", "x\r\n")
	})
	o := l.deliver(append(way, "--timeout", "1s")...).is(probe.Critical, "wait: no reply to the message was in the mailbox").because("wait", "reply-missing")
	keepsPrivate(t, o)
	l.records(1)
	silent = false
	must(t, l.one.Deliver("bob", []byte(vacation("In-Reply-To: "+asked+"\r\n", "late\r\n"))))
	l.deliver(way...).is(probe.Warning, "late: a message of ").because("late", "arrived-late").fact("late", "1")
	if got := len(l.one.Messages("bob")); got != 1 {
		t.Errorf("bob has %d messages", got)
	}
	l.records(0)
}

// A later run judges a reply by when it came.
func TestReplyInHalves(t *testing.T) {
	l, way := answering(t, func(m *mail.Message, _ []byte) string {
		return vacation("In-Reply-To: "+m.Header.Get("Message-ID")+"\r\n", "x\r\n")
	})
	l.deliver(append(way, "--send-only")...).is(probe.OK)
	for range 1000 {
		if len(l.one.Messages("bob")) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.deliver(append(way, "--judge")...).is(probe.OK, "answered in ").fact("round_trip").fact("there").fact("judged", "1")
	if got := len(l.one.Messages("bob")); got != 0 {
		t.Errorf("bob has %d messages", got)
	}
}

// The reply has to come to another mailbox than the message.
func TestReplyToItself(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	if err := prepare(t, l.args("--expect-reply", "--from", "alice@example.net")); err == nil || !strings.Contains(fmt.Sprint(err), "--expect-reply: the reply goes to the sender") {
		t.Error(err)
	}
}
