package bulk

import "mailprobe/probe"

// The causes of targets that were not checked.
var (
	CauseGaveUp = &probe.Cause{
		Name: "gave-up", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "A job of a bulk run was given to workers three times, and none came to its end.",
		Hint:    "see why workers die or lose their connection; if one target ends them all, leave it out, and run the others again",
		Source:  "mailprobe --fleet",
	}
	CauseRefusedJob = &probe.Cause{
		Name: "job-refused", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "A worker of a fleet did not accept a job of a bulk run.",
		Hint:    "change the options that the message names, or the rules of the agents",
		Source:  "mailprobe --fleet",
	}
)

// Causes returns the causes that targets of a bulk run can have.
func Causes() []*probe.Cause { return []*probe.Cause{CauseGaveUp, CauseRefusedJob} }
