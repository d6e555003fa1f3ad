package push

import "mailprobe/probe"

// The causes of this kind.
var (
	CauseMissing = &probe.Cause{
		Name: "push-missing", Blame: probe.BlameUnclear, Status: probe.Critical, Transient: true,
		Meaning: "No push came within the interval and the grace of the check.",
		Hint:    "see whether the job ran, or the message arrived, and whether it could reach this address",
		Source:  "mailprobe: kind push, every and grace",
	}
	CauseUnfinished = &probe.Cause{
		Name: "push-unfinished", Blame: probe.BlameUnclear, Status: probe.Critical, Transient: true,
		Meaning: "A job reported that it began, and not within the grace of the check that it ended.",
		Hint:    "see whether the job still runs or broke off; grace must be longer than it takes",
		Source:  "mailprobe: kind push, /start and grace",
	}
	CauseReported = &probe.Cause{
		Name: "push-failed", Blame: probe.BlameUnclear, Status: probe.Critical, Transient: true,
		Meaning: "What pushed reported that it did not go well.",
		Hint:    "see the text of the push, and the output of the job that sent it",
		Source:  "mailprobe: kind push, status and exit code",
	}
	CauseUnheard = &probe.Cause{
		Name: "push-unheard", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "No push came, but nothing was there to take it when one was due.",
		Hint:    "keep mailprobe serve running, which takes the pushes",
		Source:  "mailprobe serve: kind push",
	}
)

// Causes returns the causes of this kind.
func Causes() []*probe.Cause {
	return []*probe.Cause{CauseMissing, CauseUnfinished, CauseReported, CauseUnheard}
}
