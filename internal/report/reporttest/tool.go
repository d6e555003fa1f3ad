package reporttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// unpacked is the folder into which `make test` unpacks programs without installing them.
const unpacked = "/var/cache/mailprobe-test"

// Find returns the path of a real program, such as promtool or chromium: that of PATH, or of
// the folder that `make test` fills.
func Find(name string) (string, error) {
	for _, path := range []string{name, filepath.Join(unpacked, "usr/bin", name), filepath.Join(unpacked, "usr/sbin", name)} {
		if path, err := exec.LookPath(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing; make test installs or unpacks it on Debian as root", name)
}

// Tool is Find for a test that needs the program. Where there is none the test is
// skipped, and fails under MAILPROBE_REAL=require.
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	path, err := Find(name)
	switch {
	case err == nil:
	case os.Getenv("MAILPROBE_REAL") == "require":
		tb.Fatal(err)
	default:
		tb.Skipf("SKIP %v", err)
	}
	return path
}
