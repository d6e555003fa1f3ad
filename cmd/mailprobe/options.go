package main

import (
	"cmp"

	"github.com/spf13/pflag"

	"mailprobe/probe"
)

// flagValue is an option of a check as the value of a flag.
type flagValue struct {
	probe.Option
	given []string // the values that it was set to
}

// Set implements pflag.Value.
func (v *flagValue) Set(text string) error {
	v.given = append(v.given, text)
	return v.Option.Set(text)
}

// String implements pflag.Value.
func (v *flagValue) String() string { return v.Option.String() }

// Type implements pflag.Value: the word for a value in a help text.
func (v *flagValue) Type() string {
	if v.Option.Type == probe.TypeBool {
		return "bool" // takes no value in a help text
	}
	return cmp.Or(v.Word, v.Option.Type.String())
}

// bindOptions makes flags of options.
func bindOptions(flags *pflag.FlagSet, options []probe.Option) {
	for _, o := range options {
		f := flags.VarPF(&flagValue{Option: o}, o.Name, o.Short, o.Usage)
		if f.NoOptDefVal = o.NoValue; o.Type == probe.TypeBool {
			f.NoOptDefVal = "true"
		}
	}
}
