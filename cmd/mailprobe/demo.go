package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"mailprobe/internal/shellword"
	"mailprobe/probe"
)

// newDemo returns the command that demonstrates the others.
func newDemo(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo [FLAGS]",
		Short: "show what mailprobe does, on two mail servers of its own",
		Long: `Show what mailprobe does: start two mail servers inside this process, check them,
and look into three failures. Each command is shown as a person would type it,
with its real output. Nothing is needed: no server, no network, no privilege, no
configuration. The servers listen on loopback addresses and end with the command.

With --serve the servers stay up until Ctrl-C, for trying things on them.

The exit status is 0 when all went as it should, the three failures included,
and 2 when it did not.`,
		Example: `  mailprobe demo
  mailprobe demo --serve`,
		DisableFlagsInUseLine: true,
		Args:                  noArguments,
	}
	serve := cmd.Flags().Bool("serve", false, "keep the servers up until Ctrl-C, and print how to reach them")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		// The files must be removed even if nobody reads the output any more.
		signal.Ignore(syscall.SIGPIPE)
		defer signal.Reset(syscall.SIGPIPE)
		s, err := newStage()
		if err != nil {
			return fmt.Errorf("the demo cannot start its servers: %w", err)
		}
		if *serve {
			s.describe(a.stdout)
			<-cmd.Context().Done()
			return s.close()
		}
		return errors.Join(a.play(cmd.Context(), s), s.close())
	}
	return cmd
}

// play runs the scenes one after the other, and lists at the end how each ended.
func (a *app) play(ctx context.Context, s *stage) error {
	bold := a.emphasis()
	fmt.Fprint(a.stdout, opening)
	var seen strings.Builder
	for i, scene := range s.scenes() {
		fmt.Fprintf(a.stdout, "\n# %d. %s\n%s\n", i+1, scene.question, bold("$ "+commandLine(scene.args)))
		status := a.show(ctx, scene.args)
		if ctx.Err() != nil {
			return errors.New("the demo was interrupted")
		}
		if !slices.Contains(scene.ends, status) {
			a.status = probe.Critical
			fmt.Fprintf(a.stderr, "mailprobe: command %d of the demo ended %s, not %s; its output says why\n", i+1, status, scene.ends[0])
		}
		fmt.Fprintf(&seen, "#   %d. %-8s  %s\n", i+1, status, scene.question)
	}
	fmt.Fprintf(a.stdout, ending, seen.String())
	return nil
}

// show runs a command in this process, as if it had been typed.
func (a *app) show(ctx context.Context, args []string) probe.Status {
	inner := &app{stdin: strings.NewReader(""), stdout: a.stdout, stderr: a.stdout, dial: a.dial, dns: a.dns}
	inner.run(ctx, args)
	return inner.status
}

// emphasis is the control sequence that distinguishes commands from their output.
func (a *app) emphasis() func(string) string {
	if !obedient(a.stdout) || os.Getenv("NO_COLOR") != "" {
		return func(text string) string { return text }
	}
	return func(text string) string { return "\x1b[1m" + text + "\x1b[0m" }
}

// commandColumns is the width at which commands are broken, in columns.
const commandColumns = 80

// commandLine returns a command as it is typed into a shell, a long one on several lines.
// The value of a flag is on the same line.
func commandLine(args []string) string {
	text, column := "mailprobe", len("$ mailprobe")
	for i := 0; i < len(args); i++ {
		word := shellword.Quote(args[i])
		if isFlag(args[i]) && i+1 < len(args) && !isFlag(args[i+1]) {
			i++
			word += " " + shellword.Quote(args[i])
		}
		if column+1+len(word)+len(" \\") > commandColumns {
			text, column = text+" \\\n   ", len("   ")
		}
		text += " " + word
		column += 1 + len(word)
	}
	return text
}

// isFlag reports whether the next argument may be the value of this one.
func isFlag(arg string) bool {
	return strings.HasPrefix(arg, "-") && !strings.Contains(arg, "=")
}
