package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const exitStatus = `
EXIT STATUS
  0  OK        everything is as it should be
  1  Warning   it works, and something needs attention
  2  Critical  it does not work
  3  Unknown   it could not be determined, or the command line is wrong
`

// help writes what a command does, how to call it, and at its end the exit
// status and examples.
func help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(w, "%s\n\nUSAGE\n  %s\n", strings.TrimSpace(about), useLine(cmd))
	listCommands(w, cmd)
	if flags := cmd.Flags(); flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\nFLAGS\n%s", flags.FlagUsagesWrapped(80))
	}
	fmt.Fprint(w, exitStatus)
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nEXAMPLES\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND ..."
	}
	return cmd.UseLine()
}

func listCommands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	fmt.Fprint(w, "\nCOMMANDS\n")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(w, "  %-12s %s\n", sub.Name(), sub.Short)
		}
	}
}
