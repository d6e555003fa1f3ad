//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach gives a process a session of its own, which no signal to the run's reaches. An
// interrupt is passed on to it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
}
