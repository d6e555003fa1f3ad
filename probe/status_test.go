package probe

import (
	"encoding/json"
	"testing"
)

func TestStatusOrder(t *testing.T) {
	order := []Status{Skipped, OK, Unknown, Warning, Critical}
	for i, a := range order {
		for j, b := range order {
			if a.Worse(b) != (i > j) {
				t.Errorf("%s.Worse(%s) is %v", a, b, a.Worse(b))
			}
			if got := Worst(a, b); got != order[max(i, j)] {
				t.Errorf("the worst of %s and %s is %s", a, b, got)
			}
		}
	}
	if Worst() != Unknown {
		t.Error("the worst of nothing is not Unknown")
	}
	var zero Status
	if zero != Unknown {
		t.Error("the zero value is not Unknown")
	}
}

func TestExitCodes(t *testing.T) {
	for s, want := range map[Status]int{OK: 0, Skipped: 0, Warning: 1, Critical: 2, Unknown: 3, Status(9): 3, Status(-1): 3} {
		if got := s.ExitCode(); got != want {
			t.Errorf("%s exits with %d; want %d", s, got, want)
		}
	}
}

func TestStatusText(t *testing.T) {
	for _, s := range []Status{Unknown, Skipped, OK, Warning, Critical} {
		text, err := json.Marshal(s)
		var back Status
		if err != nil || json.Unmarshal(text, &back) != nil || back != s {
			t.Errorf("%s is %s, which is %s", s, text, back)
		}
	}
	var s Status
	for _, bad := range []string{`"ok"`, `""`, `"GREEN"`, `7`} {
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s was taken for a status", bad)
		}
	}
}
