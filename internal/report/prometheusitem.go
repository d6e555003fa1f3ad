package report

import (
	"maps"
	"slices"
	"strings"

	"mailprobe/probe"
)

// Each number of an item is a metric of its own, named after the item and the fact, with
// the key and the address of the item as labels:
//
//	mailprobe_hop_loss_ratio{...,hop="3",address="192.0.2.1"} 0.25
//	mailprobe_hop_rtt_seconds{...,hop="3",address="192.0.2.1",stat="avg"} 0.012
//
// A time whose name has two parts, such as rtt_avg, gets the label stat.

// addItem adds the numbers of an item.
func (s *sample) addItem(step probe.Step, constant Labels) {
	if s.items == nil {
		s.items = map[string][]reading{}
	}
	labels := label(unused(metricName(step.Item), constant), itemKey(step)) + "," + label("address", step.Address)
	for _, f := range step.Facts {
		if !hasNumber(f) {
			continue
		}
		name, stat, value := itemMetric(f)
		if stat != "" {
			stat = "," + label("stat", stat)
		}
		name = metricName("mailprobe_" + step.Item + "_" + name)
		s.items[name] = replace(s.items[name], reading{labels: labels + stat, value: value})
	}
}

// itemKey returns the part of a step's name that identifies the item, 3 of hop-3.
func itemKey(s probe.Step) string { return strings.TrimPrefix(s.Name, s.Item+"-") }

// itemMetric returns the end of the metric name of a fact, the statistic it is, and its
// value in the base unit.
func itemMetric(f probe.Fact) (name, stat string, value float64) {
	switch f.Unit {
	case probe.Seconds:
		name, stat, _ = strings.Cut(f.Name, "_")
		return name + "_seconds", stat, *f.Value
	case probe.Percent:
		return f.Name + "_ratio", "", *f.Value / 100
	case probe.Bytes:
		return f.Name + "_bytes", "", *f.Value
	}
	return f.Name, "", *f.Value
}

// metricName returns a name for a metric or a label, with underscores for the characters
// not allowed in it.
func metricName(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(text))
}

// itemFamilies returns the metrics of the items of all samples.
func itemFamilies(all []sample) []family {
	return namedFamilies(all, "A number that the check learned of each of several things, in the base unit that the name ends in.",
		func(s *sample) map[string][]reading { return s.items })
}

// namedFamilies returns the metrics whose names come from the samples, in alphabetical
// order.
func namedFamilies(all []sample, help string, of func(*sample) map[string][]reading) []family {
	names := map[string]bool{}
	for i := range all {
		for name := range of(&all[i]) {
			names[name] = true
		}
	}
	var families []family
	for _, name := range slices.Sorted(maps.Keys(names)) {
		families = append(families, family{name, help, func(s *sample, emit func(string, float64)) {
			for _, r := range of(s)[name] {
				emit(r.labels, r.value)
			}
		}})
	}
	return families
}
