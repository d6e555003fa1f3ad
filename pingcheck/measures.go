package pingcheck

import "mailprobe/probe"

// measures are the facts that are numbers: of one host, and of a sweep.
func measures() []probe.Measure {
	return append(tripMeasures(),
		probe.Measure{Name: "sent"},
		probe.Measure{Name: "received", MoreIsBetter: true},
		probe.Measure{Name: "duplicates"},
		probe.Measure{Name: "reordered"},
		probe.Measure{Name: "late"},
		probe.Measure{Name: "cut"},
		probe.Measure{Name: "corrupted"},
		probe.Measure{Name: "foreign"},
		probe.Measure{Name: "errors"},
		probe.Measure{Name: "ttl"},
		probe.Measure{Name: "mtu", Unit: probe.Bytes, MoreIsBetter: true},
		probe.Measure{Name: "queued", Unit: probe.Seconds},
		probe.Measure{Name: "queued_max", Unit: probe.Seconds},
		probe.Measure{Name: factAlive, MoreIsBetter: true},
		probe.Measure{Name: factDead},
		probe.Measure{Name: factFailed},
	)
}

// traceMeasures are the facts of a trace that are numbers: of the host, and of each hop.
func traceMeasures() []probe.Measure {
	return append(tripMeasures(),
		probe.Measure{Name: "sent"},
		probe.Measure{Name: "received", MoreIsBetter: true},
		probe.Measure{Name: "hops"},
		probe.Measure{Name: "rtt_last", Unit: probe.Seconds},
	)
}

// tripMeasures are those of probes and their answers.
func tripMeasures() []probe.Measure {
	all := []probe.Measure{{Name: probe.LossFact, Unit: probe.Percent}, {Name: "jitter", Unit: probe.Seconds}}
	for _, name := range []string{"rtt_min", "rtt_avg", "rtt_median", "rtt_p95", "rtt_p99", "rtt_max", "rtt_stddev"} {
		all = append(all, probe.Measure{Name: name, Unit: probe.Seconds})
	}
	return all
}
