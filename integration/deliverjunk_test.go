package integration

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// What Dovecot puts into Junk is found and removed there, and judged by a later run.
func TestDeliverJunk(t *testing.T) {
	needPostfix(t)
	user, state := lab.NewUser(), t.TempDir()
	must(t, lab.Store(user, []Stored{{Folder: "Junk", Text: "Subject: private\n\nprivate\n", Received: time.Now().Add(-time.Hour)}}))
	spam := []string{"--to", strings.Replace(user.Name, "@", "+Junk@", 1), "--from", user.Name, "--fetch", "imaps://" + lab.Addr(IMAPS, Good), "--junk", "Junk"}
	o := follow(t, user, state, spam...).is(probe.Warning)
	o.because("wait", probe.Warning, "delivered-as-spam", probe.BlameServer, `arrived in "Junk"`)
	o.fact("junk", "Junk")
	o.fact("body", "unchanged")
	follow(t, user, state, append(spam, "--send-only")...).is(probe.OK)
	var judged outcome
	for range 50 { // the queue is another process's
		judged = follow(t, user, state, append(spam, "--judge")...)
		if f, ok := judged.Fact("judged"); ok && f.Text == "1" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	judged.because("judge", probe.Warning, "delivered-as-spam", probe.BlameServer, `arrived in "Junk"`)
	judged.fact("body", "unchanged")
	if _, ok := judged.Fact("delivered"); !ok {
		t.Error("it is not known how long it took")
	}
	o = follow(t, user, state, append(spam, "--judge")...).is(probe.Unknown)
	o.because("judge", probe.Unknown, "none-sent", probe.BlameSender, "there is no message of an earlier run to judge")
}
