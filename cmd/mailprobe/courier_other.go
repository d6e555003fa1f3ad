//go:build !unix

package main

import "os/exec"

// detach does nothing where there are no sessions.
func detach(*exec.Cmd) {}

// keepLock does nothing where a lock is no open file.
func keepLock() {}
