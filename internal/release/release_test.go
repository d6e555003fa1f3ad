package release

import (
	"runtime/debug"
	"testing"
)

// TestRecorded: what go build records of a repository names the commit.
func TestRecorded(t *testing.T) {
	for _, c := range []struct {
		settings []debug.BuildSetting
		of, on   string
	}{
		{nil, "", ""},
		{[]debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-29T10:00:00Z"}, {Key: "vcs.modified", Value: "false"}}, "0123456789ab", "2026-11-29"},
		{[]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "0123"}}, "0123-dirty", ""},
	} {
		if of, on := recorded(c.settings); of != c.of || on != c.on {
			t.Errorf("%v: %q, %q", c.settings, of, on)
		}
	}
}

// TestLinked: what the linker was given takes the place of what Go records.
func TestLinked(t *testing.T) {
	defer func(v, c, d string) { version, commit, date = v, c, d }(version, commit, date)
	version, commit, date = "v1.2.3", "0123456789ab", "2026-11-29"
	if got := String(); got != "v1.2.3 (commit 0123456789ab, 2026-11-29)" || Version() != "v1.2.3" || Date() != "2026-11-29" {
		t.Errorf("%q, %q, %q", got, Version(), Date())
	}
	commit, date = "", ""
	if got := String(); got != "v1.2.3" || Date() != "" {
		t.Errorf("of an archive: %q, %q", got, Date())
	}
}
