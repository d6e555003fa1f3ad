package main

import (
	"path/filepath"
	"slices"
	"strings"

	"mailprobe/internal/shellword"
)

// unit is a file that makes the system run the checks regularly.
type unit struct {
	// path is where it belongs, text what is in it.
	path, text string
}

// cronCharset has cron mail what is printed as UTF-8. Cron of Debian (3.0pl1) takes it
// for what the C locale has otherwise, which is ASCII.
const cronCharset = `CONTENT_TYPE="text/plain; charset=utf-8"`

// cronUnits returns the file for /etc/cron.d. There is nothing to rotate: no log is
// kept. The program's path is absolute: cron's PATH is /usr/bin:/bin.
func cronUnits(program, file string) []unit {
	return []unit{{
		path: "/etc/cron.d/mailprobe",
		text: `# Run the mail checks every five minutes. Cron mails what is printed, and nothing
# is printed unless something has changed.
MAILTO=root
` + cronCharset + `
*/5 * * * *  root  ` + cronCommand(program, file) + "\n",
	}}
}

// cronLine returns the line for a user's own crontab, which stands below cronCharset.
func cronLine(program, file string) string { return "*/5 * * * *  " + cronCommand(program, file) }

func cronCommand(program, file string) string {
	return cronQuote(program) + " check " + cronQuote(file)
}

// cronQuote quotes a word for the shell, and a percent sign for cron.
func cronQuote(word string) string { return strings.ReplaceAll(shellword.Quote(word), "%", `\%`) }

// The names of the units that run the checks, also in a package, where mailprobe.service
// is the server.
const (
	checkService = "mailprobe-check.service"
	checkTimer   = "mailprobe-check.timer"
)

// systemdUnits returns the system's service and the timer that starts it. The service runs
// as root, with the capabilities that the programs of notifiers need, such as sendmail,
// which may be set-user-ID or set-group-ID, so that NoNewPrivileges must be off; and
// with the one that reads password files of other users. /usr and /etc are read-only,
// and the queues of mail servers in /var are not.
func systemdUnits(program, file string) []unit {
	return []unit{{
		path: "/etc/systemd/system/" + checkService,
		text: service(program, "--state /var/lib/mailprobe", file) + `StateDirectory=mailprobe
StateDirectoryMode=0700
CapabilityBoundingSet=CAP_NET_RAW CAP_DAC_OVERRIDE CAP_FOWNER CAP_CHOWN CAP_SETUID CAP_SETGID CAP_KILL
ProtectSystem=full
ProtectHome=read-only
PrivateTmp=yes
`,
	}, {path: "/etc/systemd/system/" + checkTimer, text: timer}}
}

// systemdUserUnits returns the same for the service manager of a user whose
// configuration is in a folder.
func systemdUserUnits(program, file, config string) []unit {
	dir := filepath.Join(config, "systemd", "user")
	return []unit{
		{path: filepath.Join(dir, checkService), text: service(program, "", file)},
		{path: filepath.Join(dir, checkTimer), text: timer},
	}
}

// service is what both services have in common.
func service(program, flags, file string) string {
	return `[Unit]
Description=Mail server health checks
Documentation=man:mailprobe-check(1) man:mailprobe.yaml(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=` + systemdCommand(program, "check", flags, file) + `
# 1 to 3 are about the mail servers: the service itself has done its job. 4 means that
# it cannot: an error in the file, no state directory.
SuccessExitStatus=1 2 3
TimeoutStartSec=10min
`
}

// systemdCommand returns a command line of a unit. The flags are words that need no quotes;
// empty for none.
func systemdCommand(program, command, flags, file string) string {
	words := []string{systemdQuote(program), command, flags, systemdQuote(file)}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

const timer = `[Unit]
Description=Mail server health checks every five minutes

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=10
AccuracySec=1
Persistent=false

[Install]
WantedBy=timers.target
`

// systemdQuote quotes a word of a command line in a unit.
func systemdQuote(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$").Replace(word)
	if strings.ContainsAny(word, " \t\"'\\;") || word == "" {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return word
}
