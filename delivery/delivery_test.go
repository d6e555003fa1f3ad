package delivery_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
)

func TestDeliver(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for i := range 3 {
		l.put(i)
	}
	o := l.deliver().is(probe.OK, "delivered in", "over 2 hops", "body unchanged")
	o.fact("messages", "3").fact("body", "unchanged").fact("hops", "2").fact("hop_1_by", "mx1.example.org").fact("hop_2_by", "mx2.example.net").
		fact("polls").fact("submit").fact("queue_id").fact("delivered").fact("via_tls_version", "TLS 1.3").fact("via_cert_subject").fact("via_cert_issuer").fact("via_cert_not_after").fact("fetch_auth_mechanism")
	l.holds(3)
	l.records(0)
	onlyOwner(t, filepath.Join(l.state, "deliver.key"))
	if o.Step("late") != nil {
		t.Error("there was nothing to be late")
	}
}

// All ways back lead to the message, and leave the others alone.
func TestWaysBack(t *testing.T) {
	for name, way := range map[string]struct {
		without []string
		fetch   func(*lab) string
	}{
		"POP3 with STLS":         {nil, func(l *lab) string { return l.two.POP3URL("alice") }},
		"POP3 without UIDL":      {[]string{"UIDL"}, nil},
		"POP3 without TOP":       {[]string{"TOP"}, nil},
		"POP3 without both":      {[]string{"TOP", "UIDL"}, nil},
		"POP3 without CAPA":      {[]string{"CAPA"}, nil},
		"POP3 without all three": {[]string{"CAPA", "TOP", "UIDL"}, nil},
		"IMAPS":                  {nil, func(l *lab) string { return l.two.IMAPSURL("alice") }},
		"IMAP with STARTTLS":     {nil, func(l *lab) string { return l.two.IMAPURL("alice") }},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, mailtest.Config{Without: way.without})
			for i := range 3 {
				l.put(i)
			}
			before := l.two.Messages("alice")
			args := []string{}
			if way.fetch != nil {
				args = []string{"--fetch", way.fetch(l)}
			}
			o := l.deliver(args...).is(probe.OK, "body unchanged")
			unchanged(t, before, l.two.Messages("alice"))
			keepsPrivate(t, o)
			l.records(0)
		})
	}
}

// unchanged demands that a mailbox is as it was.
func unchanged(t *testing.T, before, after []mailtest.Message) {
	t.Helper()
	if !reflect.DeepEqual(before, after) {
		t.Errorf("the mailbox has changed: %d messages, before %d", len(after), len(before))
	}
}

// keepsPrivate demands that nothing of the others' messages shows.
func keepsPrivate(t *testing.T, o outcome) {
	t.Helper()
	encoded, err := json.Marshal(o.Result)
	must(t, err)
	if shown := string(encoded) + probetest.Golden(o.Result); strings.Contains(shown, "private") || strings.Contains(shown, "carol") {
		t.Errorf("somebody else's message shows: %s", shown)
	}
}
