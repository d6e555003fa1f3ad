package packaging

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// newer makes a package of a higher version, whose file of checks has changed.
func newer(t *testing.T, deb string) string {
	t.Helper()
	dir := t.TempDir()
	root, next := filepath.Join(dir, "root"), filepath.Join(dir, "newer.deb")
	output(t, "dpkg-deb", "-R", deb, root)
	for name, edit := range map[string]func(string) string{
		"DEBIAN/control": func(text string) string {
			return regexp.MustCompile(`(?m)^Version: .*$`).ReplaceAllString(text, "Version: 99999.0-1")
		},
		"etc/mailprobe/mailprobe.yaml": func(text string) string { return text + "# of the next version\n" },
	} {
		file := filepath.Join(root, name)
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, []byte(edit(string(text))), 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	output(t, "dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", root, next)
	return next
}

// systemctl stands in for the service manager, which a folder has not: it writes down what
// it is asked for.
const systemctl = "#!/bin/sh\necho \"$*\" >>/systemctl.log\n"

// asked returns what systemctl has been asked for since the last call.
func (d debian) asked() string {
	d.Helper()
	text, err := os.ReadFile(filepath.Join(d.root, "systemctl.log"))
	if err != nil && !os.IsNotExist(err) {
		d.Fatal(err)
	}
	_ = os.Remove(filepath.Join(d.root, "systemctl.log"))
	return string(text)
}

// TestInstalled: the package is installed, upgraded, removed and purged in a Debian of its
// own, and leaves what belongs to the administrator.
func TestInstalled(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("SKIP packages are installed as root only")
	}
	deb := pkg(t, "deb")
	d := newDebian(t, "adduser", "libcap2-bin")
	first := d.put(deb)
	out := d.run("dpkg", "-i", first)
	if !strings.Contains(out, "mailprobe: now edit /etc/mailprobe/mailprobe.yaml, then: systemctl enable --now mailprobe\n") || strings.Contains(out, "no right to raw sockets") {
		t.Errorf("installing prints\n%s", out)
	}
	d.installed()
	d.withoutCapability(first)
	d.upgraded(d.put(newer(t, deb)))
	d.removed()
	d.byRPM(pkg(t, "rpm"))
}

// installed looks at what is there after the installation.
func (d debian) installed() {
	d.Helper()
	d.wants("mailprobe:mailprobe 700", "stat", "-c", "%U:%G %a", "/var/lib/mailprobe")
	d.wants("root:mailprobe 640", "stat", "-c", "%U:%G %a", "/etc/mailprobe/mailprobe.yaml")
	d.wants("root:root 755", "stat", "-c", "%U:%G %a", "/usr/bin/mailprobe")
	d.wants("/usr/bin/mailprobe cap_net_raw=ep", "getcap", "/usr/bin/mailprobe")
	if passwd := d.run("getent", "passwd", "mailprobe"); !strings.HasSuffix(passwd, "/nologin\n") || !strings.Contains(passwd, ":/var/lib/mailprobe:") {
		d.Errorf("the user is %s", passwd)
	}
	if version := d.run("mailprobe", "--version"); !regexp.MustCompile(`^mailprobe version v\d+\.\d+\.\d+\S* \(commit [0-9a-f]{12}(-dirty)?, \d{4}-\d\d-\d\d\)\n$`).MatchString(version) {
		d.Errorf("the version is %q", version)
	}
	// As the unit has it: no right but raw sockets, and none to gain.
	ping := d.run("setpriv", "--reuid", "mailprobe", "--regid", "mailprobe", "--clear-groups", "--no-new-privs",
		"--bounding-set", "-all,+net_raw", "--inh-caps", "-all,+net_raw", "--ambient-caps", "-all,+net_raw", "mailprobe", "ping", "-c", "1", "127.0.0.1")
	if !strings.HasPrefix(ping, "OK ") {
		d.Errorf("ping as the user: %s", ping)
	}
	for _, unit := range []string{"mailprobe.service", "mailprobe-check.timer"} {
		if links, _ := filepath.Glob(filepath.Join(d.root, "etc/systemd/system/*.wants", unit)); len(links) > 0 {
			d.Errorf("%s is enabled", unit)
		}
	}
}

