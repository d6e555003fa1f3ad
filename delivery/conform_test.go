package delivery_test

import (
	"testing"

	"mailprobe/delivery"
	"mailprobe/probe/probetest"
)

func TestConform(t *testing.T) {
	probetest.Conform(t, delivery.Kind(), "--to", "alice@example.net", "--via", "submission://bob@mx1.example.org", "--via-password-file", "$PASSWORD", "--via-ca-file", "$CA",
		"--fetch", "pop3s://alice@pop.example.net", "--fetch-password-file", "$PASSWORD", "--fetch-ca-file", "$CA", "--state", t.TempDir())
}

func TestSessions(t *testing.T) { probetest.Sessions(t, delivery.Kind(), "testdata") }

func TestConformInSession(t *testing.T) {
	for _, name := range []string{"never", "imap"} {
		t.Run(name, func(t *testing.T) {
			probetest.ConformSession(t, delivery.Kind(), "testdata/conform/"+name+".txtar")
		})
	}
}
