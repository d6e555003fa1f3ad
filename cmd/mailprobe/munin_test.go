package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// TestMuninRun has munin-run, which runs plug-ins as munin-node does, run one.
func TestMuninRun(t *testing.T) {
	program := reporttest.Tool(t, "munin-run")
	library := filepath.Join(filepath.Dir(filepath.Dir(program)), "share/perl5")
	folder := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close() // nobody listens there now
	mailprobe, err := exec.LookPath("mailprobe")
	if err != nil {
		t.Fatal(err)
	}
	wrapper := muninPlugin(t, mailprobe, closed)
	// A program that this process wrote could not be run while another test starts one.
	install := exec.CommandContext(t.Context(), "sh", "-ec", `cd "$0"; mkdir plugins conf; : >node.conf; printf "[mail-mx1]\nuser %s\n" "$(id -un)" >conf/mailprobe
		cat >plugins/mail-mx1; chmod +x plugins/mail-mx1`, folder)
	install.Stdin = strings.NewReader(wrapper)
	if err := install.Run(); err != nil {
		t.Fatal(err)
	}
	run := func(arg string) string {
		cmd := exec.CommandContext(t.Context(), "perl", "-T", "-I"+library, program, "--ignore-systemd-properties",
			"--config", filepath.Join(folder, "node.conf"), "--servicedir", filepath.Join(folder, "plugins"),
			"--sconfdir", filepath.Join(folder, "conf"), "mail-mx1", arg)
		var complaints strings.Builder
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil { // munin-node shows nothing of a plug-in that fails
			t.Fatalf("munin-run: %v\n%s%s", err, out, complaints.String())
		}
		return string(out)
	}
	field := `_127_0_0_1_\d+`
	for arg, wants := range map[string][]string{
		"config": {"^multigraph mail_mx1_status\ngraph_title ", "\n" + field + `\.label ` + regexp.QuoteMeta(closed) + "\n", "\n" + field + `\.critical 0:1` + "\n"},
		"":       {"^multigraph mail_mx1_status\n" + field + `\.value 2` + "\n" + field + `\.extinfo connect: .*refused`, "\nmultigraph mail_mx1_time." + field + "\nresolve.value 0"},
	} {
		out := run(arg)
		for _, want := range wants {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("munin-run mail-mx1 %s prints, without %q:\n%s", arg, want, out)
			}
		}
		if config := arg == "config"; strings.Contains(out, ".value ") == config || strings.Contains(out, ".label ") != config {
			t.Errorf("munin-run mail-mx1 %s prints\n%s", arg, out)
		}
	}
	t.Setenv("MUNIN_CAP_DIRTYCONFIG", "1")
	if out := run("config"); !strings.Contains(out, ".value 2\n") || !strings.Contains(out, ".label ") {
		t.Errorf("to a master that takes values with the configuration munin-run prints\n%s", out)
	}
}
