package probe

import (
	"testing"
	"time"
)

func TestFormatSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", -time.Hour: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s", 2 * time.Minute: "2 min",
		90 * time.Minute: "1 h 30 min", 50 * time.Hour: "2 d 2 h",
	} {
		if got := FormatSpan(d); got != want {
			t.Errorf("%s is %q, not %q", d, got, want)
		}
	}
}
