package main

import (
	"strings"

	"mailprobe/internal/suite"
)

// What a package installs where.
const (
	packagedProgram = "/usr/bin/mailprobe"
	packagedFile    = "/etc/mailprobe/" + suite.FileName
	packagedState   = "--state /var/lib/mailprobe"
	packagedUser    = "mailprobe"
)

// sysusers declares the user for systemd-sysusers(8).
const sysusers = `u ` + packagedUser + ` - "Mail server health checks" /var/lib/mailprobe` + "\n"

// packagedUnits returns the units of a package: the server, and the checks by a timer.
// Unlike those that mailprobe check --install writes they have a user of their own and
// can change nothing but its state.
func packagedUnits() []unit {
	const dir = "usr/lib/systemd/system/"
	return []unit{
		{path: dir + "mailprobe.service", text: server(packagedProgram, packagedState, packagedFile) + sandbox + "\n[Install]\nWantedBy=multi-user.target\n"},
		{path: dir + "mailprobe-agent.service", text: agentService + sandbox + "\n[Install]\nWantedBy=multi-user.target\n"},
		{path: dir + checkService, text: service(packagedProgram, packagedState, packagedFile) + sandbox},
		{path: dir + checkTimer, text: timer},
	}
}

// server is the service that runs the checks on their schedule and serves their page. The
// watchdog restarts it where it no longer answers. Where it cannot begin it is tried again
// every half minute: an address comes up late, a port gets free, a file is mended. It may
// begin only once a run of the checks has ended, which the service of these bounds.
func server(program, flags, file string) string {
	return `[Unit]
Description=Mail server health checks, their page and metrics
Documentation=man:mailprobe-serve(1) man:mailprobe.yaml(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
ExecStart=` + systemdCommand(program, "serve", flags, file) + `
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=30s
TimeoutStartSec=11min
WatchdogSec=1min
`
}

// agentService is the service of an agent. Where it cannot begin, as before the token is there,
// it is tried again every half minute. Its settings are in the file that it looks for by itself.
const agentService = `[Unit]
Description=Mail server health checks for a centre
Documentation=man:mailprobe-agent(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=` + packagedProgram + ` agent ` + packagedState + `
Restart=on-failure
RestartSec=30s
`

// sandbox is what a service needs and no more: the network, raw sockets for ping and
// trace, and its own state. Programs of notifiers run in it, too.
const sandbox = `User=` + packagedUser + `
Group=` + packagedUser + `
EnvironmentFile=-/etc/mailprobe/environment
StateDirectory=mailprobe
StateDirectoryMode=0700
UMask=0077
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
`

// exampleFile is the file of checks that manual and package show.
var exampleFile = firstFile{domain: "example.org", user: "alice", mailTo: "ops@example.org"}

// packagedFirstFile returns the file of checks of a package: the first file that
// mailprobe check --init writes, with every setting commented out.
func packagedFirstFile() string {
	var b strings.Builder
	b.WriteString(packagedHowTo)
	text := strings.Replace(exampleFile.text(), "$schema=mailprobe.schema.json (mailprobe check --schema prints it)", "$schema=/usr/share/mailprobe/mailprobe.schema.json", 1)
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "# ") {
			b.WriteString("#")
		}
		b.WriteString(line)
	}
	return b.String()
}

// packagedHowTo is the beginning of that file. Its command leaves remarks alone, which have
// one space after the hash.
const packagedHowTo = `# Every setting in this file is commented out by a # in front of it. To begin:
# 1. sed -i -E 's/^#([^ ]|  )/\1/' /etc/mailprobe/mailprobe.yaml
# 2. Replace example.org by your domain, and remove what you do not need. The
# password goes into /etc/mailprobe/password, readable by the group mailprobe alone:
# install -m 640 -g mailprobe /dev/stdin /etc/mailprobe/password
# 3. sudo -u mailprobe mailprobe check --validate --online
# 4. systemctl enable --now mailprobe, for the checks with page and metrics on port
# 9126 of this machine, or mailprobe-check.timer, for the checks alone
# What ${NAME} stands for is read from /etc/mailprobe/environment. All keys: man
# mailprobe.yaml

`
