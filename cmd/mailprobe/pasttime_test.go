package main

import (
	"strings"
	"testing"
	"time"
)

func TestPastTime(t *testing.T) {
	now := time.Date(2026, 11, 29, 2, 30, 15, 0, time.UTC)
	for text, want := range map[string]string{
		"2h":                        "2026-11-29T00:30:15Z",
		"30d":                       "2026-10-30T02:30:15Z",
		"0":                         "2026-11-29T02:30:15Z",
		"03:10":                     "2026-11-28T03:10:59.999999999Z",
		"02:30":                     "2026-11-29T02:30:59.999999999Z",
		"02:30:15":                  "2026-11-29T02:30:15.999999999Z",
		"02:30:16":                  "2026-11-28T02:30:16.999999999Z",
		"2026-11-28 03:10":          "2026-11-28T03:10:59.999999999Z",
		"2026-11-28 03:10:05":       "2026-11-28T03:10:05.999999999Z",
		"2026-11-28T03:10Z":         "2026-11-28T03:10:59.999999999Z",
		"2026-11-28T03:10:05+01:00": "2026-11-28T02:10:05.999999999Z",
		"2026-11-28T03:10:05.123Z":  "2026-11-28T03:10:05.123Z",
	} {
		if got, err := parsePastTime(text, now); err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is %s, %v; want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
	for text, want := range map[string]string{
		"":                     `"" is not a time such as 2h (ago), 03:10`,
		"25:10":                `"25:10" is not a time`,
		"2026-02-30 03:10":     "is not a time",
		"yesterday":            "is not a time",
		"2026-11-29 02:31":     "2026-11-29 02:31 is in the future: it is 2026-11-29 02:30:15 UTC",
		"2026-11-29T03:00+00:": "is not a time",
		"-2h":                  "is not a time",
	} {
		if got, err := parsePastTime(text, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}
