package pingcheck

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A name server that is dead costs the probes none of their time.
func TestSlowNameServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(0)
		kind := kindWith(func(icmp.Options) (*icmp.Engine, error) { return f.engine(t), nil })
		c := probe.New(kind)
		if _, err := probe.ParseArgs(c.Declared, []string{"-c1"}); err != nil {
			t.Fatal(err)
		}
		c.Options.DNS = slowNames{}
		if err := c.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		target, err := kind.ParseTarget("mx.example.org")
		if err != nil {
			t.Fatal(err)
		}
		if r := c.Do(t.Context(), target)[0]; r.Status != probe.OK || r.Elapsed != 10*time.Millisecond {
			t.Errorf("%s %q, %s", r.Status, r.Summary, r.Elapsed)
		}
	})
}

// slowNames is a resolver whose first name server is dead.
type slowNames struct{ names }

func (n slowNames) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return n.names.LookupNetIP(ctx, network, host)
}

// A ping's time is that of its answers, not of its pauses. --warn takes it and the loss
// as a pair.
func TestCheckOwnTime(t *testing.T) {
	for _, c := range []struct {
		args    []string
		answer  func(*fakeNet, icmp.Packet)
		status  probe.Status
		summary string
	}{
		{[]string{"--warn", "200ms"}, lossy(0), probe.OK, "5 of 5 answered, 0% loss, average 10.0 ms"},
		{[]string{"--warn", "5ms,20%"}, lossy(0), probe.Warning, "echo: total 10.0 ms is outside warning range 5ms"},
		{[]string{"--warn", "200ms,60%", "--crit", "500ms,80%"}, lossy(2), probe.OK, "3 of 5 answered, 40% loss, average 10.0 ms"},
		{[]string{"--warn", "200ms,20%", "--crit", "500ms,30%"}, lossy(2), probe.Critical, "echo: 2 of 5 probes lost"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			r := f.run(t, t.Context(), append(c.args, "192.0.2.7")...)[0]
			if r.Status != c.status || r.Summary != c.summary || r.Elapsed != 10*time.Millisecond {
				t.Errorf("%v: %s %q, %s", c.args, r.Status, r.Summary, r.Elapsed)
			}
		})
	}
}
