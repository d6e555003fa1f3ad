package main

import "slices"

// What a flag of another tool is here, where several have it.
const (
	targetHint    = "the host as the target, without a flag"
	portHint      = "the target HOST:PORT, or a scheme such as submission://"
	passwordHint  = "--password-file, --password-env or --password-command: a password is never a flag"
	starttlsHint  = "--tls=require"
	fromStartHint = "--tls=implicit, or a scheme such as smtps://"
)

// foreignSMTP are the flags of swaks. Those with several letters after one hyphen are
// looked up by all of them.
func foreignSMTP() []foreignFlag {
	var all []foreignFlag
	for _, f := range []struct {
		names []string
		ours  string
	}{
		{[]string{"-s", "--server"}, targetHint},
		{[]string{"-p", "--port"}, portHint},
		{[]string{"--quit-after", "--quit"}, "not needed after RCPT, as nothing is sent without --send; before it --stop-after"},
		{[]string{"--ehlo", "--lhlo"}, "--helo"},
		{[]string{"-tlsc", "--tls-on-connect"}, fromStartHint},
		{[]string{"-tlso", "--tls-optional"}, "--tls=auto, the default"},
		{[]string{"--tls-verify"}, "not needed: the certificate is verified; --insecure keeps it out of the verdict"},
		{[]string{"--tls-ca-path"}, "--ca-file"},
		{[]string{"--tls-cert"}, "--client-cert"},
		{[]string{"--tls-key"}, "--client-key"},
		{[]string{"--tls-protocol"}, "--tls-min"},
		{[]string{"-a"}, "--auth"},
		{[]string{"-au", "--auth-user"}, "--user"},
		{[]string{"-ap", "--auth-password"}, passwordHint},
		{[]string{"-d", "--data"}, "--send --message FILE, - for standard input"},
		{[]string{"-ah", "--add-header"}, "--header"},
		{[]string{"--attach-type"}, "a part of --attach FILE:TYPE, or --html for a text in HTML"},
		{[]string{"--attach-name"}, "not possible: an attachment has the name of its file"},
		{[]string{"--attach-body"}, "--body, and --html for a text in HTML"},
		{[]string{"--dump-mail"}, "--dump-message"},
		{[]string{"-S", "--silent"}, "--quiet"},
		{[]string{"-stl", "--show-time-lapse"}, "not needed: the time of each step is shown"},
		{[]string{"-li", "--local-interface"}, "--source"},
		{[]string{"-lp", "--local-port"}, "not possible: the system chooses the port"},
		{[]string{"--protocol"}, "the scheme of the target: smtp://, smtps://, submission://, lmtp://"},
		{[]string{"--proxy", "--proxy-version"}, "--proxy-protocol"},
		{[]string{"--copy-routing"}, "--mx, with the domain as the target"},
		{[]string{"--drop-after", "--drop-after-send"}, "--stop-after, which says QUIT"},
		{[]string{"--dump"}, "--output transcript"},
	} {
		for _, name := range f.names {
			all = append(all, foreignFlag{"swaks", name, f.ours})
		}
	}
	return append(all, foreignCheckSMTP()...)
}

// foreignCheckSMTP are the flags of check_smtp that the other plug-ins do not have.
func foreignCheckSMTP() []foreignFlag {
	return []foreignFlag{
		{"check_smtp", "-e", "--expect greeting=REGEX"},
		{"check_smtp", "-C", "not needed: --from, --to and --vrfy say what to ask"},
		{"check_smtp", "-R", "not needed for success; --expect STEP=REGEX for another reply"},
		{"check_smtp", "-F", "--helo"},
		{"check_smtp", "-S", starttlsHint},
		{"check_smtp", "-A", "--auth"},
		{"check_smtp", "-U", "--user"},
		{"check_smtp", "-P", passwordHint},
		{"check_smtp", "-L", "the target lmtp://HOST"},
		{"check_smtp", "--command", "not needed: --from, --to and --vrfy say what to ask"},
		{"check_smtp", "--response", "not needed for success; --expect STEP=REGEX for another reply"},
		{"check_smtp", "--fqdn", "--helo"},
		{"check_smtp", "--starttls", starttlsHint},
		{"check_smtp", "--authtype", "--auth"},
		{"check_smtp", "--authuser", "--user"},
		{"check_smtp", "--authpass", passwordHint},
		{"check_smtp", "--lmtp", "the target lmtp://HOST"},
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
		{tool, "--sni", "--server-name"},
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
		{tool, "-D", "not needed for 14 and 3 days; for others --warn and --crit cert_days_left=DAYS:"},
		{tool, "--certificate", "not needed for 14 and 3 days; for others --warn and --crit cert_days_left=DAYS:"},
	}
	if tool == "check_smtp" { // swaks has -p and --port, too, and they are the same here
		common = slices.DeleteFunc(common, func(f foreignFlag) bool { return f.ours == portHint })
	}
	return common
}
