package suite

import (
	"time"

	"mailprobe/probe"
)

// Delivered is what an agent has found of one job.
type Delivered struct {
	ID       string
	Attempts int
	Results  []*probe.Result
}

// AgentReport is what an agent says of itself, and the centre of it.
type AgentReport struct {
	Version          string
	Offset           *time.Duration
	Able             []Ability
	Spooled, Dropped int64
	Refused          map[string]string
	Problem          string
}

// Ability is something that a place can do, or cannot.
type Ability struct {
	Name   string
	Able   *bool
	Detail string
}
