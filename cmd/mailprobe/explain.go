package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// newExplain returns the command that explains a cause or a reply.
func newExplain(a *app) *cobra.Command {
	return explainCommand(a, kinds())
}

func explainCommand(a *app, kinds []probe.Kind) *cobra.Command {
	e := &explainer{app: a, kinds: kinds}
	cmd := &cobra.Command{
		Use:   "explain [FLAGS] [CAUSE | REPLY | -]",
		Short: "explain what a cause or a server's reply means, and who has to act",
		Long: `Say what a cause means, the word for why a verdict is not OK: who has to act, what
to do, where the meaning comes from, and what a server says where it happens.
Without an argument all causes are listed.

A server's reply, as a log or a bounce quotes it, is explained as well; - reads
it from standard input, where it may have several lines.

The exit status is 0 when something was explained, and 3 when the word or the
text is not known.`,
		Example: `  mailprobe explain
  mailprobe explain relay-denied
  mailprobe explain "554 5.7.1 <alice@example.org>: Relay access denied"
  mailprobe explain - < bounce.eml`,
		DisableFlagsInUseLine: true,
		DisableFlagParsing:    true, // a reply may begin with -ERR
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return causeNames(knownCauses(kinds)), cobra.ShellCompDirectiveNoFileComp
		},
	}
	e.format = "table"
	bindOptions(cmd.Flags(), []probe.Option{{Name: "output", Short: "o", Type: probe.TypeChoice, Value: &e.format, Choices: []string{"table", "json"}, Usage: "the `format`: table or json"}})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		flags := cmd.Flags()
		if err := flags.Parse(shelter(args)); err != nil {
			return a.flagError(cmd, err)
		}
		if asked, _ := flags.GetBool("help"); asked {
			return cmd.Help()
		}
		return e.run(flags)
	}
	return cmd
}

// shelter protects arguments that look like flags, as a reply of POP3 does.
func shelter(args []string) []string {
	i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-ERR") })
	if i < 0 {
		return args
	}
	return slices.Insert(slices.Clone(args), i, "--")
}

// explainer explains causes and replies.
type explainer struct {
	app    *app
	kinds  []probe.Kind
	format string
}

// run explains what the arguments name.
func (e *explainer) run(flags *pflag.FlagSet) error {
	text := strings.Join(flags.Args(), " ")
	all := knownCauses(e.kinds)
	named := slices.IndexFunc(all, func(c knownCause) bool { return c.Name == text })
	switch {
	case text == "":
		return e.list(all)
	case named >= 0:
		return e.one(all[named])
	case text == "-":
		var err error
		if text, err = readPasted(e.app.stdin); err != nil {
			return err
		}
	}
	found := diagnose(e.kinds, text)
	if len(found) == 0 {
		return unexplained(text, all)
	}
	return e.replies(found, all)
}

// unexplained is the error for a text that is neither a cause nor a reply.
func unexplained(text string, all []knownCause) error {
	if strings.ContainsAny(strings.TrimSpace(text), " \n") || strings.TrimSpace(text) == "" {
		return errors.New("there is no reply of a mail server in this text; give one such as \"554 5.7.1 Relay access denied\", \"-ERR [IN-USE] locked\" or \"a1 NO [LIMIT] too many\"")
	}
	return fmt.Errorf("there is no cause %.50q; %s", text, probe.Meant(text, causeNames(all), "`mailprobe explain` lists them"))
}

// options returns the options for the terminal.
func (e *explainer) options() report.Options {
	var o report.Options
	if fd, ok := terminal(e.app.stdout); ok {
		o.Width, _, _ = term.GetSize(fd)
	}
	return o
}

// list prints all causes in a table.
func (e *explainer) list(all []knownCause) error {
	if e.format == "json" {
		return e.encode(encodeCauses(all))
	}
	o := e.options()
	name, blame := 0, len("WHO ACTS")
	for _, c := range all {
		name, blame = max(name, len(c.Name)), max(blame, len(c.Blame))
	}
	rows := make([][]string, len(all))
	for i, c := range all {
		meaning := report.Wrap(c.Meaning, o.Columns()-name-blame-2*2, 8)
		rows[i] = []string{c.Name, string(c.Blame), strings.Join(meaning, "\n")}
	}
	_, err := io.WriteString(e.app.stdout, o.Grid([]string{"CAUSE", "WHO ACTS", "MEANING"}, rows))
	return err
}

