package main

import "slices"

// What a flag of another tool is here, where several have it.
const (
	targetHint    = "the host as the target, without a flag"
	portHint      = "the target HOST:PORT, or a scheme such as submission://"
	passwordHint  = "--password-file, --password-env or --password-command: a password is never a flag"
	starttlsHint  = "--tls=require"
	fromStartHint = "--tls=implicit, or a scheme such as smtps://"
	refusedHint   = "not possible: who refuses a connection is CRITICAL; negate of the plug-ins changes a status"
	mismatchHint  = "not possible: a reply that --expect does not match is CRITICAL; --warn and --crit judge facts"
	extraHint     = "defaults.yaml, whose options --show-options lists"
	secondsHint   = "not needed: times are shown to the microsecond"
	versionHint   = "mailprobe --version"
)

// foreignCheckSMTP are the flags of check_smtp that the other plug-ins do not have.
func foreignCheckSMTP() []foreignFlag {
	return []foreignFlag{
		{"check_smtp", "-e", "--expect greeting=REGEX"},
		{"check_smtp", "-C", "not needed for --from, --to and --vrfy, which say what to ask; --command STEP=LINE for other commands"},
		{"check_smtp", "-R", "not needed for success; --expect STEP=REGEX for another reply"},
		{"check_smtp", "-F", "--helo"},
		{"check_smtp", "-S", starttlsHint},
		{"check_smtp", "-A", "--auth"},
		{"check_smtp", "-U", "--user"},
		{"check_smtp", "-P", passwordHint},
		{"check_smtp", "-L", "the target lmtp://HOST"},
		{"check_smtp", "--response", "not needed for success; --expect STEP=REGEX for another reply"},
		{"check_smtp", "--fqdn", "--helo"},
		{"check_smtp", "--starttls", starttlsHint},
		{"check_smtp", "--authtype", "--auth"},
		{"check_smtp", "--authuser", "--user"},
		{"check_smtp", "--authpass", passwordHint},
		{"check_smtp", "--lmtp", "the target lmtp://HOST"},
		{"check_smtp", "-t" + anyNumber, "--timeout"},
		{"check_smtp", "--ignore-quit-failure", "not needed: a goodbye that goes wrong is a Warning, after all other steps"},
	}
}

// foreignMailbox are the flags of check_imap and check_pop that say what to send.
func foreignMailbox(tool string) []foreignFlag {
	return []foreignFlag{
		{tool, "-s", "not needed: --user logs in"},
		{tool, "-e", "not needed for success; --expect STEP=REGEX for another reply"},
		{tool, "-A", "not needed: every --expect counts"},
		{tool, "-E", "not needed: --user logs in"},
		{tool, "-S", fromStartHint},
		{tool, "-t", "--timeout"},
		{tool, "--send", "not needed: --user logs in"},
		{tool, "--ssl", fromStartHint},
		{tool, "--all", "not needed: every --expect counts"},
		{tool, "--escape", "not needed: --user logs in"},
		{tool, "--quit", "not needed: the session ends in good form"},
		{tool, "-r", refusedHint},
		{tool, "--refuse", refusedHint},
		{tool, "-M", mismatchHint},
		{tool, "--mismatch", mismatchHint},
		{tool, "-j", "not needed: without --verbose no session is shown"},
		{tool, "--jail", "not needed: without --verbose no session is shown"},
		{tool, "-m", "not needed: every read has a limit"},
		{tool, "--maxbytes", "not needed: every read has a limit"},
		{tool, "-d", "not needed: a reply is waited for until it is there, or --timeout ends"},
		{tool, "--delay", "not needed: a reply is waited for until it is there, or --timeout ends"},
	}
}

// foreignPlugin are the flags that the plug-ins for Nagios have in common.
func foreignPlugin(tool string) []foreignFlag {
	common := []foreignFlag{
		{tool, "-H", targetHint},
		{tool, "--hostname", targetHint},
		{tool, "-p", portHint},
		{tool, "--port", portHint},
		{tool, "-w", "--warn"},
		{tool, "-c", "--crit"},
		{tool, "--warning", "--warn"},
		{tool, "--critical", "--crit"},
		{tool, "--use-ipv4", "--ipv4"},
		{tool, "--use-ipv6", "--ipv6"},
		{tool, "--extra-opts", extraHint},
		{tool, "-V", versionHint},
		{tool, "--version", versionHint},
		{tool, "-D", "not needed for 14 and 3 days; for others --warn and --crit cert_days_left=DAYS:"},
		{tool, "--certificate", "not needed for 14 and 3 days; for others --warn and --crit cert_days_left=DAYS:"},
	}
	if tool == "check_smtp" { // swaks has -p and --port, too, and they are the same here
		common = slices.DeleteFunc(common, func(f foreignFlag) bool { return f.ours == portHint })
	}
	return common
}
