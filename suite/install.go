package suite

import (
	"fmt"
	"strings"
)

// Unit is a file that makes the system run the checks regularly.
type Unit struct {
	// Path is where it belongs, Text what is in it.
	Path, Text string
}

// Cron returns the file for /etc/cron.d. There is nothing to rotate: no log is
// kept.
func Cron(program, file string) []Unit {
	return []Unit{{
		Path: "/etc/cron.d/mailprobe",
		Text: fmt.Sprintf(`# Run the mail checks every five minutes. Cron mails what is printed, and nothing
# is printed unless something has changed.
MAILTO=root
*/5 * * * *  root  %s check %s
`, cronQuote(program), cronQuote(file)),
	}}
}

// cronQuote quotes a word for the shell, and a percent sign for cron.
func cronQuote(word string) string { return strings.ReplaceAll(shellQuote(word), "%", `\%`) }

func shellQuote(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+%") == "" && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Systemd returns a service and the timer that starts it.
func Systemd(program, file string) []Unit {
	return []Unit{{
		Path: "/etc/systemd/system/mailprobe.service",
		Text: fmt.Sprintf(`[Unit]
Description=Mail server health checks
Documentation=man:mailprobe-check(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=%s check --state /var/lib/mailprobe %s
# 1 to 3 tell how the mail servers are. The service itself has done its job.
SuccessExitStatus=1 2 3
StateDirectory=mailprobe
StateDirectoryMode=0700
TimeoutStartSec=10min
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=read-only
PrivateTmp=yes
`, systemdQuote(program), systemdQuote(file)),
	}, {
		Path: "/etc/systemd/system/mailprobe.timer",
		Text: `[Unit]
Description=Mail server health checks every five minutes

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=10
AccuracySec=1
Persistent=false

[Install]
WantedBy=timers.target
`,
	}}
}

// systemdQuote quotes a word of a command line in a unit.
func systemdQuote(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$").Replace(word)
	if strings.ContainsAny(word, " \t\"'\\;") || word == "" {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return word
}
