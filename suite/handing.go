package suite

import (
	"github.com/spf13/pflag"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// handing is the kind smtp whose checks say when a message is about to be handed
// over.
func handing(before func() error) probe.Kind {
	kind := smtpcheck.Kind()
	plain := kind.New
	kind.New = func(flags *pflag.FlagSet, o *probe.Options) probe.Checker {
		checker := plain(flags, o)
		if check, ok := checker.(*smtpcheck.Check); ok {
			check.BeforeData = before
		}
		return checker
	}
	return kind
}
