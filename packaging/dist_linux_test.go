// Package packaging tests the packages that `make dist` builds: that two builds are equal,
// what is in them, and in a Debian of its own how they are installed, upgraded, removed and
// purged.
package packaging

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// built is the folder with the packages of this checkout, which the tests share.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "mailprobe-dist-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// version is what version.sh says of this checkout. It is asked once, so that a commit between
// two builds does not make them differ.
var version = sync.OnceValues(func() ([]string, error) {
	out, err := exec.Command("sh", "version.sh").Output()
	return strings.Fields(string(out)), err
})

var build = sync.OnceValue(func() error { return dist("..", built) })

// dist builds the packages of a checkout into a folder: those of this machine's
// architecture, and by night of all.
func dist(checkout, dir string, env ...string) error {
	release, err := version()
	if err != nil {
		return err
	}
	cmd := exec.Command("sh", filepath.Join(checkout, "packaging/dist.sh"), dir)
	cmd.Env = slices.Concat(os.Environ(), release, env)
	if os.Getenv("MAILPROBE_NIGHTLY") == "" {
		cmd.Env = append(cmd.Env, "ARCHITECTURES="+runtime.GOARCH)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// pkg returns the package of this machine's architecture in a format.
func pkg(t *testing.T, format string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{runtime.GOARCH, map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]} {
		if names, _ := filepath.Glob(filepath.Join(built, "*"+arch+"."+format)); len(names) == 1 {
			return names[0]
		}
	}
	t.Fatalf("there is no %s for %s in %s", format, runtime.GOARCH, built)
	return ""
}

// output runs a command and returns what it prints. Its failure ends the test.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestReproducible: a copy of the sources in another folder, built without the repository
// with another umask and in another time zone, makes the same bytes.
func TestReproducible(t *testing.T) {
	t.Parallel()
	pkg(t, "deb")
	sources, again := t.TempDir(), t.TempDir()
	copySources(t, sources)
	if err := dist(sources, again, "TZ=Pacific/Auckland", "LC_ALL=C.UTF-8"); err != nil {
		t.Fatal(err)
	}
	first, second := sums(t, built), sums(t, again)
	if len(first) < 5 {
		t.Errorf("only %q were built", first)
	}
	if !slices.Equal(first, second) {
		t.Errorf("two builds differ:\n%s\n\n%s", strings.Join(first, "\n"), strings.Join(second, "\n"))
	}
}

// copySources copies the files of the checkout that git knows or would take, with the modes
// of an umask of 077.
func copySources(t *testing.T, to string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join("..", name))
		if errors.Is(err, os.ErrNotExist) {
			continue // it is removed, and that is not committed
		}
		var text []byte
		if err == nil {
			text, err = os.ReadFile(filepath.Join("..", name))
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, info.Mode()&0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sums returns the names of the files in a folder with the checksum of each.
func sums(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%x  %s", sha256.Sum256(text), e.Name()))
	}
	return all
}
