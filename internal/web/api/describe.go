package api

import (
	_ "embed" // for the description
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"mailprobe/internal/history/show"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
)

// described is the description without the schemas that it shares with the command line.
//
//go:embed openapi.json
var described []byte

// Description returns the OpenAPI description of the API (version 3.1). The shapes of
// results and of the history are those that the commands print.
var Description = sync.OnceValue(func() []byte {
	var d struct {
		OpenAPI    string                    `json:"openapi"`
		Info       json.RawMessage           `json:"info"`
		Servers    json.RawMessage           `json:"servers"`
		Tags       json.RawMessage           `json:"tags"`
		Paths      json.RawMessage           `json:"paths"`
		Components map[string]map[string]any `json:"components"`
	}
	must(json.Unmarshal(described, &d))
	add(d.Components["schemas"], report.Schema, "result", "result")
	add(d.Components["schemas"], show.Schema, "history", "")
	addResult(d.Components["schemas"])
	text, err := plainjson.Marshal(d)
	must(err)
	return text
})

// add adds a JSON Schema to the schemas of a description, and what it defines under names
// of their own. The schema itself is left out where one of its definitions stands for it.
func add(schemas map[string]any, schema, name, definition string) {
	var s map[string]any
	must(json.Unmarshal([]byte(strings.ReplaceAll(schema, `"#/$defs/`, `"#/components/schemas/`+name+`_`)), &s))
	defs, _ := s["$defs"].(map[string]any)
	for each, def := range defs {
		schemas[name+"_"+each] = def
	}
	delete(s, "$defs")
	delete(s, "$schema")
	schemas[name] = s
	if definition != "" {
		schemas[name] = defs[definition]
		delete(schemas, name+"_"+definition)
	}
}

// addResult adds the schema of a single result in a list: that of a failure, with any
// status.
func addResult(schemas map[string]any) {
	var s struct {
		Properties struct {
			Failures struct {
				Items struct {
					Type                 string         `json:"type"`
					Required             []string       `json:"required"`
					AdditionalProperties bool           `json:"additionalProperties"`
					Properties           map[string]any `json:"properties"`
				} `json:"items"`
			} `json:"failures"`
		} `json:"properties"`
	}
	must(json.Unmarshal([]byte(show.FailuresSchema), &s))
	one := s.Properties.Failures.Items
	one.Properties["status"] = map[string]string{"$ref": "#/components/schemas/result_status"}
	schemas["past_result"] = one
}

// must is for text that is part of the program.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the description of the API: %v", err))
	}
}
