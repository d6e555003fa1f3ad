package smtpcheck_test

import (
	"testing"
	"testing/synctest"

	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
	"mailprobe/wire"
)

// A check is not tried again once the server may have a message: from its yes to DATA on,
// whatever comes then.
func TestCommitted(t *testing.T) {
	const envelope = "S: 220 mx\nC: EHLO ***\nS: 250 mx\nC: MAIL FROM:<bob@example.net>\nS: 250 ok\nC: RCPT TO:<alice@example.org>\n"
	for name, c := range map[string]struct {
		script string
		want   bool
	}{
		"the recipient is refused":        {"S: 450 4.2.0 later\nC: QUIT\nS: 221 bye\n", false},
		"DATA is refused":                 {"S: 250 ok\nC: DATA\nS: 451 later\nC: QUIT\nS: 221 bye\n", false},
		"the message is accepted":         {"S: 250 ok\nC: DATA\nS: 354 go on\n* body\nS: 250 ok\nC: QUIT\nS: 221 bye\n", true},
		"the message is refused":          {"S: 250 ok\nC: DATA\nS: 354 go on\n* body\nS: 451 later\nC: QUIT\nS: 221 bye\n", true},
		"nothing is said of the message":  {"S: 250 ok\nC: DATA\nS: 354 go on\n* body\nC: QUIT\n", true},
		"the server hangs up in the text": {"S: 250 ok\nC: DATA\nS: 354 go on\n* close\n", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			check := smtpcheck.NewCheck(&probe.Options{Timeout: probe.DefaultTimeout, Dial: probetest.Dial(t, envelope+c.script)})
			check.TLS.TLS, check.From, check.To, check.Send = "off", "bob@example.net", []string{"alice@example.org"}, true
			if err := check.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			target, err := smtpcheck.Kind().ParseTarget("192.0.2.25")
			if err != nil {
				t.Fatal(err)
			}
			r := &probe.Result{Transcript: &wire.Transcript{}}
			_ = check.Submit(t.Context(), target, r, []byte("A: b\r\n\r\ntext\r\n"))
			if r.Committed != c.want {
				t.Errorf("%s: committed is %v, want %v", name, r.Committed, c.want)
			}
		})
	}
}
