package agent

import (
	"errors"
	"testing"
)

// TestGreeted: a centre that did not answer, which is told once, is told again when it is back.
func TestGreeted(t *testing.T) {
	t.Parallel()
	told := 0
	a := &Agent{announced: true}
	a.told.warn = func(error) { told++ }
	a.greeted(nil)
	if !a.announced {
		t.Error("a greeting that went well is to be told again")
	}
	a.greeted(errors.New("nobody answers"))
	a.greeted(errors.New("nobody answers"))
	if a.announced || told != 1 {
		t.Errorf("announced %t, told %d times", a.announced, told)
	}
}
