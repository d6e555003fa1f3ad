package suite

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestDifferences names in what places differ: steps by their causes, addresses, and texts of
// the server, but neither numbers nor what only some have.
func TestDifferences(t *testing.T) {
	see := func(place, address string, counts bool, steps ...probe.Step) Seen {
		r := &probe.Result{Address: address, Status: probe.OK, Steps: steps}
		return Seen{Scheduled: Scheduled{Item: &Item{Place: place}, Results: []*probe.Result{r}}, Counts: counts}
	}
	step := func(name, cause string, facts ...probe.Fact) probe.Step {
		s := probe.Step{Name: name, Status: probe.OK, Facts: facts}
		if cause != "" {
			s.Status, s.Cause = probe.Critical, &probe.Cause{Name: cause}
		}
		return s
	}
	version := func(v string) probe.Fact { return probe.Text("version", v).As(probe.Label) }
	got := ""
	for _, d := range Differences([]Seen{
		see("fra", "192.0.2.1:25", true, step("greeting", "", version("1"), probe.Number("total", 1, probe.Seconds)), step("rcpt", "greylisted"), probe.Step{Name: "hop-1", Item: "hop"}),
		see("nyc", "192.0.2.2:25", true, step("greeting", "", version("2"), probe.Number("total", 2, probe.Seconds)), step("rcpt", ""), step("data", "")),
		see("lon", "192.0.2.1:25", true, step("greeting", "", version("2"), probe.Text("queue", "X")), probe.Step{Name: "rcpt", Status: probe.Skipped}),
		see("ber", "192.0.2.9:25", false, step("greeting", "refused", version("9"))),
	}) {
		got += d.What + ":"
		for _, v := range d.Values {
			got += fmt.Sprintf(" %s (%s)", v.Text, strings.Join(v.Places, " "))
		}
		got += "\n"
	}
	want := "rcpt: CRITICAL greylisted (fra) OK (nyc)\naddress: 192.0.2.1:25 (fra lon) 192.0.2.2:25 (nyc)\nversion: 1 (fra) 2 (nyc lon)\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if all := Differences([]Seen{{Counts: true}, {}}); len(all) != 0 {
		t.Errorf("%v", all)
	}
}
