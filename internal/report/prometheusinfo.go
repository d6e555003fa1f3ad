package report

import (
	"net/netip"
	"runtime"
	"strings"
	"time"

	"mailprobe/internal/release"
	"mailprobe/probe"
)

// connectionLabels returns the labels that describe the connection of a check: the
// address, its family, and the facts in the roles Label and Identifier. It is empty if
// nothing is known.
func connectionLabels(address string, facts []probe.Fact, constant Labels) string {
	var own Labels
	add := func(name, value string) {
		if name = unused(metricName(name), constant); value != "" && !own.Has(name) {
			own = append(own, Label{name, value})
		}
	}
	add("address", address)
	add("family", familyOf(address))
	for _, f := range facts {
		if f.Role == probe.Label || f.Role == probe.Identifier {
			add(f.Name, f.Text)
		}
	}
	return own.String()
}

// unused returns a label name that no constant label has: the name itself, or with
// underscores appended.
func unused(name string, constant Labels) string {
	for constant.Has(name) {
		name += "_"
	}
	return name
}

// familyOf returns the family of an address with or without a port, empty for anything
// else.
func familyOf(address string) string {
	addr, err := netip.ParseAddr(address)
	if port, portErr := netip.ParseAddrPort(address); portErr == nil {
		addr, err = port.Addr(), nil
	}
	switch {
	case err != nil:
		return ""
	case addr.Unmap().Is4():
		return "ipv4"
	}
	return "ipv6"
}

// addMoment adds a fact in the role Moment, which is a metric of its own.
func (s *sample) addMoment(f probe.Fact) {
	if f.Role != probe.Moment {
		return
	}
	at, err := time.Parse(time.RFC3339, f.Text)
	if err != nil {
		return
	}
	if s.moments == nil {
		s.moments = map[string][]reading{}
	}
	name := metricName("mailprobe_" + f.Name + "_timestamp_seconds")
	s.moments[name] = replace(s.moments[name], reading{value: unixSeconds(at)})
}

// momentFamilies returns the metrics of the facts in the role Moment.
func momentFamilies(all []sample) []family {
	return namedFamilies(all, "A point in time that the check learned, in seconds since 1970.",
		func(s *sample) map[string][]reading { return s.moments })
}

// buildLabels returns the labels with the version of this program, the commit it was built
// from, the version of Go, and the file of checks, if any: the series of two files must
// differ.
func buildLabels(file string) string {
	all := label("version", release.Version()) + "," + label("commit", release.Commit()) +
		"," + label("goversion", strings.Fields(runtime.Version())[0])
	if file != "" {
		all += "," + label("file", file)
	}
	return all
}
