package history

import (
	"errors"
	"os"
	"path/filepath"
)

// FileName is the name of the database in the state directory.
const FileName = "history.db"

// Dir returns the state directory: the one given, or else
// $XDG_STATE_HOME/mailprobe, for root /var/lib/mailprobe, and for others
// ~/.local/state/mailprobe. It need not exist.
func Dir(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	if base := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "mailprobe"), nil
	}
	if os.Geteuid() == 0 {
		return "/var/lib/mailprobe", nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.Join(errors.New("there is no place for the history: set --state DIR or HOME"), err)
	}
	return filepath.Join(home, ".local", "state", "mailprobe"), nil
}

// File returns the file of the history in a state directory, given as for Dir.
func File(given string) (string, error) {
	dir, err := Dir(given)
	return filepath.Join(dir, FileName), err
}
