package reporttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// unpacked is the folder of programs that `make test` unpacks without installing them.
const unpacked = "/var/cache/mailprobe-test"

// Tool returns the path of a real program that reads reports, such as promtool: that of
// PATH, or of the folder that `make test` fills. Where there is none the test is skipped,
// and fails under MAILPROBE_REAL=require.
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range []string{"usr/bin", "usr/sbin"} {
		if path, err := exec.LookPath(filepath.Join(unpacked, folder, name)); err == nil {
			return path
		}
	}
	if os.Getenv("MAILPROBE_REAL") == "require" {
		tb.Fatalf("%s is missing; make test unpacks it on Debian as root", name)
	}
	tb.Skipf("SKIP %s is missing; make test unpacks it on Debian as root", name)
	return ""
}
