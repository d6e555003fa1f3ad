package report

import (
	"cmp"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"mailprobe/probe"
)

// connectionLabels are the labels of what a check was connected to: the address, its
// family, and the facts that are labels, by their names. It is empty where nothing is
// known.
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

// unused is a label name that no constant label has: the name, or that with an
// underscore behind it.
func unused(name string, constant Labels) string {
	for constant.Has(name) {
		name += "_"
	}
	return name
}

// familyOf is the family of an address with or without port, empty for anything else.
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

// addMoment keeps a fact that is a point in time: it is a metric of its own.
func (s *sample) addMoment(f probe.Fact) {
	at, err := time.Parse(time.RFC3339, f.Text)
	if f.Role != probe.Moment || err != nil {
		return
	}
	if s.moments == nil {
		s.moments = map[string][]reading{}
	}
	name := metricName("mailprobe_" + f.Name + "_timestamp_seconds")
	s.moments[name] = replace(s.moments[name], reading{value: unixSeconds(at)})
}

// momentFamilies are the metrics of the facts that are points in time.
func momentFamilies(all []sample) []family {
	return namedFamilies(all, "A point in time that the check learned, in seconds since 1970.",
		func(s *sample) map[string][]reading { return s.moments })
}

// buildLabels are the version of this program and of the Go it was built with.
func buildLabels() string {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return label("version", cmp.Or(version, "unknown")) + "," + label("goversion", strings.Fields(runtime.Version())[0])
}
