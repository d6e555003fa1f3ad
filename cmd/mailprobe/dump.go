package main

import (
	"github.com/spf13/cobra"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// addDump gives smtp the flag that prints the message in place of sending it.
func (a *app) addDump(cmd *cobra.Command, check *probe.Check, c *smtpcheck.Check) {
	dump := false
	bindOptions(cmd.Flags(), []probe.Option{{Name: "dump-message", Type: probe.TypeBool, Value: &dump,
		Usage: "print the message that --send would send, and connect to nothing: no target is needed"}})
	args, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if dump {
			return nil
		}
		return args(cmd, given)
	}
	cmd.RunE = func(cmd *cobra.Command, given []string) error {
		if !dump {
			return run(cmd, given)
		}
		check.Options.Stdin = a.stdin
		return c.Dump(a.stdout)
	}
}
