//go:build !unix

package subprocess

import "os/exec"

// separate does nothing where there are no process groups: the command alone is
// killed, and its output no longer waited for.
func separate(*exec.Cmd, bool) {}