// withoutCapability installs again where nothing can give the right to raw sockets, as in
// many containers.
func (d debian) withoutCapability(deb string) {
	d.Helper()
	setcap := filepath.Join(d.root, "sbin/setcap")
	if err := os.Rename(setcap, setcap+".away"); err != nil {
		d.Fatal(err)
	}
	if out := d.run("dpkg", "-i", deb); !strings.Contains(out, "no right to raw sockets") {
		d.Errorf("without setcap: %s", out)
	}
	if err := os.Rename(setcap+".away", setcap); err != nil {
		d.Fatal(err)
	}
}

// upgraded installs the next version over a file of checks that is in use.
func (d debian) upgraded(deb string) {
	d.Helper()
	for name, text := range map[string]string{
		"etc/mailprobe/mailprobe.yaml": "checks: [{name: mine, kind: ping, target: 127.0.0.1}]\n",
		"etc/mailprobe/password":       "secret\n",
		"var/lib/mailprobe/history.db": "",
		"usr/bin/systemctl":            systemctl,
	} {
		d.write(name, text)
	}
	d.run("mkdir", "-p", "/run/systemd/system", "/etc/systemd/system/multi-user.target.wants")
	// As systemctl enable does.
	d.run("ln", "-s", "/usr/lib/systemd/system/mailprobe.service", "/etc/systemd/system/multi-user.target.wants/mailprobe.service")
	d.run("dpkg", "--force-confold", "-i", deb)
	if asked := d.asked(); !strings.Contains(asked, "daemon-reload\n") || !strings.Contains(asked, "try-restart") || strings.Contains(asked, "start mailprobe-check.service") {
		d.Errorf("the upgrade asks systemctl for\n%s", asked)
	}
	d.wants("checks: [{name: mine, kind: ping, target: 127.0.0.1}]", "cat", "/etc/mailprobe/mailprobe.yaml")
	d.wants("# of the next version", "tail", "-1", "/etc/mailprobe/mailprobe.yaml.dpkg-dist")
	d.wants("/usr/bin/mailprobe cap_net_raw=ep", "getcap", "/usr/bin/mailprobe")
	if !d.is("etc/systemd/system/multi-user.target.wants/mailprobe.service") {
		d.Error("the upgrade has disabled the server")
	}
}

// removed removes the package, and then purges it.
func (d debian) removed() {
	d.Helper()
	d.run("dpkg", "-r", "mailprobe")
	if asked := d.asked(); !strings.Contains(asked, "stop") || !strings.Contains(asked, "mailprobe.service") {
		d.Errorf("removing asks systemctl for\n%s", asked)
	}
	for name, want := range map[string]bool{"usr/bin/mailprobe": false, "etc/mailprobe/mailprobe.yaml": true, "var/lib/mailprobe/history.db": true} {
		if d.is(name) != want {
			d.Errorf("removed: %s is there: %t", name, !want)
		}
	}
	d.run("dpkg", "-P", "mailprobe")
	for name, want := range map[string]bool{
		"etc/mailprobe/mailprobe.yaml": false, "var/lib/mailprobe": false, "etc/mailprobe/password": true,
		"etc/systemd/system/mailprobe.service": false, "etc/systemd/system/multi-user.target.wants/mailprobe.service": false,
		"usr/lib/systemd/system/mailprobe.service": false, "usr/share/mailprobe": false,
	} {
		if d.is(name) != want {
			d.Errorf("purged: %s is there: %t", name, !want)
		}
	}
	if out, err := d.try("getent", "passwd", "mailprobe"); err == nil {
		d.Errorf("purged: the user is there: %s", out)
	}
}

// byRPM has rpm install the package there, which runs its scripts, and erase it again.
func (d debian) byRPM(file string) {
	d.Helper()
	rpm := []string{"--root", d.root, "--nodeps", "--nosignature"}
	name := reporttest.Tool(d.T, "rpm")
	if out := output(d.T, name, append(rpm, "-i", file)...); !strings.Contains(out, "then: systemctl enable --now mailprobe") {
		d.Errorf("installing prints\n%s", out)
	}
	d.installed()
	d.asked()
	output(d.T, name, append(rpm, "-e", "mailprobe")...)
	if asked := d.asked(); !strings.Contains(asked, "disable --now mailprobe.service") {
		d.Errorf("erasing asks systemctl for\n%s", asked)
	}
	if d.is("usr/bin/mailprobe") || !d.is("etc/mailprobe/password") {
		d.Error("erased: the program is there, or the password is not")
	}
}
