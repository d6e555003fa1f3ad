package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		return slices.Concat(foreignSwaks(), foreignCheckSMTP(), foreignPlugin("check_smtp"), foreignSend(), foreignFinger())
	case "imap":
		return slices.Concat(foreignMailbox("check_imap"), foreignPlugin("check_imap"), foreignReceive())
	case "deliver":
		return foreignDelivery()
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
		if f.theirs == flag || strings.HasSuffix(f.theirs, "-*") && strings.HasPrefix(flag, f.theirs[:len(f.theirs)-1]) {
			texts = append(texts, fmt.Sprintf("%s's %s is %s", f.tool, strings.TrimSuffix(f.theirs, anyNumber), f.ours))
		}
	}
	return strings.Join(texts, "; ")
}

// misread is the error of flags of another tool that are read as others: swaks's -tls as -t
// with the recipient ls, and -q EHLO as --quiet and a target.
func misread(cmd *cobra.Command, args []string) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		v, ok := f.Value.(*flagValue)
		if !ok || f.Shorthand == "" {
			return
		}
		for _, text := range v.given {
			if err == nil {
				err = misreadValue(cmd.Name(), f, text)
			}
		}
		if i := slices.IndexFunc(args, isStopPoint); f.Shorthand == "q" && cmd.Name() == "smtp" && i >= 0 {
			err = fmt.Errorf("-q is --quiet, and %s a target; %s", args[i], knownElsewhere("smtp", "--quit-after"))
		}
	})
	return err
}

// anyNumber ends a flag that means another one here, unless its value is no number.
const anyNumber = "=N"

func misreadValue(command string, f *pflag.Flag, text string) error {
	theirs := "-" + f.Shorthand + text
	if strings.Trim(text, "0123456789") == "" {
		theirs = "-" + f.Shorthand + anyNumber
	}
	if known := knownElsewhere(command, theirs); known != "" {
		return fmt.Errorf("-%s %s is --%s %[2]s; %[4]s", f.Shorthand, text, f.Name, known)
	}
	return nil
}

// stopPoints are the words of swaks's --quit-after.
const stopPoints = " CONNECT BANNER FIRST-HELO FIRST-EHLO FIRST-LHLO XCLIENT STARTTLS TLS HELO EHLO LHLO AUTH MAIL FROM RCPT TO "

func isStopPoint(arg string) bool { return strings.Contains(stopPoints, " "+arg+" ") }
