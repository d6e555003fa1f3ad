package history

import (
	"encoding/hex"
	"testing"
	"time"
)

// What was stored by earlier versions stays readable, and is written the same.
func TestStoredTimes(t *testing.T) {
	const stored = "04a0c59a01904ea0cb980103bd010204016d01"
	var times Times
	for _, ms := range []time.Duration{10, 10, 12, 2500} {
		times.Add(ms * time.Millisecond)
	}
	if got := hex.EncodeToString(times.append(nil)); got != stored {
		t.Errorf("written as %s, not %s", got, stored)
	}
	b, err := hex.DecodeString(stored)
	if err != nil {
		t.Fatal(err)
	}
	in := numberReader{rest: b}
	if back := in.times(); in.err != nil || back.Count != 4 || back.Max != 2500*time.Millisecond || back.Percentile(50).Round(time.Millisecond) != 10*time.Millisecond {
		t.Errorf("%+v, %v", back, in.err)
	}
}
