package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/report/reporttest"
)

// fakeTool puts a script in the place of a program.
func fakeTool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// charset is the line that has cron mail UTF-8.
const charset = "CONTENT_TYPE=\"text/plain; charset=utf-8\"\n"

// readAll is what a file holds, empty where there is none.
func readAll(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func newInstaller(t *testing.T, own bool) (installer, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return installer{out: out, program: "/opt/mail probe", file: "/etc/mailprobe/100%.yaml", root: t.TempDir(), own: own, yes: true}, out
}

// TestInstallCron: root has a file in /etc/cron.d, which is not written over once it
// has been changed.
func TestInstallCron(t *testing.T) {
	i, out := newInstaller(t, false)
	name := filepath.Join(i.root, "etc/cron.d/mailprobe")
	for range 2 {
		if err := i.cron(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const line = "\n*/5 * * * *  root  '/opt/mail probe' check /etc/mailprobe/100\\%.yaml\n"
	if text := readAll(t, name); !strings.HasSuffix(text, line) || !strings.Contains(text, "\nMAILTO=root\n"+charset) {
		t.Errorf("written: %s", text)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 || !strings.Contains(out.String(), "/etc/cron.d/mailprobe is written\n") {
		t.Errorf("%v, %v, told %q", info.Mode(), err, out)
	}
	if err := os.WriteFile(name, []byte("# mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := i.cron(t.Context()); err == nil || !strings.Contains(err.Error(), "remove it first") || readAll(t, name) != "# mine\n" {
		t.Errorf("a file of another: %v", err)
	}
}

// TestInstallCrontab: a user's own crontab gets one line more, once, and loses none.
func TestInstallCrontab(t *testing.T) {
	const line = `*/5 * * * *  '/opt/mail probe' check /etc/mailprobe/100\%.yaml` + "\n"
	for name, before := range map[string]string{"none": "", "some": "MAILTO=me\n0 1 * * * backup\n", "without end": "0 1 * * * backup", "charset": "CONTENT_TYPE=text/html\n"} {
		t.Run(name, func(t *testing.T) {
			table := filepath.Join(t.TempDir(), "table")
			fakeTool(t, "crontab", `if [ "$1" = -l ]; then cat `+table+` 2>/dev/null || { echo "no crontab for me" >&2; exit 1; }; else cat > `+table+`; fi`)
			if before != "" {
				if err := os.WriteFile(table, []byte(before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			i, out := newInstaller(t, true)
			for range 2 {
				if err := i.cron(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			want := strings.TrimSuffix(before, "\n") + "\n" + line
			if !strings.Contains(before, "CONTENT_TYPE") {
				want = strings.TrimSuffix(before, "\n") + "\n" + charset + line
			}
			if got := readAll(t, table); strings.TrimPrefix(got, "\n") != strings.TrimPrefix(want, "\n") {
				t.Errorf("the crontab is %q, want %q", got, want)
			}
			if !strings.HasSuffix(out.String(), "the crontab has it already\n") {
				t.Errorf("told: %q", out)
			}
		})
	}
}

// TestInstallCrontabUnread: a crontab that cannot be read is not replaced.
func TestInstallCrontabUnread(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "written")
	fakeTool(t, "crontab", `if [ "$1" = -l ]; then echo "you are not allowed to use this program" >&2; exit 1; fi; touch `+mark)
	i, _ := newInstaller(t, true)
	if err := i.cron(t.Context()); err == nil || !strings.Contains(err.Error(), "not allowed") || readAll(t, mark) != "" {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the crontab was replaced")
	}
}

// TestInstallSystemd: the units are written where they belong, and the timer is
// started by the system's service manager or the user's.
func TestInstallSystemd(t *testing.T) {
	for _, own := range []bool{false, true} {
		i, out := newInstaller(t, own)
		calls := filepath.Join(t.TempDir(), "calls")
		fakeTool(t, "systemctl", `echo "$*" >> `+calls)
		config := t.TempDir()
		t.Setenv("XDG_CONFIG_HOME", config)
		if err := i.systemd(t.Context()); err != nil {
			t.Fatal(err)
		}
		dir, want := filepath.Join(i.root, "etc/systemd/system"), "daemon-reload\nenable --now mailprobe-check.timer\n"
		start := `ExecStart="/opt/mail probe" check --state /var/lib/mailprobe /etc/mailprobe/100%%.yaml`
		if own {
			dir, want = filepath.Join(config, "systemd/user"), "--user daemon-reload\n--user enable --now mailprobe-check.timer\n"
			start = `ExecStart="/opt/mail probe" check /etc/mailprobe/100%%.yaml`
		}
		if got := readAll(t, calls); got != want {
			t.Errorf("systemctl was called with %q, want %q", got, want)
		}
		service, timer := readAll(t, filepath.Join(dir, "mailprobe-check.service")), readAll(t, filepath.Join(dir, "mailprobe-check.timer"))
		if !strings.Contains(service, "\n"+start+"\n") || !strings.Contains(service, "\nSuccessExitStatus=1 2 3\n") || !strings.Contains(timer, "\nOnCalendar=*:0/5\n") {
			t.Errorf("service:\n%stimer:\n%s", service, timer)
		}
		if strings.Contains(service, "StateDirectory=") == own || !strings.Contains(out.String(), "\nmailprobe-check.timer is started\n") || strings.Contains(out.String(), "enable-linger") != own {
			t.Errorf("own %t: told %q, service:\n%s", own, out, service)
		}
	}
}

// TestInstallSystemdFails: what systemctl says is reported.
func TestInstallSystemdFails(t *testing.T) {
	fakeTool(t, "systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
	i, _ := newInstaller(t, false)
	if err := i.systemd(t.Context()); err == nil || !strings.Contains(err.Error(), "systemctl daemon-reload: the command failed: exit status 1: Failed to connect to bus") {
		t.Errorf("%v", err)
	}
}

// systemdAnalyze runs systemd-analyze. Where it is only unpacked its libraries are beside it.
func systemdAnalyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	tool := reporttest.Tool(t, "systemd-analyze")
	cmd := exec.CommandContext(t.Context(), tool, args...)
	libraries, _ := filepath.Glob(filepath.Join(filepath.Dir(tool), "../lib/*/systemd"))
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// writeUnits writes units into a folder and returns their files.
func writeUnits(t *testing.T, dir string, units []unit) []string {
	t.Helper()
	var files []string
	for _, u := range units {
		file := filepath.Join(dir, filepath.Base(u.path))
		if err := writeUnit(file, u.text); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// TestUnitsVerified: systemd itself finds nothing wrong with the units.
func TestUnitsVerified(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	packaged := packagedUnits()
	for i := range packaged { // the program is not installed
		packaged[i].text = strings.ReplaceAll(packaged[i].text, packagedProgram, program)
	}
	for name, units := range map[string][]unit{
		"system":  systemdUnits(program, "/etc/mail probe/100%.yaml"),
		"user":    systemdUserUnits(program, "/home/x/$a.yaml", ""),
		"package": packaged,
	} {
		files := writeUnits(t, filepath.Join(t.TempDir(), name), units)
		if out, err := systemdAnalyze(t, append([]string{"verify", "--man=no"}, files...)...); err != nil || out != "" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestUnitsExposed: the services of a package can do little beside their task. systemd
// grades from 0, nothing, to 10.
func TestUnitsExposed(t *testing.T) {
	for _, file := range writeUnits(t, t.TempDir(), packagedUnits()) {
		if filepath.Ext(file) != ".service" {
			continue
		}
		if out, err := systemdAnalyze(t, "security", "--offline=true", "--threshold=40", file); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(file), err, out)
		}
	}
}

// TestServerUnit: the server may wait for a run of the checks to end before it is ready.
func TestServerUnit(t *testing.T) {
	units := packagedUnits()
	var starts []time.Duration
	for _, u := range units {
		_, rest, bounded := strings.Cut(u.text, "\nTimeoutStartSec=")
		if !bounded {
			continue
		}
		text, _, _ := strings.Cut(rest, "in\n")
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("%s: %v", u.path, err)
		}
		starts = append(starts, d)
	}
	if len(starts) != 2 || starts[0] <= starts[1] {
		t.Errorf("the server may take longer to begin than a run, and both have %s", starts)
	}
}
