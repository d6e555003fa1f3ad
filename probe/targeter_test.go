package probe

import (
	"context"
	"testing"

	"github.com/spf13/pflag"
)

// bound is a checker whose flags name its target.
type bound struct {
	*stub
	to string
}

func (b *bound) Target() Target { return Target{Text: b.to} }

func TestTargetOfFlags(t *testing.T) {
	b := &bound{stub: &stub{check: func(context.Context, Target, *Result) error { return nil }}}
	flags := pflag.NewFlagSet("bound", pflag.ContinueOnError)
	kind := Kind{Name: "bound", New: func(flags *pflag.FlagSet, _ *Options) Checker {
		flags.StringVar(&b.to, "to", "", "")
		return b
	}}
	c := New(kind, flags)
	if err := flags.Parse([]string{"--to", "alice@example.org"}); err != nil {
		t.Fatal(err)
	}
	if target, ok := c.Target(); !ok || target.Text != "alice@example.org" || c.TakesTarget() {
		t.Errorf("the target is %q, %v", target.Text, ok)
	}
	if _, ok := (&stub{}).prepared(t).Target(); ok {
		t.Error("a kind that takes a target names one")
	}
}
