package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/probe"
)

// unknownCommand is the error of arguments that name a command, or with help the
// topic of one, that there is not.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(root.Commands()) <= 1 { // the one that was named, or none is needed
		return nil
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	ownCompletion(root)
	cmd, rest, _ := root.Find(args)
	if cmd.Name() == "help" {
		cmd, rest, _ = root.Find(rest)
	}
	i := slices.IndexFunc(rest, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	if i < 0 || !cmd.HasSubCommands() || strings.HasPrefix(rest[i], cobra.ShellCompRequestCmd) {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	if cmd.Name() == "completion" {
		return fmt.Errorf("unknown shell %q; there are %s", rest[i], strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown command %q; %s", rest[i], probe.Meant(rest[i], names, cmd.CommandPath()+" --help lists the commands"))
}

// atMostOne returns a check that a command has no more than one argument, called what in
// its usage.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s takes at most one %s; %q is too many", cmd.CommandPath(), what, args[1])
		}
		return nil
	}
}

// noArguments checks that a command has no argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument such as %q; --help lists its flags", cmd.CommandPath(), args[0])
	}
	return nil
}

// flagError says what is wrong with a flag, and what would be right.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	where := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return fmt.Errorf("--%s: %s", f.Name, flagProblem(invalid))
	case errors.As(err, &lacking):
		return fmt.Errorf("--%s needs a value; %s", lacking.GetFlag().Name, where)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "": // what follows the letter may be a password
		name := unknown.GetSpecifiedName()
		return fmt.Errorf("unknown shorthand flag: '%s'; %s", name, cmp.Or(longFlag(cmd, unknown.GetSpecifiedShortnames()), knownElsewhere(cmd.Name(), "-"+name), fileFlag(cmd, name), where))
	case errors.As(err, &unknown):
		if known := knownElsewhere(cmd.Name(), "--"+unknown.GetSpecifiedName()); known != "" {
			return fmt.Errorf("unknown flag: --%s; %s", unknown.GetSpecifiedName(), known)
		}
		if instead := fileFlag(cmd, unknown.GetSpecifiedName()); instead != "" {
			return fmt.Errorf("unknown flag: --%s; %s", unknown.GetSpecifiedName(), instead)
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return fmt.Errorf("unknown flag: --%[1]s; %[2]s", unknown.GetSpecifiedName(), probe.Meant("--"+unknown.GetSpecifiedName(), names, where))
	}
	return fmt.Errorf("%w; %s", err, where)
}

// longFlag says what is meant by several letters after one hyphen: a flag of another tool, as
// swaks has -au and -server, or one of ours that lacks a hyphen. It is empty where none is.
func longFlag(cmd *cobra.Command, letters string) string {
	if len(letters) > 1 && cmd.Flags().Lookup(letters) != nil {
		return "did you mean --" + letters + "?"
	}
	known := knownElsewhere(cmd.Name(), "-"+letters)
	if known == "" && len(letters) > 1 {
		known = knownElsewhere(cmd.Name(), "--"+letters)
	}
	return known
}

// fileFlag says how the file of checks is named, to who gives it by a flag; otherwise it is
// empty.
func fileFlag(cmd *cobra.Command, flag string) string {
	if !strings.HasSuffix(cmd.Use, " [FILE]") || !slices.Contains([]string{"f", "file", "c", "config"}, flag) {
		return ""
	}
	return "the file is named without a flag: " + cmd.CommandPath() + " FILE"
}

// flagProblem says in words what is wrong with the value of a flag: those of Go's own
// parsers, which read the flags that are no options of a check, name its functions.
func flagProblem(err *pflag.InvalidValueError) string {
	value := err.GetValue()
	var number *strconv.NumError
	switch kind := err.GetFlag().Value.Type(); {
	case !errors.As(err, &number):
		return cmp.Or(errors.Unwrap(err), error(err)).Error()
	case kind == "bool":
		return fmt.Sprintf("%q is neither true nor false", value)
	case errors.Is(err, strconv.ErrRange):
		return fmt.Sprintf("%q is out of range", value)
	case strings.HasPrefix(kind, "float"):
		return fmt.Sprintf("%q is not a number", value)
	default:
		return fmt.Sprintf("%q is not a whole number", value)
	}
}
