package suite

import (
	"mailprobe/probe"
)

// The causes of results that a run makes itself, for checks that it could not carry out.
var (
	CauseDeadline = &probe.Cause{
		Name: "run-too-short", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The run ended before this check could begin.",
		Hint:    "give the run longer with --deadline, or more at once with --jobs",
		Source:  "mailprobe check --deadline",
	}
	CauseDependency = &probe.Cause{
		Name: "dependency-down", Blame: probe.BlameNobody, Status: probe.Skipped,
		Meaning: "A check that this one depends on is down, so this one was skipped.",
		Hint:    "fix what is wrong with the check that it depends on",
		Source:  "mailprobe check: depends_on",
	}
	CauseNotReady = &probe.Cause{
		Name: "check-not-ready", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The check cannot be prepared: a file or a program that its entry names is missing or fails.",
		Hint:    "mailprobe check --validate says where in the file",
		Source:  "mailprobe check",
	}
)

// Causes returns the causes that a run adds to those of its checks.
func Causes() []*probe.Cause {
	return []*probe.Cause{CauseDeadline, CauseDependency, CauseNotReady, CauseNotifierRefused, CauseStuckRun, CauseNotAllowed, CausePlaceUnable}
}
