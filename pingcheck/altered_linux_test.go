package pingcheck

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// Some hosts send back less than they got. They are up, and their time is right.
func TestCutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = func(f *fakeNet, req icmp.Packet) {
			m := req.Reply()
			m.Data = m.Data[:icmp.HeaderLen+20]
			f.Deliver(time.Millisecond, m.Seal())
		}
		r := f.run(t, t.Context(), "-c2", "192.0.2.7")[0]
		if r.Status != probe.Warning || !CauseAnswersCut.Is(r.Cause) || r.Summary != "echo: 2 of 2 answers were cut, to 28 bytes" {
			t.Errorf("%s %q, %v", r.Status, r.Summary, r.Cause)
		}
		if avg, _ := r.Fact("rtt_avg"); avg.Text != "1.00 ms" {
			t.Errorf("average %s", avg.Text)
		}
	})
}

// Whatever becomes of the payload, an answer with the right address, identifier and
// sequence number is one of ours, and altered; the verdict says so.
func TestAlteredAnswer(t *testing.T) {
	for name, alter := range map[string]func(payload []byte){
		"zeroed":              func(b []byte) { clear(b) },
		"the host's own":      func(b []byte) { copy(b, strings.Repeat("abcdefghijklmnopqrstuvw", 3)) },
		"a time at its begin": func(b []byte) { copy(b, "\x12\x34\x56\x78\x9a\xbc\xde\xf0") },
		"another token":       func(b []byte) { copy(b, strings.Repeat("x", 16)) },
		"one bit":             func(b []byte) { b[40] ^= 1 },
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = func(f *fakeNet, req icmp.Packet) {
				m := req.Reply()
				alter(m.Data[icmp.HeaderLen:])
				f.Deliver(time.Millisecond, m.Seal())
			}
			r := f.run(t, t.Context(), "-c2", "192.0.2.7")[0]
			corrupted, _ := r.Fact("corrupted")
			if r.Status != probe.Critical || !CauseAnswersAltered.Is(r.Cause) || corrupted.Text != "2" ||
				r.Summary != "echo: answers with other bytes than were sent: 2" {
				t.Errorf("%s: %s %q, %v, %s corrupted", name, r.Status, r.Summary, r.Cause, corrupted.Text)
			}
		})
	}
}

// A router says only after the wait why it cannot deliver: that is why the probes were
// lost, all the same.
func TestLateErrorIsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = func(f *fakeNet, req icmp.Packet) {
			f.Deliver(3500*time.Millisecond, req.Fault(router, 3, 1, 0))
		}
		r := f.run(t, t.Context(), "-c5", "192.0.2.7")[0]
		if r.Status != probe.Critical || !probe.CauseUnreachable.Is(r.Cause) || r.Summary != "echo: host unreachable (type 3 code 1), says 198.51.100.1" {
			t.Errorf("%s %q, %v", r.Status, r.Summary, r.Cause)
		}
		if errors, _ := r.Fact("errors"); errors.Text != "2" {
			t.Errorf("%s errors came before the end", errors.Text)
		}
	})
}
