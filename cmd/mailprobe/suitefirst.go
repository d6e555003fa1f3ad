package main

import (
	"fmt"
	"strings"
)

// firstFile is what the first file of checks is made of.
type firstFile struct {
	// domain is the mail domain, and user the account to log in with, empty for none.
	domain, user string
	// mailTo receives the notifications; empty for whoever gets cron's mail.
	mailTo string
}

// text returns the commented file.
func (f firstFile) text() string {
	text := fmt.Sprintf(firstChecks, f.domain)
	if f.user != "" {
		text += fmt.Sprintf(firstLogins, f.domain, f.user)
	}
	return text + "\n# Without this, what is printed is mailed by cron.\n" + f.notify() + firstRest
}

// notify returns the notifiers, as comments where no recipient is known.
func (f firstFile) notify() string {
	if f.mailTo != "" {
		return fmt.Sprintf(firstNotify, f.domain, f.mailTo)
	}
	var b strings.Builder
	for line := range strings.Lines(fmt.Sprintf(firstNotify, f.domain, "you@example.org")) {
		b.WriteString("# " + line)
	}
	return b.String()
}

// The parts of the file. %[1]s is the domain.
const (
	firstChecks = `# Health checks of %[1]s, run by: mailprobe check (from cron), or mailprobe serve
# Look for mistakes with: mailprobe check --validate
# yaml-language-server: $schema=mailprobe.schema.json (mailprobe check --schema prints it)

title: mail of %[1]s

# What holds for all checks unless they say otherwise. Settings of this file:
# every, between, attempts, retry_after, alert_after, recover_after, tags,
# depends_on. All other keys are flags of the kind of check, as in
# "mailprobe smtp --help", with underscores for hyphens.
defaults:
  timeout: 20s
  attempts: 2         # within a run, while what is wrong may pass
  retry_after: 5s
  alert_after: 2      # runs in a row that must fail before it is announced

checks:
  # Every address of every exchanger answers, and its certificate is good.
  - name: exchangers
    kind: smtp
    target: %[1]s
    mx: true
    tls: require

  # Mail for the domain is accepted. Nothing is sent.
  - name: recipient
    kind: smtp
    target: %[1]s
    mx: true
    to: postmaster@%[1]s
    depends_on: exchangers

  # What the domain publishes: DNSSEC, MX, DANE, MTA-STS, SPF, DMARC. A record that
  # has changed is announced, too.
  - name: domain
    kind: domain
    target: %[1]s
    every: 1h
    # selector: [s2026]  # of the DKIM keys, which DNS cannot list
`
	firstLogins = `
  # The mailbox can be read. The password stands alone in a file that only its
  # owner can read; password_env and password_command are other ways.
  - name: mailbox
    kind: pop3
    target: pop3s://mail.%[1]s
    user: %[2]s
    password_file: password
    warn:
      total: 5s

  - name: submission
    kind: smtp
    target: submission://mail.%[1]s
    user: %[2]s
    password_file: password
`
	firstNotify = `notify:
  - email:
      through: submission://mail.%[1]s
      from: mailprobe@%[1]s
      to: %[2]s
      # user: mailprobe
      # password_file: password
      # For when that server is the one that is down:
      # second:
      #   through: smtp://backup.example.net
  # - webhook: https://hooks.example.org/${WEBHOOK_KEY}
  # - command: logger -t mailprobe
`
	firstRest = `
# Failures that go on are announced again.
remind: 24h

# A dead man's switch notices when the checks themselves no longer run.
# heartbeat: https://hc-ping.com/${HEARTBEAT_ID}

# Metrics for the node exporter.
# textfile: /var/lib/node_exporter/textfile/mailprobe.prom
`
)
