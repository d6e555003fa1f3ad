// Package tuntest makes networks for tests that run on the kernel's own stack: each in
// a network namespace of its own. They need root and TUN, and are skipped without.
package tuntest

import (
	"os"
	"testing"
)

// Without skips a test for what the machine lacks, and fails it where
// MAILPROBE_REAL=require demands tests of real networks.
func Without(t *testing.T, lack error) {
	t.Helper()
	if os.Getenv("MAILPROBE_REAL") == "require" {
		t.Fatal(lack)
	}
	t.Skipf("SKIP tests of a real network: %v", lack)
}
