package main

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/spf13/pflag"

	"mailprobe/probe"
	"mailprobe/suite"
)

// TestSuiteSchema: suite/schema.json describes the flags that there are.
func TestSuiteSchema(t *testing.T) {
	const name = "../../suite/schema.json"
	now := suite.Schema(kinds())
	if *update {
		if err := os.WriteFile(name, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, now) {
		t.Errorf("%s is not of these flags any more: go test ./cmd/mailprobe -run SuiteSchema -update writes it anew", name)
	}
}

// TestKeys: no flag of a kind has a name that means something else in a file of
// checks, or that two keys could be confused over.
func TestKeys(t *testing.T) {
	var settings suite.Settings
	reserved := append(settings.Keys(), "name", "kind", "target", "targets", "group")
	for _, kind := range kinds() {
		if slices.Contains(reserved, kind.Name) {
			t.Errorf("the kind %s is named like a key", kind.Name)
		}
		reserved := append(slices.Clone(reserved), kindNames()...)
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		probe.New(kind, flags)
		flags.VisitAll(func(f *pflag.Flag) {
			if slices.Contains(reserved, suite.Key(f.Name)) {
				t.Errorf("%s --%s cannot be a key of a file of checks", kind.Name, f.Name)
			}
		})
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.Name)
	}
	return names
}
