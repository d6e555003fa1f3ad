package pop3check

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return append(transport.Measures(),
		probe.Measure{Name: "login_delay", Unit: probe.Seconds},
		probe.Measure{Name: "messages"},
		probe.Measure{Name: "octets", Unit: probe.Bytes},
		probe.Measure{Name: "largest", Unit: probe.Bytes},
		probe.Measure{Name: "message"},
		probe.Measure{Name: "message_octets", Unit: probe.Bytes},
		probe.Measure{Name: "message_size", Unit: probe.Bytes},
		probe.Measure{Name: "retrieval", Unit: probe.Seconds},
		probe.Measure{Name: transport.NewestAge, Unit: probe.Seconds},
	)
}
