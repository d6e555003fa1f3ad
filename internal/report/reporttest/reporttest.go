// Package reporttest holds what a program prints as JSON to the schema of the
// reports.
package reporttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mailprobe/internal/report"
)

// Valid fails the test unless output is what the formats json and jsonl may
// print. It returns the results, of all lines or of the array.
func Valid(tb testing.TB, output string) []map[string]any {
	tb.Helper()
	results, err := Check(output)
	if err != nil {
		tb.Errorf("%v\n%s", err, output)
	}
	return results
}

// Check returns the results of what the formats json and jsonl printed, and an
// error where it does not follow the schema.
func Check(output string) (results []map[string]any, err error) {
	schema, err := compile()
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(output))
	for {
		var v any
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return results, nil
		case err != nil:
			return results, fmt.Errorf("output is not JSON: %w", err)
		}
		if err := schema.Validate(v); err != nil {
			return results, fmt.Errorf("output does not follow report/schema.json: %w", err)
		}
		results = appendResults(results, v)
	}
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
