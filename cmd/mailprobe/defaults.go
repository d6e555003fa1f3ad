package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/settings"
	"mailprobe/internal/shellword"
	"mailprobe/probe"
	"mailprobe/transport"
)

// onCommandLine is where an option of the command line comes from.
const onCommandLine = "command line"

// defaults are the options of a command that its user always gives: in a variable of the
// environment, and in a file. The command line replaces those of the variable, which
// replace those of the file. A list is replaced as a whole.
type defaults struct {
	*app
	kind      probe.Kind
	off, show bool
	from      map[string]string // where an option was given, by its name
}

// bind adds the flags, and has the command take the defaults before it looks at its
// arguments.
func (d *defaults) bind(cmd *cobra.Command, out *output) {
	bindOptions(cmd.Flags(), []probe.Option{
		{Name: "no-defaults", Type: probe.TypeBool, Value: &d.off, Usage: "ignore " + d.variable() + " and the user's defaults.yaml, as scripts should"},
		{Name: "show-options", Type: probe.TypeBool, Value: &d.show, Usage: "print every option with its value and where that comes from, and check nothing"},
	})
	arguments, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := misread(cmd, args)
		if err == nil {
			err = d.apply(cmd, args)
		}
		if err != nil {
			d.format = out.format
			return err
		}
		if d.show {
			return nil
		}
		return arguments(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if d.show {
			return d.print(cmd.Flags(), out)
		}
		return d.blamed(run(cmd, args))
	}
}

// variable is the name of the variable with the options of the command.
func (d *defaults) variable() string { return "MAILPROBE_OPTS_" + strings.ToUpper(d.kind.Name) }

// apply sets what the command line does not.
func (d *defaults) apply(cmd *cobra.Command, args []string) error {
	d.from = map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) { d.from[f.Name] = onCommandLine })
	if d.off {
		return nil
	}
	higher := d.higher(args)
	if err := d.takeVariable(cmd, higher); err != nil {
		return fmt.Errorf("%s: %w", d.variable(), err)
	}
	return d.takeFile(cmd, d.higher(args))
}

// higher are the options that were given so far, and the accounts whose name or secret was.
type higher struct{ options, accounts map[string]bool }

func (d *defaults) higher(args []string) higher {
	h := higher{map[string]bool{}, map[string]bool{}}
	for name := range maps.Keys(d.from) {
		h.options[name], h.accounts[accountOf(name)] = true, true
	}
	for _, arg := range args {
		if t, err := d.kind.ParseTarget(arg); err == nil && t.User != "" {
			h.accounts[accountOf("user")] = true
		}
	}
	return h
}

// replaces reports whether an option counts no more. The secret of one user is never that of
// another: whoever names a user, a secret or, of a delivery, a server, replaces all secrets.
func (h higher) replaces(o *probe.Option) bool {
	isName := o.Name == "user" || strings.HasSuffix(o.Name, "-user")
	account := accountOf(o.Name)
	return h.options[o.Name] || o.Credential && !isName && account != "" && h.accounts[account]
}

// accountOf returns the account that an option is about: of a delivery there are one to
// send and one to fetch by, and each may have a certificate besides. It is empty for
// options that are about none.
func accountOf(option string) string {
	server, rest, ok := strings.Cut(option, "-")
	switch {
	case server != "via" && server != "fetch":
		server, rest = "account", option
	case !ok:
		return server // its URL can name a user
	}
	switch {
	case strings.HasPrefix(rest, "client-"):
		return server + " certificate"
	case credential().MatchString(rest):
		return server
	}
	return ""
}

var credential = transport.Pattern(`^(user|netrc|(password|token)-\w+)$`)

// takeVariable takes the options of the variable.
func (d *defaults) takeVariable(cmd *cobra.Command, h higher) error {
	words, err := shellword.Split(os.Getenv(d.variable()))
	if err != nil || len(words) == 0 {
		return err
	}
	flags, set := pflag.NewFlagSet("", pflag.ContinueOnError), cmd.Flags()
	set.VisitAll(flags.AddFlag)
	err = flags.ParseAll(words, func(f *pflag.Flag, value string) error {
		v, ok := f.Value.(*flagValue)
		switch {
		case !ok || isOwn(f.Name):
			return fmt.Errorf("--%s belongs on the command line", f.Name)
		case h.replaces(&v.Option):
			return nil
		}
		d.from[f.Name] = d.variable()
		return set.Set(f.Name, value)
	})
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return errors.New("--help belongs on the command line")
	case errors.As(err, new(*pflag.NotExistError)), errors.As(err, new(*pflag.InvalidValueError)), errors.As(err, new(*pflag.ValueRequiredError)):
		return d.flagError(cmd, err)
	case err == nil && flags.NArg() > 0:
		return fmt.Errorf("%q is no option; targets belong on the command line", flags.Arg(0))
	}
	return err
}

// isOwn reports whether a flag can have no default: it is about the defaults themselves, or
// about a single run.
func isOwn(flag string) bool {
	return slices.Contains([]string{"no-defaults", "show-options", "shard", "resume", "fleet"}, flag) || slices.Contains(ofFleet, flag)
}

// takeFile takes the options of the file.
func (d *defaults) takeFile(cmd *cobra.Command, h higher) error {
	file, err := openDefaults()
	if err != nil || file == nil {
		return err
	}
	known := optionsOf(cmd.Flags())
	for _, p := range file.pairs(d.kind.Name, known) {
		o := known.LookUp(p.Name)
		if h.replaces(o) {
			continue
		}
		set := file.Settings(o, p)
		file.vet(o, p)
		if file.Set(known, set) == nil {
			continue
		}
		f := cmd.Flags().Lookup(o.Name)
		f.Changed, d.from[o.Name] = true, fmt.Sprintf("%s:%d", file.Name, p.Key.Line())
		for _, s := range set {
			f.Value.(*flagValue).given = append(f.Value.(*flagValue).given, file.Shown(s))
		}
	}
	return file.Problems.First()
}

// optionsOf returns the options among flags that can have defaults.
func optionsOf(flags *pflag.FlagSet) (all settings.Options) {
	flags.VisitAll(func(f *pflag.Flag) {
		if v, ok := f.Value.(*flagValue); ok && !isOwn(f.Name) {
			all = append(all, v.Option)
		}
	})
	return all
}

// named finds the flags in an error.
var named = transport.Pattern(`--([a-z][a-z0-9-]*)`)

// blamed adds to an error where the options that it names come from, unless that is the
// command line.
func (d *defaults) blamed(err error) error {
	if err == nil {
		return nil
	}
	for _, m := range named().FindAllStringSubmatch(err.Error(), -1) {
		if from := d.from[m[1]]; from != "" && from != onCommandLine {
			return fmt.Errorf("%w; --%s comes from %s, which --no-defaults ignores", err, m[1], from)
		}
	}
	return err
}
