package notify

import (
	"testing"

	"mailprobe/probe"
)

// TestHeartbeatWarning: the first of two words holds while mail works.
func TestHeartbeatWarning(t *testing.T) {
	for status, want := range map[probe.Status]string{probe.OK: "up", probe.Warning: "up", probe.Unknown: "down", probe.Critical: "down"} {
		if got := fill("{up|down}", Beat{Status: status}, percent); got != want {
			t.Errorf("%s is %s, want %s", status, got, want)
		}
	}
}
