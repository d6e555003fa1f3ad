package suite

import (
	"mailprobe/probe"
)

// The causes that a run of a file of checks gives of its own.
var (
	CauseDeadline = &probe.Cause{
		Name: "run-too-short", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The run of the checks ended before this one had its turn.",
		Hint:    "give the run longer with --deadline, or more at once with --jobs",
		Source:  "mailprobe check --deadline",
	}
	CauseDependency = &probe.Cause{
		Name: "dependency-down", Blame: probe.BlameNobody, Status: probe.Skipped,
		Meaning: "A check that this one depends on is down, so that it was not tried.",
		Hint:    "see to the check that it depends on",
		Source:  "mailprobe check: depends_on",
	}
	CauseNotReady = &probe.Cause{
		Name: "check-not-ready", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The check cannot be made ready by what the file says: a file or a program that it names is missing or refuses.",
		Hint:    "mailprobe check --validate says where in the file",
		Source:  "mailprobe check",
	}
)

// Causes are those that a run gives besides those of its checks.
func Causes() []*probe.Cause {
	return []*probe.Cause{CauseDeadline, CauseDependency, CauseNotReady, CauseMuted, CauseStuckRun}
}
