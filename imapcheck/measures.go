package imapcheck

import (
	"slices"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return slices.Concat(transport.Measures(), search.Measures(), []probe.Measure{
		{Name: "messages"},
		{Name: "recent"},
		{Name: "unseen"},
		{Name: "uidnext"},
		{Name: "uidvalidity"},
		{Name: quotaUsed, Unit: probe.Bytes},
		{Name: quotaLimit, Unit: probe.Bytes, MoreIsBetter: true},
		{Name: quotaPercent, Unit: probe.Percent},
		{Name: transport.NewestAge, Unit: probe.Seconds},
	})
}
