package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestNagiosCommands has Nagios check the command definitions, and runs those that find a
// server here as Nagios expands them.
func TestNagiosCommands(t *testing.T) {
	program, env := unpackedTool(t, "nagios4")
	commands := contributed(t, "nagios/commands.cfg")
	definitions := regexp.MustCompile(`(?m)command_name +(\S+)\n +command_line +(.*)`).FindAllStringSubmatch(commands, -1)
	objects := `define timeperiod {
    timeperiod_name  always
    alias            always
}
define command {
    command_name  nothing
    command_line  /bin/true
}
define contact {
    contact_name                   ops
    host_notification_period       always
    service_notification_period    always
    host_notification_commands     nothing
    service_notification_commands  nothing
}
define host {
    host_name            mx1
    address              127.0.0.1
    check_command        nothing
    max_check_attempts   1
    check_period         always
    notification_period  always
    contacts             ops
}
`
	for _, d := range definitions {
		objects += fmt.Sprintf("define service {\n    host_name            mx1\n    service_description  %[1]s\n    check_command        %[1]s!a!b!c!d\n    max_check_attempts   1\n    check_period         always\n    notification_period  always\n    contacts             ops\n}\n", d[1])
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"commands.cfg": commands, "objects.cfg": objects, "nagios.cfg": strings.ReplaceAll(`log_file=DIR/log
cfg_file=DIR/commands.cfg
cfg_file=DIR/objects.cfg
temp_path=DIR
check_result_path=DIR
nagios_user=root
nagios_group=root
illegal_macro_output_chars=`+"`"+`~$&|'"<>
`, "DIR", dir)})
	cmd := exec.CommandContext(t.Context(), program, "-v", filepath.Join(dir, "nagios.cfg"))
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Total Warnings: 0\n") {
		t.Errorf("nagios4 -v: %v\n%s", err, out)
	}
	address, arguments := monitored(t)
	for _, d := range definitions {
		line := strings.ReplaceAll(d[2], "$HOSTADDRESS$", address)
		args, ok := arguments[d[1]]
		if !ok {
			continue
		}
		for i, arg := range args {
			line = strings.ReplaceAll(line, fmt.Sprintf("$ARG%d$", i+1), arg)
		}
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", line).CombinedOutput(); err != nil || !regexp.MustCompile(`^[A-Z]+ OK - `).Match(out) {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// icingaObjects is a host whose services use the commands, and a file that gets what they
// said. DIR is the folder.
const icingaObjects = `const NodeName = "probe"
const PluginDir = "/usr/lib/nagios/plugins"
include "ITL"
include "DIR/mailprobe.conf"
object CheckerComponent "checker" { }
object PerfdataWriter "results" {
  service_format_template = "$service.name$|$service.state$|$service.output$"
  host_format_template = "$host.name$"
  service_temp_path = "DIR/service"
  host_temp_path = "DIR/host"
  service_perfdata_path = "DIR/out/service"
  host_perfdata_path = "DIR/out/host"
  rotation_interval = 1s
}
object Host "mx1" {
  check_command = "dummy"
  address = "ADDRESS"
}
apply Service "good" {
  check_command = "mailprobe_smtp"
  check_interval = 1s
  vars.mailprobe_tls = "require"
  vars.mailprobe_to = [ "alice@example.org", "postmaster@example.org" ]
  vars.mailprobe_expect = [ "rcpt-2=^5" ]
  vars.mailprobe_warn = [ "total=20s", "cert_days_left=21:" ]
  vars.mailprobe_ca_file = "CA"
  vars.mailprobe_server_name = "mx.example.org"
  vars.mailprobe_all_addresses = true
  assign where true
}
apply Service "bad" {
  check_command = "mailprobe_imap"
  check_interval = 1s
  vars.mailprobe_netrc = "DIR/nosuch"
  assign where true
}
`

// TestIcinga has Icinga 2 load the commands, and run two of them for a service.
func TestIcinga(t *testing.T) {
	wrapper, env := unpackedTool(t, "icinga2")
	root := filepath.Dir(filepath.Dir(wrapper)) // its own path is in the wrapper
	programs, err := filepath.Glob(filepath.Join(root, "lib/*-linux-gnu/icinga2/sbin/icinga2"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("%v, %v", programs, err)
	}
	address, arguments := monitored(t)
	ca := strings.Fields(arguments["check_mailprobe_smtp"][0])[4]
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	objects := strings.NewReplacer("DIR", dir, "ITL", filepath.Join(root, "share/icinga2/include/itl"), "ADDRESS", address, "CA", ca).Replace(icingaObjects)
	writeFiles(t, dir, map[string]string{"mailprobe.conf": contributed(t, "icinga2/mailprobe.conf"), "icinga2.conf": objects})
	args := []string{"daemon", "-c", filepath.Join(dir, "icinga2.conf"), "-D", "RunAsUser=root", "-D", "RunAsGroup=root"}
	for _, name := range []string{"DataDir", "LogDir", "CacheDir", "InitRunDir"} {
		args = append(args, "-D", name+"="+dir)
	}
	check := exec.CommandContext(t.Context(), programs[0], append(args, "-C")...)
	check.Env = env
	if out, err := check.CombinedOutput(); err != nil || strings.Contains(string(out), "warning/") {
		t.Fatalf("icinga2 daemon -C: %v\n%s", err, out)
	}
	daemon := exec.Command(programs[0], args...)
	daemon.Env = env
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Process.Signal(os.Interrupt); _ = daemon.Wait() }()
	awaitIn(t, dir, `good\|OK\|SMTP OK - `)
	awaitIn(t, dir, `bad\|UNKNOWN\|MAILPROBE UNKNOWN - --netrc: `)
}

// awaitIn waits until what Icinga has written matches a pattern.
func awaitIn(t *testing.T, dir, pattern string) {
	t.Helper()
	var text string
	for range 300 {
		text = ""
		files, _ := filepath.Glob(filepath.Join(dir, "out/service*"))
		for _, name := range append(files, filepath.Join(dir, "service")) {
			part, _ := os.ReadFile(name) // it may just be renamed
			text += string(part)
		}
		if regexp.MustCompile(pattern).MatchString(text) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("Icinga shows no %q:\n%s", pattern, text)
}