// one prints everything known about a cause.
func (e *explainer) one(c knownCause) error {
	if e.format == "json" {
		return e.encode(encodeCauses([]knownCause{c}))
	}
	text := e.entry(c.Name, e.about(c, true)) + e.examples(c.Name)
	_, err := io.WriteString(e.app.stdout, text)
	return err
}

// about returns the lines about a cause; whole includes those that are the same for every
// reply.
func (e *explainer) about(c knownCause, whole bool) [][2]string {
	lines := [][2]string{{"meaning", c.Meaning}, {"who acts", c.Blame.Who() + " (" + string(c.Blame) + ")"}, {"verdict", c.Status.String()}, {"what to do", c.Hint}}
	if c.Passes() {
		lines = append(lines, [2]string{"may pass", "another attempt later may go well"})
	}
	if whole {
		lines = append(lines, [2]string{"source", c.Source}, [2]string{"found by", strings.Join(c.Kinds, ", ")})
	}
	return lines
}

// entry returns lines laid out below a title.
func (e *explainer) entry(title string, lines [][2]string) string {
	const label = len("  what to do  ")
	width := e.options().Columns()
	var b strings.Builder
	b.WriteString(strings.Join(report.Wrap(title, width, 10), "\n  ") + "\n")
	for _, l := range lines {
		text := strings.Join(report.Wrap(l[1], width-label, 10), "\n"+strings.Repeat(" ", label))
		fmt.Fprintf(&b, "  %-10s  %s\n", l[0], text)
	}
	return b.String()
}

// maxExamples is the number of examples of a kind for one cause.
const maxExamples = 3

// examples prints what real servers say when a cause occurs.
func (e *explainer) examples(cause string) string {
	var b strings.Builder
	for _, k := range e.kinds {
		if k.Examples == nil {
			continue
		}
		all := k.Examples(cause)
		for _, x := range all[:min(len(all), maxExamples)] {
			where := ""
			if x.Step != "" {
				where = ", at the step " + x.Step
			}
			if x.Found != "" {
				fmt.Fprintf(&b, "\nas %s finds it at %s%s:\n%s", k.Name, report.Clean(x.From), where, e.session("", x.Found))
				continue
			}
			fmt.Fprintf(&b, "\nas %s says it to %s%s:\n", report.Clean(x.From), k.Name, where)
			b.WriteString(e.session("C: ", x.Asked) + e.session("S: ", x.Said))
		}
	}
	return b.String()
}

// session writes a line of a session, which may be wider than the terminal.
func (e *explainer) session(who, text string) string {
	if text == "" {
		return ""
	}
	indent := "  " + strings.Repeat(" ", len(who))
	return "  " + who + strings.Join(report.Wrap(text, e.options().Columns()-len(indent), 20), "\n"+indent) + "\n"
}

// replies prints the meaning of replies.
func (e *explainer) replies(found []diagnosis, all []knownCause) error {
	if e.format == "json" {
		return e.encode(encodeDiagnoses(found, all))
	}
	var parts []string
	for _, d := range found {
		where := d.kind
		if d.Step != "" {
			where += ", at the step " + d.Step
		}
		text := e.entry(fmt.Sprintf("%q (%s)", report.Clean(d.Said), where), nil)
		if len(d.Causes) == 0 {
			text += e.entry("", [][2]string{{"meaning", "nothing beyond its words"}})[1:]
		}
		for i, c := range d.Causes {
			title := c.Name
			if i > 0 {
				title = "or " + title
			}
			text += "\n" + e.entry(title, e.about(knownCause{Cause: c}, false))
		}
		parts = append(parts, text)
	}
	_, err := io.WriteString(e.app.stdout, strings.Join(parts, "\n"))
	return err
}

// encode writes a value as JSON.
func (e *explainer) encode(v any) error {
	return plainjson.Write(e.app.stdout, v)
}
