package main

import (
	"fmt"
	"strings"
	"testing"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

const icingaCommands = "../../contrib/icinga2/mailprobe.conf"

const icingaHead = `/* Commands of mailprobe for Icinga 2: one for each kind of check. Copy or link this file
 * into /etc/icinga2/conf.d, or into a zone. Every option of a check is a variable with
 * "mailprobe_" before it:
 *
 *   apply Service "smtp" {
 *     check_command = "mailprobe_smtp"
 *     vars.mailprobe_tls = "require"
 *     vars.mailprobe_to = [ "alice@example.org" ]
 *     vars.mailprobe_warn = [ "total=2s", "cert_days_left=21:" ]
 *     assign where host.vars.mail
 *   }
 *
 * The target is the address of the host unless mailprobe_target says another. Passwords:
 * mailprobe_password_file, which the user of Icinga must be able to read.
 * docs/nagios.md describes thresholds and time-outs. This file is made of the options:
 * go test ./cmd/mailprobe -run TestIcingaCommands -update
 */

const MailprobeProgram = "/usr/bin/mailprobe"
`

// icingaFile is the file of commands for Icinga 2.
func icingaFile() string {
	var b strings.Builder
	b.WriteString(icingaHead)
	for _, kind := range kinds() {
		check := probe.New(kind)
		fmt.Fprintf(&b, "\nobject CheckCommand \"mailprobe_%s\" {\n  command = [ MailprobeProgram, %[1]q, \"-o\", \"nagios\" ]\n  timeout = 90s\n  arguments = {\n", kind.Name)
		for _, o := range check.Declared {
			value := "value"
			if o.Type == probe.TypeBool {
				value = "set_if"
				if o.String() == "true" { // only "no" says something
					continue
				}
			}
			fmt.Fprintf(&b, "    \"--%s\" = {\n      %s = \"$mailprobe_%s$\"\n", o.Name, value, settings.Key(o.Name))
			if o.NoValue != "" && o.Type != probe.TypeBool {
				b.WriteString("      separator = \"=\"\n")
			}
			fmt.Fprintf(&b, "      description = %q\n    }\n", strings.ReplaceAll(strings.ReplaceAll(o.Usage, "`", ""), "$", "$$"))
		}
		if check.TakesTarget() {
			b.WriteString("    \"target\" = {\n      value = \"$mailprobe_target$\"\n      skip_key = true\n      order = 1\n      required = true\n      description = \"the target\"\n    }\n")
		}
		b.WriteString("  }\n")
		if check.TakesTarget() {
			b.WriteString("  vars.mailprobe_target = \"$address$\"\n")
		}
		b.WriteString("}\n")
	}
	b.WriteString(`
object CheckCommand "mailprobe_file" {
  command = [ MailprobeProgram, "check", "-o", "nagios", "--deadline", "80s" ]
  timeout = 90s
  arguments = {
    "file" = {
      value = "$mailprobe_file$"
      skip_key = true
      required = true
      description = "the file of checks, whose states are shown, whichever are due"
    }
  }
}
`)
	return b.String()
}

// TestIcingaCommands: the commands for Icinga 2 have the options that there are.
func TestIcingaCommands(t *testing.T) {
	holdMade(t, icingaCommands, icingaFile())
}
