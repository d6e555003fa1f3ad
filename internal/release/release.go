// Package release says which build of mailprobe runs: what `make` has given to the linker,
// and for builds by other means what Go has recorded.
package release

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
)

// What packaging/version.sh has the linker set by -X; empty in builds by other means.
var (
	version string // such as v1.2.3
	commit  string // the first digits of its hash, with -dirty where files were changed
	date    string // of the commit, such as 2026-11-29
)

// commitDigits is how much of a commit's hash is shown, as git describe does in large
// repositories.
const commitDigits = 12

// Version returns the version, such as v1.2.3, "(devel)" for a build that has none, and
// "unknown" where nothing is recorded.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return cmp.Or(info.Main.Version, "unknown")
	}
	return "unknown"
}

// Commit returns the first digits of the hash of the commit, with -dirty where files were
// changed; empty where it is not known.
func Commit() string {
	of, _ := source()
	return of
}

// Date returns the day of the commit in UTC, such as 2026-11-29; empty where it is not known.
func Date() string {
	_, on := source()
	return on
}

// String returns the version with the commit and its date, as far as they are known:
// v1.2.3 (commit 0123456789ab, 2026-11-29).
func String() string {
	var known []string
	if of, on := source(); of != "" {
		known = append(known, "commit "+of)
		if on != "" {
			known = append(known, on)
		}
	}
	if len(known) == 0 {
		return Version()
	}
	return fmt.Sprintf("%s (%s)", Version(), strings.Join(known, ", "))
}

// source returns the commit that the program was built from, and its day.
func source() (of, on string) {
	if version != "" {
		return commit, date
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	return recorded(info.Settings)
}

// recorded returns the commit and its day from what Go has recorded.
func recorded(settings []debug.BuildSetting) (of, on string) {
	dirty := ""
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			of = s.Value[:min(len(s.Value), commitDigits)]
		case "vcs.time":
			on, _, _ = strings.Cut(s.Value, "T")
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "-dirty"
			}
		}
	}
	if of == "" {
		return "", on
	}
	return of + dirty, on
}
