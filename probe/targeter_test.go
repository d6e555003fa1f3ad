package probe

import (
	"context"
	"testing"
)

// bound is a checker whose options name its target.
type bound struct {
	*stub
	to string
}

func (b *bound) Target() Target { return Target{Text: b.to} }

func TestTargetOfFlags(t *testing.T) {
	b := &bound{stub: &stub{check: func(context.Context, Target, *Result) error { return nil }}}
	kind := Kind{Name: "bound", New: func(*Options) (Checker, []Option) { return b, []Option{{Name: "to", Value: &b.to}} }}
	c := New(kind)
	if err := c.Set("to", "alice@example.org"); err != nil {
		t.Fatal(err)
	}
	if target, ok := c.Target(); !ok || target.Text != "alice@example.org" || c.TakesTarget() {
		t.Errorf("the target is %q, %v", target.Text, ok)
	}
	if _, ok := (&stub{}).prepared(t).Target(); ok {
		t.Error("a kind that takes a target names one")
	}
}
