package integration

import (
	"os"
	"testing"

	"mailprobe/probe"
)

// The servers' own host answers. Without the right to ping that is Unknown,
// and said so; root has it.
func TestPing(t *testing.T) {
	needDovecot(t)
	o := check(t, "", "ping", lab.Host(Good), "-c", "3", "-i", "10ms")
	if o.Status == probe.Unknown && os.Geteuid() != 0 {
		t.Skip(o.Summary)
	}
	o.is(probe.OK)
	for name, want := range map[string]string{"sent": "3", "received": "3", "loss": "0%"} {
		o.fact(name, want)
	}
	check(t, "", "ping", lab.Host(Good), "-c", "1", "--crit", "received=2:").is(probe.Critical)
}
