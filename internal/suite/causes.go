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
	CausePartlyDown = &probe.Cause{
		Name: "partly-down", Blame: probe.BlameUnclear, Status: probe.Warning,
		Meaning: "Fewer places see the check fail than its rule for down needs: what is wrong is at those places, or on the way from them.",
		Hint:    "see what the places that fail have in common: their network, the address that they are given, or what the server has against theirs",
		Source:  "mailprobe serve --fleet: down",
	}
	CauseNoWitness = &probe.Cause{
		Name: "no-witness", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "No place that runs the check has told a result in time, so nothing is known of the server.",
		Hint:    "see that `mailprobe serve --fleet` runs and its agents reach it: mailprobe fleet list",
		Source:  "mailprobe serve --fleet: from",
	}
	CauseAgentSilent = &probe.Cause{
		Name: "agent-silent", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The agent of a place has not been heard of for two minutes: it does not run, or does not reach the centre. Its checks are not known from there.",
		Hint:    "see that `mailprobe agent` runs at the place and reaches the centre; it keeps its results meanwhile and sends them afterwards",
		Source:  "mailprobe serve --fleet",
	}
	CauseAgentClock = &probe.Cause{
		Name: "agent-clock", Blame: probe.BlameSender, Status: probe.Warning,
		Meaning: "The clock of an agent differs from that of the centre. The times of its results are corrected by that, up to ten minutes; beyond, they are refused.",
		Hint:    "have NTP keep the clock of the agent's machine, and that of the centre (timedatectl)",
		Source:  "mailprobe serve --fleet",
	}
	CauseAgentRefused = &probe.Cause{
		Name: "agent-refused", Blame: probe.BlameSender, Status: probe.Warning,
		Meaning: "The centre does not take the results of an agent, which keeps them.",
		Hint:    "fix what the text says; the agent sends its results afterwards",
		Source:  "mailprobe serve --fleet",
	}
	CauseNotAllowed = &probe.Cause{
		Name: "not-allowed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The rules of a place do not permit a check to be run there.",
		Hint:    "permit it in the agent.yaml of the place, or take the place from the check's from",
		Source:  "mailprobe agent: allow",
	}
)

// Causes returns the causes that a run adds to those of its checks.
func Causes() []*probe.Cause {
	return []*probe.Cause{CauseDeadline, CauseDependency, CauseNotReady, CauseNotifierRefused, CauseStuckRun,
		CausePartlyDown, CauseNoWitness, CauseAgentSilent, CauseAgentClock, CauseAgentRefused, CauseNotAllowed, CausePlaceUnable}
}
