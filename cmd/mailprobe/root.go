package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/spf13/cobra"

	"mailprobe/internal/release"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// app is what all commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// terminal is the controlling terminal, where secrets are asked for; empty for none.
	terminal string
	// The network that checks use; nil for that of the operating system.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	dns  probe.Resolver
	// interrupt ends all that goes on; nil where nobody can.
	interrupt context.CancelFunc
	// ownSignals is called by a command that handles signals itself; nil where nobody else
	// does.
	ownSignals func()

	status  probe.Status // of the worst result so far
	noState bool         // the checks ran without a state directory
	format  string       // of the results; errors are printed in it where it has a place for them
}

// newRoot makes the command line that args are for.
func newRoot(a *app, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "mailprobe",
		Short: "check whether a mail server can be reached and works",
		Long: `Mailprobe checks whether a mail server can be reached and works: it pings
hosts, walks SMTP sessions, verifies POP3 and IMAP log-ins, and checks what a
domain publishes for its mail. Every step is timed, every answer of the server
quoted, and every failure explained.`,
		Example: `  mailprobe domain example.org
  mailprobe smtp mx1.example.org
  mailprobe pop3 -u alice --password-file pw pop3s://mail.example.org
  mailprobe imap -u alice --password-file pw imaps://mail.example.org
  mailprobe ping mx1.example.org`,
		Version:       release.String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	a.status = probe.OK
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetHelpFunc(help)
	root.SetFlagErrorFunc(a.flagError)
	// Without this cobra takes -v, which is --verbose everywhere else.
	root.Flags().Bool("version", false, "show the version")
	root.AddCommand(a.commands(args)...)
	root.CompletionOptions.DisableDefaultCmd = len(root.Commands()) <= 1
	return root
}

// entry is a command by its name, with what makes it.
type entry struct {
	name string
	make func() *cobra.Command
}

// entries lists all commands.
func (a *app) entries(args []string) []entry {
	var all []entry
	for _, k := range kindList {
		all = append(all, entry{k.name, func() *cobra.Command { return a.command(k.make(), args) }})
	}
	of := func(make func(*app) *cobra.Command) func() *cobra.Command {
		return func() *cobra.Command { return make(a) }
	}
	return append(all, entry{"demo", of(newDemo)}, entry{"check", of(newSuite)}, entry{courierName, of(newCourier)},
		entry{"serve", of(newServe)}, entry{"agent", of(newAgent)}, entry{"fleet", of(newFleet)}, entry{"silence", of(newSilence)}, entry{"history", of(newHistory)}, entry{"report", of(newReport)}, entry{"explain", of(newExplain)},
		entry{"package-files", of(newPackageFiles)})
}

// commands makes the commands that args can mean: the one that they begin with, or all.
// Making all of them takes longer than many a check.
func (a *app) commands(args []string) []*cobra.Command {
	if slices.Equal(args, []string{"--version"}) {
		return nil
	}
	var all []*cobra.Command
	for _, e := range a.entries(args) {
		if len(args) > 0 && args[0] == e.name {
			return []*cobra.Command{e.make()}
		}
	}
	for _, e := range a.entries(args) {
		all = append(all, e.make())
	}
	return all
}

// command makes the command of a kind of check: whole where the arguments name it,
// else what the list of commands shows of it.
func (a *app) command(kind probe.Kind, args []string) *cobra.Command {
	if slices.Contains(args, kind.Name) {
		return newCheck(a, kind)
	}
	return &cobra.Command{Use: kind.Name, Short: kind.Short, Run: func(*cobra.Command, []string) {}}
}

// usage prints an error of the user's and returns the exit code for it.
func (a *app) usage(err error) int {
	if line, ok := report.Problem(a.format, oneLine(err)); ok {
		fmt.Fprintln(a.stdout, line)
	} else {
		fmt.Fprintf(a.stderr, "mailprobe: %s\n", oneLine(err))
	}
	if report.IsSelfContained(a.format) { // a comment, for whoever fetches it by hand
		fmt.Fprintf(a.stdout, "# mailprobe: %s\n", oneLine(err))
	}
	return probe.Unknown.ExitCode()
}
