package probe

import (
	"errors"
	"os"
	"path/filepath"
)

// StateDir returns the state directory: dir if it is given, otherwise
// $XDG_STATE_HOME/mailprobe, for root /var/lib/mailprobe, and for others
// ~/.local/state/mailprobe. It need not exist.
func StateDir(given string) (string, error) {
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
		return "", errors.Join(errors.New("there is no place for what is to be remembered: set --state DIR or HOME"), err)
	}
	return filepath.Join(home, ".local", "state", "mailprobe"), nil
}
