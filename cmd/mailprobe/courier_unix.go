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

// lockFile is the descriptor by which a courier holds the lock of its run: the first of
// exec.Cmd.ExtraFiles.
const lockFile = 3

// keepLock leaves the lock to the courier alone: what a command of a notifier leaves
// behind in the background must not hold it.
func keepLock() { syscall.CloseOnExec(lockFile) }
