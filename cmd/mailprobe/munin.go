package main

import (
	"os"
	"path/filepath"
	"strings"

	"mailprobe/internal/report"
)

// munin is what munin-node says in the environment of a plug-in: by which name it is
// installed, which is the first part of the name of its state file, before the master's
// address, and whether the master takes values with the configuration.
func munin() report.Munin {
	plugin := ""
	if state := os.Getenv("MUNIN_STATEFILE"); state != "" {
		plugin = strings.TrimSuffix(filepath.Base(state), "-"+os.Getenv("MUNIN_MASTER_IP"))
	}
	return report.Munin{Plugin: plugin, Both: os.Getenv("MUNIN_CAP_DIRTYCONFIG") == "1"}
}
