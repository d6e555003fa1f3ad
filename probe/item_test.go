package probe

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// found is a checker that finds one item, which is lossy.
type found struct{}

func (found) Prepare(context.Context) error { return nil }

func (found) Check(_ context.Context, _ Target, r *Result) error {
	_ = r.Run("trace", func(s *Step) error {
		s.Learn(Number("loss", 0, Percent))
		return nil
	})
	return r.Run("hop-1", func(s *Step) error {
		s.Item, s.Address, s.Elapsed = "hop", "192.0.2.1", time.Second
		s.Learn(Number("loss", 40, Percent), Duration("rtt_avg", time.Second))
		return nil
	})
}

func checkItems(t *testing.T, args ...string) (*Result, error) {
	t.Helper()
	kind := Kind{Name: "trace", Steps: []string{"trace", "hop-1", "hop-2"}, New: func(*Options) (Checker, []Option) { return found{}, nil }}
	c := New(kind)
	if _, err := ParseArgs(c.Declared, args); err != nil {
		return nil, err
	}
	if err := c.Prepare(t.Context()); err != nil {
		return nil, err
	}
	return c.Do(t.Context(), Target{Text: "192.0.2.7", Host: "192.0.2.7"})[0], nil
}

// The facts of an item are its own: a threshold means them only by the step's name.
func TestThresholdsOfItems(t *testing.T) {
	for _, c := range []struct {
		args string
		want Status
		says string
	}{
		{"--warn=loss=10", OK, ""},
		{"--warn=trace:loss=1:", Warning, "trace: loss 0% is outside warning range 1:"},
		{"--warn=hop:loss=10", Warning, "hop-1: loss 40% is outside warning range 10"},
		{"--crit=hop-1:loss=10", Critical, "hop-1: loss 40% is outside critical range 10"},
		{"--warn=hop:loss=50", OK, ""},
		{"--warn=hop-2:loss=50", Unknown, `no fact "hop-2:loss" was learned`},
		{"--warn=rtt_avg=50", Unknown, `no fact "rtt_avg" was learned`},
	} {
		r, err := checkItems(t, c.args)
		if err != nil || r.Status != c.want || !strings.Contains(r.Summary, c.says) {
			t.Errorf("%s: %s, %q, %v; want %s, %q", c.args, r.Status, r.Summary, err, c.want, c.says)
		}
	}
	for args, says := range map[string]string{
		"--warn=hpo:loss=10": `there is no step "hpo"; did you mean hop?`,
		"--warn=:loss=10":    "use FACT=RANGE or STEP:FACT=RANGE",
		"--warn=hop:=10":     "use FACT=RANGE or STEP:FACT=RANGE",
	} {
		if _, err := checkItems(t, args); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", args, err, says)
		}
	}
}

// An item keeps the time that was measured of it, takes no fact about the whole check,
// and is still one after a way through JSON.
func TestItem(t *testing.T) {
	r, err := checkItems(t)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Result{r, &again} {
		hop := r.Step("hop-1")
		if hop.Elapsed != time.Second || hop.Item != "hop" || hop.Address != "192.0.2.1" || len(hop.Facts) != 2 {
			t.Errorf("the item is %+v", hop)
		}
		if f, ok := r.Fact("loss"); !ok || *f.Value != 0 {
			t.Errorf("the loss of the whole check is %+v, %t", f, ok)
		}
		if _, ok := r.Fact(TotalFact); !ok {
			t.Error("the whole check has no time")
		}
	}
}
