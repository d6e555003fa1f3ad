package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/report"
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
	listFlags(w, cmd.Flags())
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
	case "silence", "history", "report", "explain", "demo", "completion", "bash", "zsh", "fish", "powershell":
		return ""
	}
	return exitStatus
}

// listFlags writes the flags of a command below their headings, each list as it was declared.
func listFlags(w io.Writer, flags *pflag.FlagSet) {
	lists := map[string][]flagUsage{}
	headings := []string{""}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		heading := ""
		if v, ok := f.Value.(*flagValue); ok {
			heading = v.Group
		}
		if !slices.Contains(headings, heading) {
			headings = append(headings, heading)
		}
		lists[heading] = append(lists[heading], usageOf(f))
	})
	for _, heading := range headings {
		if len(lists[heading]) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(strings.ToUpper(heading)+" FLAGS"))
		for _, f := range lists[heading] {
			f.write(w)
		}
	}
}

// A flagUsage is how a flag is described: --count NUMBER, and --udp[=PORT] where the value is
// optional.
type flagUsage struct {
	short, name string // with their hyphens; short may be empty
	value       string // with what separates it from the name
	text        string // what it does
}

// oneFlag is how pflag describes a flag in a line: its letter, name and value, some spaces, and
// what it does. oneWord is a value of one word, and one that is optional.
var oneFlag, oneWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^ +(?:(-\w), )?(--[\w.-]+)(\S*(?: \S+)*)  +(.*)$`)
}), sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ ([^ \[]+)(\[=\S*\])?$`) })

// usageOf returns how a flag is described: the words are pflag's, which finds the value in
// backquotes and adds the default. Values are in capitals, as in usage lines.
func usageOf(f *pflag.Flag) flagUsage {
	alone := pflag.NewFlagSet("", pflag.ContinueOnError)
	alone.AddFlag(f)
	part := oneFlag().FindStringSubmatch(strings.TrimRight(alone.FlagUsages(), "\n"))
	usage := flagUsage{short: part[1], name: part[2], value: part[3], text: part[4]}
	switch word := oneWord().FindStringSubmatch(usage.value); {
	case word == nil:
	case word[2] != "":
		usage.value = "[=" + strings.ToUpper(word[1]) + "]"
	default:
		usage.value = " " + strings.ToUpper(word[1])
	}
	return usage
}

// How flags are listed, in columns.
const (
	helpWidth = 80
	flagWidth = 30 // of the flags, two spaces included; what is longer has a line of its own
)

// write writes the flag, and beside it what it does.
func (f flagUsage) write(w io.Writer) {
	head := "      " + f.name + f.value
	if f.short != "" {
		head = "  " + f.short + ", " + f.name + f.value
	}
	if len(head) > flagWidth-2 {
		fmt.Fprintln(w, head)
		head = ""
	}
	for _, line := range report.Wrap(f.text, helpWidth-flagWidth, math.MaxInt) {
		fmt.Fprintf(w, "%-*s%s\n", flagWidth, head, line)
		head = ""
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
