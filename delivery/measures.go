package delivery

import (
	"slices"

	"mailprobe/probe"
	"mailprobe/transport"
)

// measures are the facts that are numbers: those of the delivery, and those of either
// session that are shown under the name of its side.
func measures() []probe.Measure {
	all := []probe.Measure{
		{Name: "delivered", Unit: probe.Seconds},
		{Name: "round_trip", Unit: probe.Seconds},
		{Name: "there", Unit: probe.Seconds},
		{Name: "back", Unit: probe.Seconds},
		{Name: "submit", Unit: probe.Seconds},
		{Name: "late_by", Unit: probe.Seconds},
		{Name: "late"},
		{Name: "late_copies"},
		{Name: "judged", MoreIsBetter: true},
		{Name: "under_way"},
		{Name: "missing"},
		{Name: "oldest_missing", Unit: probe.Seconds},
		{Name: "copies"},
		{Name: "messages"},
		{Name: "attempts"},
		{Name: "polls"},
		{Name: "hops"},
		{Name: "hop_N_delay", Unit: probe.Seconds},
		{Name: "hop_N_skew", Unit: probe.Seconds},
		{Name: "grown", Unit: probe.Bytes},
		{Name: "sent_size", Unit: probe.Bytes},
		{Name: "received_size", Unit: probe.Bytes},
		{Name: "spam_score"},
		{Name: "scl"},
		{Name: "via_tlsa", MoreIsBetter: true},
		{Name: "via_tlsa_matching", MoreIsBetter: true},
	}
	session := append(transport.Measures(), probe.Measure{Name: "login_delay", Unit: probe.Seconds})
	shown := shownFacts()
	for _, side := range []string{"via", "fetch"} {
		for _, m := range session {
			if slices.Contains(shown, m.Name) {
				m.Name = side + "_" + m.Name
				all = append(all, m)
			}
		}
	}
	return all
}
