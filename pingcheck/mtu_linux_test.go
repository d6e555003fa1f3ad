package pingcheck

import (
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// What the step of --mtu says of a black hole, of a host that cuts its answers, and of a
// path that merely loses a packet.
func TestCheckMTUCauses(t *testing.T) {
	unlucky := 2
	for _, c := range []struct {
		name   string
		answer func(*fakeNet, icmp.Packet)
		status probe.Status
		cause  *probe.Cause
		says   string
	}{
		{"black hole", narrow(1400, false), probe.Warning, CauseBlackHole, "1400 bytes; larger packets vanish, and no router says so"},
		{"cut answers", func(f *fakeNet, req icmp.Packet) {
			if len(req.Data)+20 > 1500 {
				narrow(1500, true)(f, req)
				return
			}
			m := req.Reply()
			m.Data = m.Data[:min(len(m.Data), icmp.HeaderLen+64)]
			m.Seal()
			f.Deliver(time.Millisecond, m)
		}, probe.Warning, CauseAnswersCut, "1500 bytes to the host; it cuts its answers, so that the way back is not known"},
		{"two lost by chance", func(f *fakeNet, req icmp.Packet) {
			if len(req.Data)+20 == 1500 && unlucky > 0 {
				unlucky--
				return
			}
			narrow(1500, false)(f, req)
		}, probe.Warning, CauseBlackHole, "1500 bytes; larger packets vanish, and no router says so"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			r := f.run(t, t.Context(), "--mtu", "-c1", "192.0.2.7")[0]
			if s := r.Step(stepMTU); r.Status != c.status || s.Detail != c.says || c.cause != nil && !c.cause.Is(s.Cause) {
				t.Errorf("%s: %s %q, %v", c.name, r.Status, s.Detail, s.Cause)
			}
		})
	}
}
