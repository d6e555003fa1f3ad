package show

import (
	"time"

	"mailprobe/internal/history"
)

// Encode returns the data as JSON has it.
func (d *Data) Encode() any { return d.encode() }

// EncodeIncident returns an incident as JSON has it, at a time.
func EncodeIncident(i history.Incident, now time.Time) any { return encodeIncident(i, now) }

// EncodeResult returns a past result as the list of failures has it in JSON.
func EncodeResult(one history.Single) any { return encodeFailure(one) }
