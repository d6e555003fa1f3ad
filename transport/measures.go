package transport

import "mailprobe/probe"

// Measures are the facts of Link and Login that are numbers.
func Measures() []probe.Measure {
	return []probe.Measure{
		{Name: "handshake", Unit: probe.Seconds},
		{Name: "cert_days_left", MoreIsBetter: true},
		{Name: ChainDaysLeft, MoreIsBetter: true},
		{Name: "cert_chain"},
	}
}
