package delivery

import (
	"testing"
	"time"
)

// When a message arrived is what its server says, within what is known here.
func TestArrival(t *testing.T) {
	begin := time.Date(2026, 11, 29, 12, 0, 0, 500e6, time.UTC)
	at := func(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }
	for name, test := range map[string]struct {
		record record
		want   time.Time
	}{
		"as the server says":         {record{Accepted: at(0), Stamp: at(7), Found: at(100)}, at(7)},
		"in the same second":         {record{Accepted: at(0), Stamp: at(-0.5), Found: at(100)}, at(0)},
		"after a look in vain":       {record{Accepted: at(0), Looked: at(50), Stamp: at(49), Found: at(100)}, at(50)},
		"a clock a little ahead":     {record{Accepted: at(0), Stamp: at(103), Found: at(100)}, at(100)},
		"a clock that is ahead":      {record{Accepted: at(0), Stamp: at(200), Found: at(100)}, time.Time{}},
		"a clock that is behind":     {record{Accepted: at(0), Stamp: at(-60), Found: at(100)}, time.Time{}},
		"no date":                    {record{Accepted: at(0), Found: at(100)}, time.Time{}},
		"a run that was interrupted": {record{Sent: at(0), Stamp: at(7), Found: at(100)}, at(7)},
	} {
		got, why := test.record.arrival()
		if !got.Equal(test.want) || got.IsZero() != (why != "") {
			t.Errorf("%s: got %v, %q, want %v", name, got, why, test.want)
		}
	}
}
