package probe

import (
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
		return "", OptionErrorf("there is no state directory: set %s DIR or HOME; %w", OptionName("state"), err)
	}
	return filepath.Join(home, ".local", "state", "mailprobe"), nil
}
