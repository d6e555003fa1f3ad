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

// TestMuninRun has munin-run, which runs plug-ins as munin-node does, run one of the guide and that of the package.
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
	plugin := contributed(t, "munin/mailprobe_")
	// A program that this process wrote could not be run while another test starts one.
	install := exec.CommandContext(t.Context(), "sh", "-ec", `cd "$0"; mkdir plugins conf; : >node.conf; printf "[*]\nuser %s\n" "$(id -un)" >conf/mailprobe
		printf "[mailprobe_smtp_mx1]\nenv.target %s\nenv.options --tls=off --timeout 8s\n" "$1" >>conf/mailprobe
		printf %s "$2" >plugins/mail-mx1; printf %s "$3" >mailprobe_; chmod +x plugins/mail-mx1 mailprobe_
		ln -s ../mailprobe_ plugins/mailprobe_smtp_mx1; ln -s ../mailprobe_ "plugins/mailprobe_smtp_$1"`, folder, closed, wrapper, plugin)
	if err := install.Run(); err != nil {
		t.Fatal(err)
	}
	run := func(name, arg string) string {
		cmd := exec.CommandContext(t.Context(), "perl", "-T", "-I"+library, program, "--ignore-systemd-properties",
			"--config", filepath.Join(folder, "node.conf"), "--servicedir", filepath.Join(folder, "plugins"),
			"--sconfdir", filepath.Join(folder, "conf"), name, arg)
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
		out := run("mail-mx1", arg)
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
	if out := run("mail-mx1", "config"); !strings.Contains(out, ".value 2\n") || !strings.Contains(out, ".label ") {
		t.Errorf("to a master that takes values with the configuration munin-run prints\n%s", out)
	}
	// The plug-in of the package, by what its link is called and by what is set for it.
	for _, name := range []string{"mailprobe_smtp_" + closed, "mailprobe_smtp_mx1"} {
		graph := "multigraph " + regexp.MustCompile(`\W`).ReplaceAllString(name, "_") + "_status\n"
		for arg, want := range map[string]string{"config": "\\.label " + regexp.QuoteMeta(closed) + "\n", "": field + "\\.value 2\n"} {
			if out := run(name, arg); !strings.HasPrefix(out, graph) || !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("munin-run %s %s prints, without %q:\n%s", name, arg, want, out)
			}
		}
	}
}
