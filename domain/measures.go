package domain

import "mailprobe/probe"

// measures are the facts that are numbers.
func measures() []probe.Measure {
	return []probe.Measure{
		{Name: "zone_records", MoreIsBetter: true}, {Name: "zone_faults"},
		{Name: "dnssec_days_left", MoreIsBetter: true},
		{Name: "spf_lookups"}, {Name: "spf_void4"}, {Name: "spf_void6"}, {Name: "spf_size", Unit: probe.Bytes},
		{Name: "dkim_bits", MoreIsBetter: true}, {Name: "dmarc_queries"}, {Name: "dnsbl_listed"}, {Name: "tlsa", MoreIsBetter: true},
		{Name: "tlsa_matching", MoreIsBetter: true}, {Name: "xN_cert_days_left", MoreIsBetter: true},
		{Name: "sts_max_age", Unit: probe.Seconds, MoreIsBetter: true}, {Name: "sts_cert_days_left", MoreIsBetter: true},
	}
}
