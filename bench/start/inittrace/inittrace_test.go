package inittrace_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mailprobe/bench/measure"
	"mailprobe/bench/start/inittrace"
)

// maxAllocations is how many objects the initialisation of a package may allocate: every start
// pays for it. A clock would tell how busy the machine is.
const maxAllocations = 100

// known are the packages that allocate more, with what they do.
var known = map[string]string{
	"github.com/prometheus/procfs":                              "patterns of files below /proc, for client_golang",
	"go.yaml.in/yaml/v4/internal/libyaml":                       "patterns of numbers",
	"github.com/olekukonko/errors":                              "a pool of errors, for tablewriter",
	"go.yaml.in/yaml/v2":                                        "maps and patterns, for exporter-toolkit",
	"github.com/prometheus/client_golang/prometheus":            "the collectors of its default registry, and descriptions of Go's metrics",
	"github.com/prometheus/client_golang/prometheus/collectors": "patterns and descriptions of Go's metrics",
	"github.com/dustin/go-humanize":                             "large numbers and a pattern, for modernc.org/libc",
	"github.com/nats-io/nats.go":                                "patterns, and encoders that it has for older programs",
	"github.com/nats-io/nats.go/jetstream":                      "an error for each fault of its requests",
	"github.com/nats-io/nats-server/v2/server":                  "the table of its errors, and patterns of its log",
}

// maxSize bounds the stripped program for linux/amd64, in bytes. A library more shows here.
const maxSize = 43_000_000

// TestProgram holds the program, as it is released, to its limits.
func TestProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mailprobe")
	if err := measure.Build(program, "mailprobe/cmd/mailprobe"); err != nil {
		t.Fatal(err)
	}
	t.Run("size", func(t *testing.T) { testSize(t, program) })
	t.Run("initialisations", func(t *testing.T) { testInitialisations(t, program) })
}

func testSize(t *testing.T, program string) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the limit is for linux/amd64")
	}
	file, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if file.Size() > maxSize {
		t.Errorf("the program has %d bytes, the limit is %d: go tool nm -size -sort size shows what is linked", file.Size(), maxSize)
	}
}

// testInitialisations: no package allocates much to initialise but those that are known,
// and these still do.
func testInitialisations(t *testing.T, program string) {
	all, err := inittrace.Run(t.Context(), 1, program, "--version")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 || all["mailprobe/smtpcheck"].Allocations == 0 {
		t.Fatalf("the trace is not read: %v", all)
	}
	for name, cost := range all {
		if cost.Allocations > maxAllocations && known[name] == "" && !isStandard(name) {
			t.Errorf("%s allocates %d objects to initialise: do its work when it is first needed (sync.OnceValue)", name, cost.Allocations)
		}
	}
	for name := range known {
		if all[name].Allocations <= maxAllocations {
			t.Errorf("%s allocates %d objects to initialise, and need not be known", name, all[name].Allocations)
		}
	}
}

// isStandard reports whether a package is Go's own: those have no dot in the first element
// of their path.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first != "mailprobe" && first != "main" && !strings.Contains(first, ".")
}
