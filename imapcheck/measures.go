package imapcheck

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return append(transport.Measures(),
		probe.Measure{Name: "messages"},
		probe.Measure{Name: "recent"},
		probe.Measure{Name: "unseen"},
		probe.Measure{Name: "uidnext"},
		probe.Measure{Name: "uidvalidity"},
		probe.Measure{Name: quotaUsed, Unit: probe.Bytes},
		probe.Measure{Name: quotaLimit, Unit: probe.Bytes, MoreIsBetter: true},
		probe.Measure{Name: quotaPercent, Unit: probe.Percent},
		probe.Measure{Name: transport.NewestAge, Unit: probe.Seconds},
	)
}
