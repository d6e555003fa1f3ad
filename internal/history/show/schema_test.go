package show

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validate checks JSON against a schema.
func validate(t *testing.T, schemaFile string, text []byte) error {
	t.Helper()
	file, err := os.Open(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaFile, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

// TestSchema: the JSON conforms to the schema, for all checks, one and none, and with
// replies of hostile servers.
func TestSchema(t *testing.T) {
	const week = 7 * 24 * time.Hour
	none := data(t, "ESMTP", "relay", time.Minute)
	none.Checks, none.Incidents = nil, nil
	var all string
	for what, d := range map[string]*Data{
		"all": data(t, "ESMTP", "", week), "one": data(t, "ESMTP", "relay", week), "hours": data(t, "ESMTP", "relay", 12*time.Hour),
		"none": none, "hostile": data(t, hostile, "", week),
	} {
		var out bytes.Buffer
		if err := d.JSON(&out); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, "schema.json", out.Bytes()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if what == "all" {
			all = out.String()
		}
	}
	for from, to := range map[string]string{
		`"until"`: `"till"`, `"CRITICAL"`: `"DOWN"`, `"ok": `: `"fine": `, `"p95": `: `"p95": -`, `"event": "opened"`: `"event": "begun"`,
	} {
		if text := strings.Replace(all, from, to, 1); text == all || validate(t, "schema.json", []byte(text)) == nil {
			t.Errorf("the schema takes %s for %s", to, from)
		}
	}
}
