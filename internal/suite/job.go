package suite

import (
	"time"

	"mailprobe/internal/settings"
)

// Job is an item as an agent gets it: data, which the agent's own rules judge. It has no
// command, and no file but by the name of a credential.
type Job struct {
	// ID is that of the item at the centre.
	ID string `json:"id"`
	// Kind and Target are the check's.
	Kind   string `json:"kind"`
	Target string `json:"target,omitempty"`
	// Options are set in their order.
	Options settings.Values `json:"options,omitempty"`
	// Credentials are options that are set to secrets.
	Credentials []Credential `json:"credentials,omitempty"`
	// Every, Between, Attempts and RetryAfter are as in Settings; Between is the text of the
	// window. The turn is that of the ID, as everywhere.
	Every      time.Duration `json:"every"`
	Between    string        `json:"between,omitempty"`
	Attempts   int           `json:"attempts"`
	RetryAfter time.Duration `json:"retry_after"`
	// DependsOn are IDs of jobs at the same place.
	DependsOn []string `json:"depends_on,omitempty"`
}

// Credential is a secret that an option of a job is set to.
type Credential struct {
	// Option is the option, such as password-env, Name what it is set to in the file of
	// checks: the name under which the agent may have the secret itself.
	Option string `json:"option"`
	Name   string `json:"name"`
	// Sealed is the secret, sealed to the agent's key; empty where the centre has none.
	Sealed []byte `json:"sealed,omitempty"`
}
