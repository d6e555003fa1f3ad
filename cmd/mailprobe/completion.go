package main

import (
	"cmp"
	"context"
	"embed"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// completionScripts ask the program, by the command __complete, what a line can become.
// Those of cobra run what is in the line, in bash need functions of the package
// bash-completion, and in fish fail on --flag=NAME.
//
//go:embed completion
var completionScripts embed.FS

// completionUse says how to use the script of a shell at once, and from its next start on.
var completionUse = map[string]string{
	"bash": `  source <(mailprobe completion bash)
  echo 'source <(mailprobe completion bash)' >> ~/.bashrc
  mailprobe completion bash > /etc/bash_completion.d/mailprobe`,
	"zsh": `  source <(mailprobe completion zsh)
  mailprobe completion zsh > "${fpath[1]}/_mailprobe"`,
	"fish": `  mailprobe completion fish | source
  mailprobe completion fish > ~/.config/fish/completions/mailprobe.fish`,
}

// ownCompletion gives the command completion that cobra makes the scripts for bash, zsh
// and fish; that for PowerShell stays cobra's.
func ownCompletion(root *cobra.Command) {
	if cmd, _, err := root.Find([]string{"completion"}); err == nil && cmd.Name() == "completion" {
		cmd.Short = "print the script by which a shell completes commands, flags and values"
		cmd.Long = "Print the script by which a shell completes the commands, flags and values of mailprobe."
	}
	if cmd, _, err := root.Find([]string{"completion", "powershell"}); err == nil && cmd.Name() == "powershell" {
		cmd.Short = "print the completion script for powershell"
	}
	for shell, use := range completionUse {
		cmd, _, err := root.Find([]string{"completion", shell})
		if err != nil || cmd.Name() != shell {
			continue
		}
		cmd.Short = "print the completion script for " + shell
		cmd.Long = "Print the script by which " + shell + " completes the commands, flags and values of mailprobe."
		cmd.Example = use
		cmd.ResetFlags()
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			script, err := completionScripts.ReadFile("completion/mailprobe." + shell)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(script)
			return err
		}
	}
}

// isCompletion reports whether a shell asks what the arguments can become.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeValues gives every command what completes its arguments and the values of its
// flags.
func completeValues(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "check":
			_ = cmd.RegisterFlagCompletionFunc("only", completeOnly)
		case "silence":
			_ = cmd.RegisterFlagCompletionFunc("end", completeOnly)
			_ = cmd.RegisterFlagCompletionFunc("ack", completeOnly)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) { _ = cmd.RegisterFlagCompletionFunc(f.Name, completer(f)) })
		switch {
		case cmd.ValidArgsFunction != nil || cmd.Name() == "check": // which takes the name of a file
		case cmd.Name() == "history":
			cmd.ValidArgsFunction = completeHistory
		default:
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// completer returns what completes the value of a flag.
func completer(f *pflag.Flag) cobra.CompletionFunc {
	v, ok := f.Value.(*flagValue)
	switch {
	case !ok && f.Value.Type() == "bool" || ok && v.Option.Type == probe.TypeBool:
		return cobra.FixedCompletions([]string{"true", "false"}, cobra.ShellCompDirectiveNoFileComp)
	case !ok:
		return cobra.NoFileCompletions
	case v.Option.List && strings.HasSuffix(v.Word, ",..."):
		return completeList(v.Choices)
	case v.Option.Type.IsNamed():
		return completeNames(v.Choices)
	case v.Option.Type == probe.TypeFile:
		return nil
	case v.Option.Type == probe.TypeContent, v.Option.Type == probe.TypeSigner:
		return completeFileIn(v.Option.Type)
	case v.Option.Type == probe.TypeDirectory:
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	}
	return cobra.FixedCompletions(v.Choices, cobra.ShellCompDirectiveNoFileComp)
}

// completeFileIn completes the name of a file that is a part of a value.
func completeFileIn(kind probe.Type) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
		const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		begin := kind.FileIn(typed)
		if begin < 0 {
			return nil, directive
		}
		folder, start := filepath.Split(typed[begin:])
		entries, _ := os.ReadDir(cmp.Or(folder, "."))
		for _, e := range entries {
			switch name := e.Name(); {
			case !strings.HasPrefix(name, start) || start == "" && name[0] == '.':
			case e.IsDir():
				all = append(all, typed[:begin]+folder+name+"/")
			default:
				all = append(all, typed[:begin]+folder+name)
			}
		}
		return all, directive
	}
}

// completeList completes the last of some words that commas separate.
func completeList(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		for _, word := range words {
			if !slices.Contains(strings.Split(before, ","), word) {
				all = append(all, before+word)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeNames completes the name in NAME=VALUE.
func completeNames(names []string) cobra.CompletionFunc {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, directive
		}
		all := make([]string, len(names))
		for i, name := range names {
			all[i] = name + "="
		}
		return all, directive
	}
}

// completeOnly completes the name of a check, a group or a tag of the file of checks.
func completeOnly(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	name, err := suite.Find(strings.Join(args, ""))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, _, err := suite.Load(name, kinds())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return s.Words(), cobra.ShellCompDirectiveNoFileComp
}

// completeHistory completes the name of a check that has a history.
func completeHistory(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	path, err := history.File(cmd.Flags().Lookup("state").Value.String())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx := context.Background()
	s, err := history.Open(ctx, path, history.Options{ReadOnly: true})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = s.Close() }()
	names, _ := s.Names(ctx)
	return names, cobra.ShellCompDirectiveNoFileComp
}
