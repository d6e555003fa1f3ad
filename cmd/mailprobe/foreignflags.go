package main

import (
	"fmt"
	"strings"
)

// A foreignFlag is a flag of a tool that users know, and what does the same here.
type foreignFlag struct {
	tool, theirs string
	ours         string // a flag of ours, or what to do instead
}

// foreignFlags returns the flags of other tools that a command does not have. Those of a
// guide under docs/coming-from say what the guide says.
func foreignFlags(command string) []foreignFlag {
	switch command {
	case "ping":
		return foreignPing()
	case "trace":
		return foreignTrace()
	case "smtp":
		return append(foreignSMTP(), foreignPlugin("check_smtp")...)
	case "imap":
		return append(foreignMailbox("check_imap"), foreignPlugin("check_imap")...)
	case "pop3":
		return append(foreignMailbox("check_pop"), foreignPlugin("check_pop")...)
	}
	return nil
}

// knownElsewhere says what a flag that is unknown to a command does in other tools, and what
// does the same here; empty where it is none of theirs.
func knownElsewhere(command, flag string) string {
	var texts []string
	for _, f := range foreignFlags(command) {
		if f.theirs == flag {
			texts = append(texts, fmt.Sprintf("%s's %s is %s", f.tool, f.theirs, f.ours))
		}
	}
	return strings.Join(texts, "; ")
}
