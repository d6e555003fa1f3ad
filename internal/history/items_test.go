package history

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"mailprobe/probe"
)

// TestCompactItems: stored facts of an item remain its own, and its time does not count
// for the day.
func TestCompactItems(t *testing.T) {
	r := result(begin, probe.OK)
	hop := probe.Step{Name: "hop-1", Status: probe.OK, Item: "hop", Elapsed: r.Steps[0].Elapsed}
	hop.Learn(probe.Number("loss", 50, probe.Percent), probe.Duration("rtt_avg", 1000))
	r.Steps = append(r.Steps, hop)
	shape, numbers, err := compact(r)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := expand(map[string][]shapeStep{}, shape, numbers)
	if err != nil {
		t.Fatal(err)
	}
	got := &probe.Result{Steps: steps}
	if s := got.Step("hop-1"); s == nil || s.Item != "hop" || len(s.Facts) != 2 || *s.Facts[0].Value != 50 {
		t.Errorf("the item is kept as %+v", s)
	}
	if f, ok := got.Fact("loss"); ok {
		t.Errorf("its loss is kept as that of the whole check: %+v", f)
	}
	if plain, err := marshalShape([]shapeStep{{Name: "hop-1", Status: probe.OK, Item: "hop"}}); err != nil || !sameShape(t, plain) {
		t.Errorf("%s, %v", plain, err)
	}
	var day, read Day
	day.Add(r)
	var kept []shapeStep
	if err := json.Unmarshal([]byte(shape), &kept); err != nil {
		t.Fatal(err)
	}
	read.addCompact(verdictOf(r), r.Elapsed, kept, numbers)
	for _, d := range []Day{day, read} {
		if d.Times[Total] == nil || d.Times["hop-1"] != nil || d.Times["rtt_avg"] != nil {
			t.Errorf("what counts for the day: %v", slices.Sorted(maps.Keys(d.Times)))
		}
	}
}

// sameShape reports whether the shape of one hop is what encoding/json writes.
func sameShape(t *testing.T, want string) bool {
	t.Helper()
	got, err := shapeText([]shapeStep{{Name: "hop-1", Status: probe.OK, Item: "hop"}})
	return err == nil && got == want
}
