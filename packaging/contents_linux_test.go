package packaging

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// inAll are files of every package; %s is where zsh looks, which systems differ in.
var inAll = []string{
	"/etc/mailprobe/mailprobe.yaml",
	"/usr/bin/mailprobe",
	"/usr/share/bash-completion/completions/mailprobe",
	"/usr/share/doc/mailprobe/copyright",
	"/usr/share/fish/vendor_completions.d/mailprobe.fish",
	"/usr/share/mailprobe/contrib/munin/mailprobe_",
	"/usr/share/mailprobe/contrib/prometheus/mailprobe.rules.yml",
	"/usr/share/mailprobe/mailprobe.schema.json",
	"/usr/share/man/man1/mailprobe-smtp.1.gz",
	"/usr/share/man/man1/mailprobe.1.gz",
	"/usr/share/man/man5/mailprobe.yaml.5.gz",
}

// units are those of systemd.
var units = []string{
	"/usr/lib/systemd/system/mailprobe-check.service",
	"/usr/lib/systemd/system/mailprobe-check.timer",
	"/usr/lib/systemd/system/mailprobe.service",
	"/usr/lib/sysusers.d/mailprobe.conf",
}

// lacks reports what is not among names.
func lacks(t *testing.T, names []string, wanted ...[]string) {
	t.Helper()
	for _, name := range slices.Concat(wanted...) {
		if !slices.Contains(names, name) {
			t.Errorf("the package lacks %s; it has\n%s", name, strings.Join(names, "\n"))
		}
	}
}

// TestRPM: rpm itself reads the package, whose files have the owners that they need.
func TestRPM(t *testing.T) {
	t.Parallel()
	rpm := reporttest.Tool(t, "rpm")
	file := pkg(t, "rpm")
	list := output(t, rpm, "-qp", "--nosignature", "--queryformat", "[%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEFLAGS:fflags} %{FILENAMES}\n]", file)
	var names []string
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		names = append(names, fields[len(fields)-1])
	}
	lacks(t, names, inAll, units, []string{"/usr/share/zsh/site-functions/_mailprobe", "/usr/share/licenses/mailprobe/LICENSE"})
	for _, line := range []string{
		"-rw-r----- root:mailprobe cn /etc/mailprobe/mailprobe.yaml\n",
		"-rwxr-xr-x root:root  /usr/bin/mailprobe\n",
		"drwx------ mailprobe:mailprobe  /var/lib/mailprobe\n",
		"-rwxr-xr-x root:root  /usr/share/mailprobe/contrib/munin/mailprobe_\n",
		" root:root  /usr/share/munin/plugins/mailprobe_\n",
	} {
		if !strings.Contains(list, line) {
			t.Errorf("%q is not in\n%s", line, list)
		}
	}
	scripts := output(t, rpm, "-qp", "--nosignature", "--scripts", file)
	for _, want := range []string{"useradd --system", "setcap cap_net_raw+ep /usr/bin/mailprobe", "daemon-reload", "try-restart"} {
		if !strings.Contains(scripts, want) {
			t.Errorf("the scripts do not %s:\n%s", want, scripts)
		}
	}
	if strings.Contains(scripts, "enable --now mailprobe\n") {
		t.Error("a script enables the server")
	}
	output(t, rpm, "-K", "--nosignature", file)
}

// TestAPK: the package is three archives after one another, as apk reads it.
func TestAPK(t *testing.T) {
	t.Parallel()
	files := readAPK(t, pkg(t, "apk"))
	names := slices.Sorted(maps.Keys(files))
	for i, name := range names {
		names[i] = "/" + name
	}
	lacks(t, names, inAll, []string{"/usr/share/zsh/site-functions/_mailprobe", "/etc/init.d/mailprobe", "/.PKGINFO",
		"/.pre-install", "/.post-install", "/.pre-upgrade", "/.post-upgrade", "/.pre-deinstall"})
	if h := files["etc/mailprobe/mailprobe.yaml"]; h == nil || h.Gname != "mailprobe" || h.Mode&0o777 != 0o640 {
		t.Errorf("the file of checks is %v", h)
	}
	if h := files["etc/init.d/mailprobe"]; h == nil || h.Mode&0o111 == 0 {
		t.Errorf("the service is %v", h)
	}
	for _, unit := range units {
		if slices.Contains(names, unit) {
			t.Errorf("Alpine has no systemd for %s", unit)
		}
	}
}

// readAPK returns the files of a package: tar archives without end, each in a gzip member
// of its own.
func readAPK(t *testing.T, name string) map[string]*tar.Header {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*tar.Header{}
	in := bufio.NewReader(bytes.NewReader(text))
	members, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(members); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(h.Name, "/")] = h
	}
}

// TestLintian: Debian's own checker finds no error, but for what is overridden with a reason
// in packaging/lintian.
func TestLintian(t *testing.T) {
	t.Parallel()
	lintian := reporttest.Tool(t, "lintian")
	out, err := exec.CommandContext(t.Context(), lintian, "--allow-root", "--fail-on", "error", pkg(t, "deb")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
