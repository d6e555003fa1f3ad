package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	for _, part := range flagTopics(cmd.Flags()) {
		fmt.Fprintf(w, "\n%s\n%s", strings.ToUpper(cmp.Or(part.name, "flags")), flagUsages(part.flags, 80))
	}
	fmt.Fprint(w, exitStatusOf(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nEXAMPLES\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
}

// exitStatusOf returns the exit status of a command: that of checks, with one more for a file
// of them. Other commands check nothing, and describe theirs in words.
func exitStatusOf(cmd *cobra.Command) string {
	switch cmd.Name() {
	case "check":
		return exitStatus + "  4            nothing could be checked: the command line, the file or the state\n" +
			"               directory is wrong (3 with -o nagios and -o line)\n"
	case "serve":
		return serveExitStatus
	case "agent":
		return agentExitStatus
	case "fleet", "silence", "history", "report", "explain", "demo", "completion", "bash", "zsh", "fish", "powershell":
		return ""
	}
	return exitStatus
}

// flagTopic is a part of the flags of a command.
type flagTopic struct {
	name  string // empty for the part that comes first
	flags *pflag.FlagSet
}

// flagTopics returns the flags that are not hidden by their topics.
func flagTopics(flags *pflag.FlagSet) (topics []flagTopic) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := ""
		if v, ok := f.Value.(*flagValue); ok {
			name = v.Topic
		}
		i := slices.IndexFunc(topics, func(t flagTopic) bool { return t.name == name })
		if i < 0 {
			i = len(topics)
			topics = append(topics, flagTopic{name, pflag.NewFlagSet("", pflag.ContinueOnError)})
			topics[i].flags.SortFlags = flags.SortFlags
		}
		topics[i].flags.AddFlag(f)
	})
	return topics
}

// flagUsages describes flags. Values are in capitals, as in usage lines: --count NUMBER, and
// --udp[=PORT] where the value is optional. Lines are wrapped at a number of columns, 0 for
// never.
func flagUsages(flags *pflag.FlagSet, columns int) string {
	value := regexp.MustCompile(`(?m)^( +(?:-\w, )?--[\w.-]+) ([^ \n\[]+)(\[=\S*\])?  `)
	return value.ReplaceAllStringFunc(flags.FlagUsagesWrapped(columns), func(text string) string {
		part := value.FindStringSubmatch(text)
		flag := part[1] + " " + strings.ToUpper(part[2])
		if part[3] != "" {
			flag = part[1] + "[=" + strings.ToUpper(part[2]) + "]"
		}
		return fmt.Sprintf("%-*s", len(text), flag)
	})
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
