package probetest_test

import (
	"testing"

	"mailprobe/probe/probetest"
)

func TestSessions(t *testing.T) {
	probetest.Sessions(t, greetKind(), "testdata")
}

func TestConform(t *testing.T) {
	probetest.Conform(t, greetKind(), "--password-file", "$PASSWORD", "host.example.org")
}

func TestConformSession(t *testing.T) {
	probetest.ConformSession(t, greetKind(), "testdata/login.txtar")
}
