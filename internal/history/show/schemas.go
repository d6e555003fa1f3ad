package show

import _ "embed" // for the schemas

// Schema is the JSON Schema of what Data.JSON writes, and FailuresSchema that of what
// Failures.JSON writes.
var (
	//go:embed schema.json
	Schema string
	//go:embed failures.schema.json
	FailuresSchema string
)
