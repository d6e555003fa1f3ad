package main

import (
	"io"
	"strings"
	"testing"
)

// TestNames: every command is listed by its own name, and is made alone where the
// arguments begin with it.
func TestNames(t *testing.T) {
	for _, k := range kindList {
		if name := k.make().Name; name != k.name {
			t.Errorf("%s is listed as %s", name, k.name)
		}
	}
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	for _, e := range a.entries(nil) {
		if name := e.make().Name(); name != e.name {
			t.Errorf("%s is listed as %s", name, e.name)
		}
		if made := a.commands([]string{e.name, "--help"}); len(made) != 1 || made[0].Name() != e.name {
			t.Errorf("%s makes %d commands", e.name, len(made))
		}
	}
	if all, one := a.commands(nil), a.commands([]string{"--version"}); len(all) != len(a.entries(nil)) || len(one) != 0 {
		t.Errorf("no argument makes %d commands, --version %d", len(all), len(one))
	}
}
