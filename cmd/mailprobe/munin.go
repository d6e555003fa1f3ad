package main

import (
	"os"
	"path/filepath"
	"strings"

	"mailprobe/internal/report"
)

// munin reads what munin-node passes to a plug-in in the environment: the name under which
// it is installed, the part of its state file's name before the address of the master,
// and whether the master accepts values with the configuration.
func munin() report.Munin {
	plugin := ""
	if state := os.Getenv("MUNIN_STATEFILE"); state != "" {
		plugin = strings.TrimSuffix(filepath.Base(state), "-"+os.Getenv("MUNIN_MASTER_IP"))
	}
	return report.Munin{Plugin: plugin, Both: os.Getenv("MUNIN_CAP_DIRTYCONFIG") == "1"}
}
