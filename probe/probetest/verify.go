package probetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"mailprobe/probe"
)

// verify checks what must be true of any result.
func verify(t *testing.T, kind probe.Kind, results []*probe.Result, secrets []string) {
	t.Helper()
	if len(results) == 0 {
		t.Error("there is no result")
	}
	for _, r := range results {
		for _, fault := range []error{isConclusive(r), hasCauses(kind, r), knownSteps(kind, r), knownMeasures(kind, r), uniqueSteps(r), survivesJSON(r), keepsSecrets(r, secrets)} {
			if fault != nil {
				t.Errorf("result of %s: %v\n%s", r.Target, fault, Golden(r))
			}
		}
	}
}

// knownMeasures checks that each fact that is a number is one that the kind declares, in
// the unit that it declares.
func knownMeasures(kind probe.Kind, r *probe.Result) error {
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if m, ok := kind.Measure(f.Name); kind.Measures != nil && f.Value != nil && (!ok || m.Unit != f.Unit) {
				return fmt.Errorf("step %s: the fact %s, a number in %q, is not declared so", s.Name, f.Name, f.Unit)
			}
		}
	}
	return nil
}

// isConclusive checks that a result says what it is and why.
func isConclusive(r *probe.Result) error {
	worst := r.Worst()
	if worst == nil {
		return errors.New("it has no step")
	}
	status := worst.Status
	for _, s := range r.Steps {
		status = probe.Worst(status, s.Status)
	}
	switch {
	case r.Status != status:
		return fmt.Errorf("it is %s, but its worst step is %s", r.Status, status)
	case r.Status != probe.OK && worst.Detail == "":
		return fmt.Errorf("step %s does not say why it is %s", worst.Name, worst.Status)
	case r.Summary == "":
		return errors.New("it has no summary")
	}
	return nil
}

// hasCauses checks that each step that is not OK has a cause, and one that the kind
// declares. A kind that declares none is not held to that.
func hasCauses(kind probe.Kind, r *probe.Result) error {
	if kind.Causes == nil {
		return nil
	}
	declared := probe.MergeCauses(kind.Causes(), probe.Causes())
	for _, s := range r.Wrong() {
		if !slices.ContainsFunc(declared, s.Cause.Is) {
			return fmt.Errorf("step %s is %s, and its cause %v is none of the kind's", s.Name, s.Status, s.Cause)
		}
	}
	return nil
}

// ofEveryKind are the steps that package probe itself adds.
var ofEveryKind = []string{"targets", "prepare", "check", "conditions", "interrupted"}

func knownSteps(kind probe.Kind, r *probe.Result) error {
	for _, s := range r.Steps {
		if !kind.HasStep(s.Name) && !slices.Contains(ofEveryKind, s.Name) {
			return fmt.Errorf("step %q is not among the kind's %q", s.Name, kind.Steps)
		}
	}
	return nil
}

func uniqueSteps(r *probe.Result) error {
	seen := map[string]bool{}
	for _, s := range r.Steps {
		if seen[s.Name] {
			return fmt.Errorf("there are two steps %q", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// survivesJSON checks that a result read from its own JSON has the same JSON.
func survivesJSON(r *probe.Result) error {
	first, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var back probe.Result
	if err := json.Unmarshal(first, &back); err != nil {
		return fmt.Errorf("its JSON cannot be read: %w", err)
	}
	second, err := json.Marshal(&back)
	if err != nil {
		return err
	}
	if !sameJSON(first, second) {
		return fmt.Errorf("JSON is not the same after a round trip:\n%s\n%s", first, second)
	}
	return nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
