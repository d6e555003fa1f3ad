package pop3check

import (
	"slices"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return slices.Concat(transport.Measures(), search.Measures(), []probe.Measure{
		{Name: "login_delay", Unit: probe.Seconds},
		{Name: "messages"},
		{Name: "octets", Unit: probe.Bytes},
		{Name: "largest", Unit: probe.Bytes},
		{Name: "message"},
		{Name: "message_octets", Unit: probe.Bytes},
		{Name: "message_size", Unit: probe.Bytes},
		{Name: "retrieval", Unit: probe.Seconds},
		{Name: transport.NewestAge, Unit: probe.Seconds},
	})
}
