package smtpcheck

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return append(transport.Measures(),
		probe.Measure{Name: "tlsa", MoreIsBetter: true},
		probe.Measure{Name: "tlsa_matching", MoreIsBetter: true},
		probe.Measure{Name: "size_limit", Unit: probe.Bytes, MoreIsBetter: true},
		probe.Measure{Name: "message_size", Unit: probe.Bytes},
		probe.Measure{Name: "deliver_by_least", Unit: probe.Seconds},
		probe.Measure{Name: "relay_asked"},
		probe.Measure{Name: "relay_accepted"},
		probe.Measure{Name: "relay_refused"},
	)
}
