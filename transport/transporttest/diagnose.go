package transporttest

import (
	"testing"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Pasted is a line that a person pastes and what it means: the step it names, and the
// first cause; both are empty for none.
type Pasted = struct{ Line, Step, Cause string }

// Diagnose checks what a protocol makes of replies, and that it leaves alone lines that
// are not its own.
func Diagnose(t *testing.T, diagnose func(string) (probe.Diagnosis, bool), own []Pasted, strange ...string) {
	t.Helper()
	for _, want := range own {
		d, ok := diagnose(want.Line)
		got := Pasted{want.Line, d.Step, ""}
		if len(d.Causes) > 0 {
			got.Cause = d.Causes[0].Name
		}
		if !ok || got != want {
			t.Errorf("%t, %q; want %q", ok, got, want)
		}
	}
	for _, line := range strange {
		if d, ok := diagnose(line); ok {
			t.Errorf("%q is taken for %+v", line, d)
		}
	}
}

// FuzzDiagnose checks that what is no reply has no meaning, and that every cause of one
// that is can be explained.
func FuzzDiagnose(f *testing.F, diagnose func(string) (probe.Diagnosis, bool), table transport.Table) {
	f.Helper()
	for i := range table {
		f.Add(table[i].Said)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d, ok := diagnose(line)
		if !ok && (d.Said != "" || d.Causes != nil) {
			t.Errorf("%q is no reply and has %+v", line, d)
		}
		for _, c := range d.Causes {
			if c == nil || c.Name == "" || c.Hint == "" {
				t.Errorf("%q has the cause %+v", line, c)
			}
		}
	})
}
