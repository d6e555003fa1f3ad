//go:build unix

package subprocess

import (
	"os"
	"os/exec"
	"syscall"
)

// separate gives a command a process group of its own, which is killed as a whole.
// One that may ask its user stays in the group of the terminal, where there is one:
// from any other it could not read, and an interrupt reaches it there by itself.
func separate(cmd *exec.Cmd, asksUser bool) {
	if asksUser && hasTerminal() {
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// hasTerminal reports whether the process has a controlling terminal.
func hasTerminal() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}
