package probe

import "time"

// Silenced is why nothing bad is announced of a check: somebody has silenced it, or its
// file has a maintenance window. The JSON names are a promise.
type Silenced struct {
	// ID is the identifier of the silence, empty for a maintenance window.
	ID string `json:"id,omitempty"`
	// Until is when it ends; zero where that is not known.
	Until time.Time `json:"until,omitzero"`
	// By is the name of who silenced it, empty for a maintenance window.
	By string `json:"by,omitempty"`
	// Reason is why, in a line; empty where none was given.
	Reason string `json:"reason,omitempty"`
}

// String returns it as "silenced until 2026-11-29 18:00 UTC by alice: new disk", in local
// time.
func (s Silenced) String() string { return s.In(time.Local) }

// In is String by the clock of a time zone.
func (s Silenced) In(zone *time.Location) string {
	text := "silenced"
	if s.ID == "" && !s.Until.IsZero() {
		text = "in maintenance"
	}
	if !s.Until.IsZero() {
		text += " until " + s.Until.In(zone).Format("2006-01-02 15:04 MST")
	}
	if s.By != "" {
		text += " by " + s.By
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}
