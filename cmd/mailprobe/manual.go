package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/manpage"
	"mailprobe/internal/release"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

const (
	manualTitle = "Mailprobe manual"
	fileManual  = suite.FileName + "(5)"
)

// manuals returns the pages of the program and of each command, by their names.
func (a *app) manuals() map[string]string {
	pages := map[string]string{}
	var listed []*cobra.Command
	for _, name := range a.listedCommands() {
		args := []string{name}
		root := newRoot(a, args)
		if name == "completion" {
			root.InitDefaultCompletionCmd()
			ownCompletion(root)
		}
		cmd, _, err := root.Find(args)
		if err != nil {
			continue // it is one of the root's
		}
		listed = append(listed, cmd)
		pages["mailprobe-"+name] = commandManual(cmd)
	}
	pages["mailprobe"] = programManual(newRoot(a, nil), listed)
	return pages
}

// listedCommands returns the names of the commands that a user is shown.
func (a *app) listedCommands() []string {
	root := newRoot(a, nil)
	root.InitDefaultCompletionCmd()
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// programManual returns the page of the program, which lists its commands.
func programManual(root *cobra.Command, commands []*cobra.Command) string {
	p := beginManual(root, "mailprobe")
	p.Heading("COMMANDS")
	var pages []string
	for _, cmd := range commands {
		page := "mailprobe-" + cmd.Name()
		p.Item(manpage.Bold(page)+"(1)", cmd.Short)
		pages = append(pages, page+"(1)")
	}
	p.Heading("OPTIONS")
	p.Item(manpage.Bold("--version"), "show the version")
	p.Item(manpage.Bold("-h")+", "+manpage.Bold("--help"), "show help, also of each command")
	endManual(p, root)
	manualVariables(p)
	manualFiles(p)
	p.See(append(pages, fileManual)...)
	return p.String()
}

// commandManual returns the page of a command.
func commandManual(cmd *cobra.Command) string {
	p := beginManual(cmd, "mailprobe-"+cmd.Name())
	if cmd.HasAvailableSubCommands() {
		p.Heading("COMMANDS")
		for _, sub := range cmd.Commands() {
			p.Item(manpage.Bold(sub.Name()), sub.Short)
		}
	}
	cmd.InitDefaultHelpFlag()
	manualFlags(p, cmd.Flags())
	endManual(p, cmd)
	p.See("mailprobe(1)", fileManual)
	return p.String()
}

// beginManual begins the page of a command: its name, how to call it, and what it does.
func beginManual(cmd *cobra.Command, name string) *manpage.Page {
	p := &manpage.Page{}
	p.Title(name, "1", release.Date(), "mailprobe "+release.Version(), manualTitle)
	p.Name(name, cmd.Short)
	p.Heading("SYNOPSIS")
	words := strings.Fields(useLine(cmd))
	given := slices.IndexFunc(words, func(word string) bool { return strings.ToLower(word) != word })
	if given < 0 {
		given = len(words)
	}
	p.Line(strings.TrimSpace(manpage.Bold(strings.Join(words[:given], " ")) + " " + manpage.Text(strings.Join(words[given:], " "))))
	p.Heading("DESCRIPTION")
	p.Prose(cmd.Long)
	return p
}

// oneFlag is how a flag is described in a line: its name and value, two spaces, and what
// it does.
var oneFlag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^ +(?:(-\w), )?(--[\w.-]+)(\S*(?: \S+)*)  +(.*)$`)
})

// manualFlags lists flags, in the words of the help text.
func manualFlags(p *manpage.Page, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.Heading("OPTIONS")
	for _, topic := range flagTopics(flags) {
		if topic.name != "" {
			p.Subheading(strings.ToUpper(topic.name[:1]) + topic.name[1:])
		}
		manualTopic(p, topic.flags)
	}
}

func manualTopic(p *manpage.Page, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		alone := pflag.NewFlagSet("", pflag.ContinueOnError)
		alone.AddFlag(f)
		part := oneFlag().FindStringSubmatch(strings.TrimRight(flagUsages(alone, 0), "\n"))
		term := manpage.Bold(part[2])
		if part[1] != "" {
			term = manpage.Bold(part[1]) + ", " + term
		}
		p.Item(term+manpage.Italic(part[3]), part[4])
	})
}

// endManual writes the exit status and the examples.
func endManual(p *manpage.Page, cmd *cobra.Command) {
	if status := exitStatusOf(cmd); status != "" {
		p.Heading("EXIT STATUS")
		p.Verbatim(strings.TrimPrefix(strings.TrimLeft(status, "\n"), "EXIT STATUS\n"))
	}
	if cmd.Example != "" {
		p.Heading("EXAMPLES")
		p.Verbatim(cmd.Example)
	}
}

// manualVariables names the variables of the environment that mailprobe obeys.
func manualVariables(p *manpage.Page) {
	p.Heading("ENVIRONMENT")
	for _, k := range kindList {
		p.Item(manpage.Bold((&defaults{kind: probe.Kind{Name: k.name}}).variable()), "flags for every mailprobe "+k.name+", in the words of a shell; they replace those of "+defaultsName+", and the command line replaces both")
	}
	p.Item(manpage.Bold("XDG_CONFIG_HOME"), "the folder with mailprobe/"+defaultsName+" and mailprobe/"+suite.FileName+", instead of ~/.config")
	p.Item(manpage.Bold("XDG_STATE_HOME"), "the folder with the history, instead of ~/.local/state")
	p.Item(manpage.Bold("NO_COLOR"), "no colours")
}

// manualFiles names the files that mailprobe has where it is installed by a package.
func manualFiles(p *manpage.Page) {
	files := map[string]string{
		"/etc/mailprobe/" + suite.FileName:           "the file of checks that the services run",
		"/etc/mailprobe/environment":                 "variables for the services, such as secrets that the file names; optional",
		"/var/lib/mailprobe":                         "the history, for root and the services",
		"~/.local/state/mailprobe":                   "the history of other users",
		"~/.config/mailprobe/" + defaultsName:        "options that a user always gives to the commands of kinds of checks: those at the top to every one, those under the name of a command to that one; --no-defaults ignores them",
		"/usr/share/mailprobe/mailprobe.schema.json": "the JSON Schema of the file, for editors",
	}
	p.Heading("FILES")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		p.Item(manpage.Italic(name), fmt.Sprint(files[name]))
	}
}
