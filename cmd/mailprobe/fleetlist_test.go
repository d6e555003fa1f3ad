package main

import (
	"slices"
	"testing"
	"time"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/centre"
)

// TestFleetListed: a line of `fleet list` has version, last seen, clock, what is not taken, and
// what a place cannot; what could not be found out is none of that.
func TestFleetListed(t *testing.T) {
	now := time.Now()
	yes, no, offset := true, false, -1.25
	able := []fleet.Ability{{Name: "port-25", Able: &no}, {Name: "ipv6", Able: &yes}, {Name: "ptr"}, {Name: "re\x1b[1msolver", Able: &no}}
	for _, c := range []struct {
		of   member
		want []string
	}{
		{member{Name: "fra", State: "invited"}, []string{"fra", "invited", "never", "", "", "", "", "", ""}},
		{member{Name: "alice", State: "joined", Submit: true}, []string{"alice", "joined, submits", "never", "", "", "", "", "", ""}},
		{
			member{Name: "fra", State: "joined", Seen: &centre.Seen{Last: now.Add(-5 * time.Second), Version: "1.2.3", Offset: &offset, Able: able, Jobs: 3, NotAllowed: 1, Spooled: 1025, Dropped: 4, Refused: 2}},
			[]string{"fra", "joined", "5 s ago", "1.2.3", "-1.250 s", "2", "2 KiB", "6", `port-25, re\x1b[1msolver`},
		},
		{
			member{Name: "fra", State: "joined", Seen: &centre.Seen{Last: now, Able: able, Problem: "the clock is an hour ahead"}},
			[]string{"fra", "joined", "0 s ago", "", "", "0", "0 KiB", "0", "the clock is an hour ahead"},
		},
	} {
		if got := c.of.row(now); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
