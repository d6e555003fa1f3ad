package probe

import (
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"10": 10 * time.Second, "1.5": 1500 * time.Millisecond, "0": 0, "0s": 0, ".5s": 500 * time.Millisecond,
		"500ms": 500 * time.Millisecond, "20us": 20 * time.Microsecond, "20µs": 20 * time.Microsecond, "5ns": 5,
		"1h30m": 90 * time.Minute, "30d": 30 * day, "1.5d": 36 * time.Hour, "2w": 14 * day, "1w2d3h": 9*day + 3*time.Hour,
		"36500d": maxDuration,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"": "is not a time", "d": "is not a time", ".": "is not a time", "1.2.3s": "is not a time", "5 s": "is not a time",
		"s5": "is not a time", "30s5": "is not a time", "1y": "is not a time", "soon": "is not a time", "NaN": "is not a time",
		"infs": "is not a time", "1e5s": "is not a time", "+5s": "is not a time",
		"-5d": "is negative", "-1": "is negative", "-": "is negative",
		"36501d": "is longer than", "99999999999999999999999w": "is longer than", strings.Repeat("9", 400) + "d": "is longer than",
	} {
		if got, err := ParseDuration(text); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), `"`+text) {
			t.Errorf("%q is %s, %v; want %q", text, got, err, says)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1h30m")
	f.Add("2w.5d")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if d < 0 || d > maxDuration {
			t.Errorf("%q is %s", text, d)
		}
		if again, wrong := ParseDuration(durationText(d)); err == nil && (wrong != nil || d != again) {
			t.Errorf("%q is %s, which is %s", text, durationText(d), again)
		}
	})
}
