package centre

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// Seen is what was last heard from a place.
type Seen struct {
	Last    time.Time `json:"last"`
	Version string    `json:"version"`
	// Offset is what is missing on its clock, in seconds; nil where it is not known.
	Offset  *float64        `json:"offset,omitempty"`
	Able    []fleet.Ability `json:"able,omitempty"`
	Spooled int64           `json:"spooled"`
	Dropped int64           `json:"dropped"`
	// Jobs is how many jobs it has, NotAllowed how many of them its own rules do not permit.
	Jobs       int `json:"jobs"`
	NotAllowed int `json:"not_allowed"`
	// Refused is how many results of it were not taken, since the centre has its state directory.
	Refused int64 `json:"refused"`
	// Problem is why it is not listened to, empty where it is.
	Problem string `json:"problem,omitempty"`
}

// ReadSeen reads what was last heard from each place. The centre writes it every SeenEvery.
func ReadSeen(state string) (map[string]Seen, error) {
	all := map[string]Seen{}
	text, err := os.ReadFile(seenFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}

// SeenEvery is how often the centre writes down what it has heard.
const SeenEvery = 15 * time.Second

func seenFile(state string) string { return filepath.Join(state, folder, "seen.json") }

// seen has what was heard from all places.
type seen struct {
	mu      sync.Mutex
	all     map[string]Seen
	changed bool

	writing sync.Mutex // the newest is written last
}

// update changes what is known of a place, and returns what was known before.
func (s *seen) update(place string, how func(*Seen)) (before Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.all[place]
	one := before
	how(&one)
	s.all[place], s.changed = one, true
	return before
}

// write writes it down where anything has changed.
func (s *seen) write(state string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	text, err := json.Marshal(s.all)
	changed := s.changed
	s.changed = false
	s.mu.Unlock()
	if !changed || err != nil {
		return err
	}
	return atomicfile.Write(seenFile(state), atomicfile.Private, atomicfile.Text(text))
}
