package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/internal/settings"
	"mailprobe/internal/shellword"
	"mailprobe/probe"
	"mailprobe/wire"
)

// shownOption is an option with its values, and where they come from.
type shownOption struct {
	Option string   `json:"option"`
	Values []string `json:"values"`
	From   string   `json:"from"`
}

// print shows every option of the command: as a table on a terminal, and otherwise a line
// each, with tabs between the columns.
func (d *defaults) print(flags *pflag.FlagSet, out *output) error {
	all := d.shown(flags)
	if out.format == "json" {
		return plainjson.Write(d.stdout, all)
	}
	rows := make([][]string, len(all))
	for i, o := range all {
		words := make([]string, len(o.Values))
		for i, v := range o.Values {
			if words[i] = v; v != wire.Mask {
				words[i] = report.Clean(shellword.Quote(v))
			}
		}
		rows[i] = []string{"--" + o.Option, strings.Join(words, " "), report.Clean(o.From)}
	}
	if !isTerminal(d.stdout) {
		for _, row := range rows {
			if _, err := fmt.Fprintln(d.stdout, strings.Join(row, "\t")); err != nil {
				return err
			}
		}
		return nil
	}
	o, head := d.tableOptions(), []string{"OPTION", "VALUE", "FROM"}
	o.Fit(head, rows, 1, 2)
	_, err := io.WriteString(d.stdout, o.Grid(head, rows))
	return err
}

// shown returns every option that can have a default, in the order of the help text.
func (d *defaults) shown(flags *pflag.FlagSet) []shownOption {
	var all []shownOption
	flags.VisitAll(func(f *pflag.Flag) {
		v, ok := f.Value.(*flagValue)
		if !ok || isOwn(f.Name) {
			return
		}
		o := shownOption{Option: f.Name, Values: []string{}, From: cmp.Or(d.from[f.Name], "built-in")}
		for _, text := range v.shown() {
			o.Values = append(o.Values, masked(v.Option.Type, text))
		}
		all = append(all, o)
	})
	return all
}

// shown returns the values of the option: those given, of which only a list has several, or
// what is built in.
func (v *flagValue) shown() []string {
	switch text := v.String(); {
	case len(v.given) > 0 && v.List:
		return v.given
	case len(v.given) > 0:
		return v.given[len(v.given)-1:]
	case v.Option.Type == probe.TypeBool:
		return []string{cmp.Or(text, "false")}
	case text != "":
		return []string{text}
	}
	return nil
}

// masked masks what may be a secret in a value: a command can contain one anywhere.
func masked(t probe.Type, text string) string {
	if t == probe.TypeCommand {
		return wire.Mask
	}
	return settings.Masked(text)
}
