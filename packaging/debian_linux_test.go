package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// debian is a Debian in a folder.
type debian struct {
	*testing.T
	root string
}

// newDebian copies essential packages from this machine, with those that are named and what
// they depend on, as they are after debootstrap: in seconds, and without a network.
func newDebian(t *testing.T, packages ...string) debian {
	t.Helper()
	query := reporttest.Tool(t, "dpkg-query")
	d := debian{t, filepath.Join(t.TempDir(), "root")}
	names := needed(t, packages...)
	files := strings.Split(output(t, query, append([]string{"--listfiles"}, names...)...), "\n")
	for _, name := range names {
		about, _ := filepath.Glob("/var/lib/dpkg/info/" + name + ".*")
		files = append(files, about...)
	}
	d.copy(files)
	d.write("var/lib/dpkg/status", output(t, query, append([]string{"--status"}, names...)...))
	// What the scripts of base-passwd, passwd and libpam-runtime do.
	for _, name := range []string{"passwd", "group"} {
		d.run("cp", "/usr/share/base-passwd/"+name+".master", "/etc/"+name)
	}
	d.run("pwconv")
	d.run("pam-auth-update", "--force")
	d.run("mknod", "/dev/null", "c", "1", "3")
	d.run("chmod", "666", "/dev/null")
	return d
}

// needed returns the installed packages that every Debian has, and those that are named,
// with all that they depend on.
func needed(t *testing.T, packages ...string) []string {
	t.Helper()
	native := strings.TrimSpace(output(t, "dpkg", "--print-architecture"))
	full, depends, wanted := map[string]string{}, map[string]string{}, packages
	for line := range strings.Lines(output(t, "dpkg-query", "--show", "--showformat",
		"${Package}\t${binary:Package}\t${Architecture}\t${Essential}\t${Pre-Depends}, ${Depends}\n")) {
		if f := strings.Split(line, "\t"); f[2] == native || f[2] == "all" {
			full[f[0]], depends[f[0]] = f[1], f[4]
			if f[3] == "yes" {
				wanted = append(wanted, f[0])
			}
		}
	}
	var names []string
	for ; len(wanted) > 0; wanted = wanted[1:] {
		if name := full[wanted[0]]; name != "" {
			names = append(names, name)
			delete(full, wanted[0])
			wanted = append(wanted, named(depends[wanted[0]])...)
		}
	}
	return names
}

// named returns the names in a field of dependencies. Of alternatives those count that are
// installed.
func named(depends string) []string {
	names := strings.FieldsFunc(depends, func(r rune) bool { return r == ',' || r == '|' })
	for i, name := range names {
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		names[i], _, _ = strings.Cut(name, ":")
	}
	return names
}

// unneeded is what makes most of a package's files, and runs nothing.
var unneeded = regexp.MustCompile(`^/usr/share/(doc|i18n|info|locale|man)/`)

// copy copies those of the named files that are there, but for documentation.
func (d debian) copy(files []string) {
	d.Helper()
	var found []string
	for _, name := range files {
		// /bin is a link to /usr/bin, which comes after it.
		dir, err := filepath.EvalSymlinks(filepath.Dir(name))
		name = filepath.Join(dir, filepath.Base(name))
		if _, gone := os.Lstat(name); err == nil && gone == nil && !unneeded.MatchString(name) {
			found = append(found, strings.TrimPrefix(name, "/"))
		}
	}
	slices.Sort(found)
	d.write("files", strings.Join(slices.Compact(found), "\n"))
	output(d.T, "sh", "-c", `tar -C / --no-recursion --verbatim-files-from -cT "$1/files" | tar -C "$1" -xp --keep-directory-symlink`, "sh", d.root)
}

// try runs a command there. Messages are in English.
func (d debian) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(d.Context(), "chroot", append([]string{d.root, name}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/root", "DEBIAN_FRONTEND=noninteractive"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run is try for a command that succeeds.
func (d debian) run(name string, args ...string) string {
	d.Helper()
	out, err := d.try(name, args...)
	if err != nil {
		d.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// wants runs a command and compares what it prints.
func (d debian) wants(want, name string, args ...string) {
	d.Helper()
	if out := strings.TrimSpace(d.run(name, args...)); out != want {
		d.Errorf("%s %s: %q, want %q", name, strings.Join(args, " "), out, want)
	}
}

// put copies a file of this machine into it and returns its name there.
func (d debian) put(file string) string {
	d.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		d.Fatal(err)
	}
	name := "/" + filepath.Base(file)
	if err := os.WriteFile(filepath.Join(d.root, name), text, 0o644); err != nil {
		d.Fatal(err)
	}
	return name
}

// is reports whether there is a file.
func (d debian) is(name string) bool {
	_, err := os.Lstat(filepath.Join(d.root, name))
	return err == nil
}

// write writes a file.
func (d debian) write(name, text string) {
	d.Helper()
	file := filepath.Join(d.root, name)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o755)
	}
	if err != nil {
		d.Fatal(err)
	}
}
