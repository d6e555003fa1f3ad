// Package reporttest holds what a program prints as JSON to the schema of the
// reports.
package reporttest

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mailprobe/report"
)

// Valid fails the test unless output is what the formats json and jsonl may
// print. It returns the results, of all lines or of the array.
func Valid(tb testing.TB, output string) []map[string]any {
	tb.Helper()
	schema, err := compile()
	if err != nil {
		tb.Fatal(err)
	}
	var results []map[string]any
	for _, v := range values(tb, output) {
		if err := schema.Validate(v); err != nil {
			tb.Errorf("output does not follow report/schema.json: %v\n%s", err, output)
		}
		results = appendResults(results, v)
	}
	return results
}

func compile() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(report.Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", document); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

// values reads the JSON values that stand one after the other.
func values(tb testing.TB, output string) []any {
	tb.Helper()
	var all []any
	d := json.NewDecoder(strings.NewReader(output))
	for {
		var v any
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			tb.Fatalf("output is not JSON: %v\n%s", err, output)
		}
		all = append(all, v)
	}
}

func appendResults(results []map[string]any, v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		results = append(results, v)
	case []any:
		for _, e := range v {
			results = appendResults(results, e)
		}
	}
	return results
}
