package probetest_test

import (
	"testing"

	"mailprobe/probe/probetest"
)

func TestSessions(t *testing.T) {
	probetest.Sessions(t, greetKind(), "testdata")
}
