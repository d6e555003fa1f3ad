package history

import (
	"path/filepath"

	"mailprobe/probe"
)

// FileName is the name of the database file in the state directory.
const FileName = "history.db"

// File returns the path of the history in a state directory; given is as for
// probe.StateDir.
func File(given string) (string, error) {
	dir, err := probe.StateDir(given)
	return filepath.Join(dir, FileName), err
}
