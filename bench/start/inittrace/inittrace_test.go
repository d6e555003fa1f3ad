package inittrace_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"mailprobe/bench/start/inittrace"
)

// limit is how long the initialisation of a package may take: every start pays it.
const limit = 100 * time.Microsecond

// known are the packages that may take longer on some machines, with what they do.
var known = map[string]string{
	"modernc.org/libc":                                          "memory outside of Go's heap, for the name of the program",
	"modernc.org/sqlite/lib":                                    "constants of SQLite that hold addresses",
	"modernc.org/mathutil":                                      "large numbers, for modernc.org/libc",
	"github.com/dustin/go-humanize":                             "large numbers and a pattern, for modernc.org/libc",
	"go.yaml.in/yaml/v4/internal/libyaml":                       "patterns of numbers",
	"github.com/olekukonko/errors":                              "a pool of errors, for tablewriter",
	"github.com/mattn/go-runewidth":                             "a pattern of locales, for tablewriter",
	"golang.org/x/net/dns/dnsmessage":                           "the first maps of the program",
	"html/template":                                             "a pattern and maps, for the page",
	"github.com/prometheus/client_golang/prometheus":            "the collectors of its default registry, and descriptions of Go's metrics",
	"github.com/prometheus/client_golang/prometheus/collectors": "patterns and descriptions of Go's metrics",
	"github.com/prometheus/client_model/go":                     "the description of its messages, for protobuf",
	"google.golang.org/protobuf/types/known/timestamppb":        "the first message that protobuf describes",
	"google.golang.org/protobuf/internal/filedesc":              "maps of protobuf",
	"google.golang.org/protobuf/internal/detrand":               "a hash of the program, for protobuf",
	"google.golang.org/protobuf/encoding/protowire":             "errors of protobuf",
	"google.golang.org/protobuf/internal/encoding/text":         "patterns of protobuf",
	"google.golang.org/protobuf/proto":                          "errors of protobuf",
	"github.com/prometheus/procfs":                              "patterns of files below /proc, for client_golang",
	"go.yaml.in/yaml/v2":                                        "maps and patterns, for exporter-toolkit",
	"golang.org/x/net/trace":                                    "templates of a page that nobody asks for, by go-conntrack",
	"github.com/miekg/dns":                                      "maps of types, codes and algorithms",
	"github.com/mwitkow/go-conntrack":                           "metrics, for prometheus/common/config, by exporter-toolkit",
}

// maxSize bounds the stripped program for linux/amd64, in bytes. A library more shows here.
const maxSize = 29_000_000

// TestProgram holds the program, as it is released, to its limits.
func TestProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mailprobe")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "mailprobe/cmd/mailprobe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
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

// testInitialisations: no package takes long to initialise but those that are known. The
// shortest of several starts counts, as a busy machine makes any of them long.
func testInitialisations(t *testing.T, program string) {
	least, err := inittrace.Run(t.Context(), 20, program, "--version")
	if err != nil {
		t.Fatal(err)
	}
	if len(least) < 50 || least["mailprobe/smtpcheck"] == 0 {
		t.Fatalf("the trace is not read: %v", least)
	}
	for name, took := range least {
		if took > limit && known[name] == "" && !isStandard(name) {
			t.Errorf("%s takes %s to initialise: do its work when it is first needed (sync.OnceValue)", name, took)
		}
	}
}

// isStandard reports whether a package is Go's own: those have no dot in the first element
// of their path.
func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first != "mailprobe" && first != "main" && !strings.Contains(first, ".")
}
