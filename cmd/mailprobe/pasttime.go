package main

import (
	"fmt"
	"strings"
	"time"

	"mailprobe/probe"
)

// timeLayouts are the layouts of a time, which is UTC unless it has an offset, and the
// length of the interval that a time in each layout stands for.
var timeLayouts = []struct {
	layout string
	length time.Duration
}{
	{time.RFC3339Nano, time.Second},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04:05", time.Second},
	{"2006-01-02T15:04", time.Minute},
	{"15:04:05", time.Second},
	{"15:04", time.Minute},
}

// parsePastTime parses a time in the past: how long ago it was, as in "2h", or when, as in
// "2026-11-28 03:10", "2026-11-28T03:10:05Z" or "03:10", which is the last 03:10. Times are
// UTC. A time without seconds returns the end of its minute, as tables show times so, and
// one with seconds the end of its second.
func parsePastTime(text string, now time.Time) (time.Time, error) {
	if age, err := probe.ParseDuration(text); err == nil {
		return now.Add(-age), nil
	}
	for _, l := range timeLayouts {
		t, err := time.Parse(l.layout, strings.Replace(text, " ", "T", 1))
		if err != nil {
			continue
		}
		if t.Year() == 0 {
			t = lastTime(t, now)
		}
		if t.After(now) {
			return time.Time{}, fmt.Errorf("%s is in the future: it is %s UTC", text, now.UTC().Format("2006-01-02 15:04:05"))
		}
		if t.Nanosecond() == 0 {
			t = t.Add(l.length - time.Nanosecond)
		}
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2h (ago), 03:10, \"2026-11-28 03:10\" or 2026-11-28T03:10:05Z (UTC)", text)
}

// lastTime returns the last occurrence of a time of day.
func lastTime(clock, now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	t := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	if t.After(now) {
		return t.AddDate(0, 0, -1)
	}
	return t
}
