//go:build !amd64

package integration

import (
	"errors"
	"os/exec"
	"time"
)

// startWithClock starts a program whose clock is off by a time: the code for this processor is
// not written.
func startWithClock(*exec.Cmd, time.Duration) error { return errors.ErrUnsupported }
