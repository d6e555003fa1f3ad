//go:build unix

package main

import (
	"errors"
	"os"
	"syscall"
)

// lockOutput keeps other runs from resuming into the same file until this process ends. A
// file system without locks has none.
func lockOutput(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return errOutputLocked
	}
	return nil
}
