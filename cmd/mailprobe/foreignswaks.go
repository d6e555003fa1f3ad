package main

import "strings"

// An answer says what some flags of another tool, separated by blanks, are here.
type answer struct{ theirs, ours string }

// answersOf returns the flags of a tool, each with its answer.
func answersOf(tool string, answers []answer) (all []foreignFlag) {
	for _, a := range answers {
		for name := range strings.FieldsSeq(a.theirs) {
			all = append(all, foreignFlag{tool, name, a.ours})
		}
	}
	return all
}

const (
	stopHint     = "not needed after RCPT, as nothing is sent without --send; before it --stop-after"
	xclientHint  = "--xclient NAME=VALUE"
	xclientCant  = "not possible: XCLIENT is sent after STARTTLS, and a server that refuses it fails the check"
	proxyCant    = "not possible: --proxy-protocol sends the addresses of the connection itself"
	authOptional = "not possible: --user demands a log-in; without it there is none"
	asItStands   = "not needed: --message sends a file as it stands"
	marksHint    = "not possible: --output transcript marks each line with C: or S:"
	sessionHint  = "not needed: without --verbose no session is shown"
	redirectHint = "not needed: the shell's > FILE"
)

// foreignSwaks are the flags of swaks 20201014. Those with several letters after one hyphen
// are looked up by all of them.
func foreignSwaks() []foreignFlag {
	return answersOf("swaks", []answer{
		{"-s --server", targetHint},
		{"-p --port", portHint},
		{"--socket --pipe", "not possible: the target is a host and a port"},
		{"--quit-after --quit", stopHint},
		{"--da --drop-after --das --drop-after-send", "--stop-after, which says QUIT"},
		{"--ehlo --lhlo", "--helo"},
		{"--protocol", "the scheme of the target: smtp://, smtps://, submission://, lmtp://"},
		{"--force-getpwuid", "not needed: the sender is empty unless --from names one"},
		{"-tls", starttlsHint},
		{"-tlso --tls-optional -tlsos --tls-optional-strict", "--tls=auto, the default"},
		{"-tlsc --tls-on-connect", fromStartHint},
		{"-tlsp --tls-protocol", "--tls-min and --tls-max; --tls-versions finds out which ones the server accepts"},
		{"--tls-cipher", "--tls-ciphers"},
		{"--tls-verify", "not needed: the certificate is verified; --insecure keeps it out of the verdict"},
		{"--tls-ca-path", "--ca-file"},
		{"--tls-cert", "--client-cert"},
		{"--tls-key", "--client-key"},
		{"--tls-get-peer-cert", "--cert-out"},
		{"--tls-sni", "--sni"},
		{"-a", "--auth"},
		{"-ao --auth-optional -aos --auth-optional-strict", authOptional},
		{"-au --auth-user", "--user"},
		{"-ap --auth-password", passwordHint},
		{"-ae --auth-extra", "not possible: DIGEST-MD5 and NTLM, which need it, are not spoken"},
		{"-am --auth-map", "not possible: --auth lists the mechanisms"},
		{"-apt --auth-plaintext -ahp --auth-hide-password", "not needed: secrets are masked"},
		{"--xclient-addr --xclient-name --xclient-port --xclient-proto --xclient-destaddr --xclient-destport --xclient-helo --xclient-login --xclient-reverse-name", xclientHint},
		{"--xclient-delim", "not needed: --xclient can be given several times"},
		{"--xclient-no-verify --xclient-before-starttls --xclient-optional --xclient-optional-strict", xclientCant},
		{"--proxy --proxy-version", "--proxy-protocol"},
		{"--proxy-family --proxy-command --proxy-source --proxy-source-port --proxy-dest --proxy-dest-port", proxyCant},
		{"-d --data", "--send --message FILE, - for standard input"},
		{"-g", "--send --message -"},
		{"-dab --dump-as-body -dabsp --dump-as-body-shows-password", "not possible: --send --body - sends what another program says"},
		{"-ah --add-header --h-* --header-*", "--header"},
		{"--attach-type", "a part of --attach FILE:TYPE, or --html for a text in HTML"},
		{"--attach-name", "not possible: an attachment has the name of its file"},
		{"--attach-body", "--body, and --html for a text in HTML"},
		{"--no-data-fixup -ndf --no-strip-from -nsf", asItStands},
		{"-n --suppress-data", "not needed: without --verbose no message is shown"},
		{"-stl --show-time-lapse", "not needed: the time of each step is shown"},
		{"-nih --no-info-hints -nsh --no-send-hints -nrh --no-receive-hints -nth --no-hints", marksHint},
		{"-raw --show-raw-text", "not possible: what a server says is made printable"},
		{"--output-file --output-file-stdout --output-file-stderr", redirectHint},
		{"-pp --protect-prompt", "not needed: a password is not shown while it is typed"},
		{"-hr --hide-receive -hs --hide-send -hi --hide-informational", sessionHint},
		{"-ha --hide-all", "--quiet, which shows what is not OK"},
		{"-S --silent", "--quiet"},
		{"--support", "--help"},
		{"--version", versionHint},
		{"--dump-mail", "--dump-message"},
		{"--dump", "--show-options, and --output transcript for the session"},
		{"--config", extraHint + "; --no-defaults ignores it"},
		{"-li --local-interface", "--source"},
		{"-lp --local-port --lport", "not possible: the system chooses the port"},
		{"--copy-routing", "--mx, with the domain as the target"},
	})
}

// foreignFinger are the flags of Postfix's posttls-finger.
func foreignFinger() []foreignFlag {
	return answersOf("posttls-finger", []answer{
		{"-a", "-4 or -6"},
		{"-A -F -P", "--ca-file"},
		{"-c -L", sessionHint},
		{"-C", "not possible: what matters of the certificate is among the facts, which --output json lists"},
		{"-d", "not possible: the fingerprints of the facts are SHA-256"},
		{"-g", "not possible: the suites that are offered are those of Go, the good ones first"},
		{"-H -k", "--client-cert"},
		{"-K", "--client-key"},
		{"-l", "--tls=dane, --tls=require or --tls=auto, with --insecure for a certificate that is not verified"},
		{"-m -r", "--repeat, whose sessions are new ones: none is resumed"},
		{"-M", "--dane, which says which exchanger's TLSA records count"},
		{"-p", "--tls-min"},
		{"-s", "--server-name"},
		{"-S", "the target lmtp://HOST"},
		{"-T", "--timeout"},
		{"-w", fromStartHint},
		{"-X", "not possible: there is no tlsproxy"},
	})
}

// foreignSend are the flags of check_smtp_send.
func foreignSend() []foreignFlag {
	return answersOf("check_smtp_send", []answer{
		{"-U --username", "--user"},
		{"-P --password", passwordHint},
		{"--mailto", "--to"},
		{"--mailfrom", "--from"},
		{"--stdin", "--body -"},
		{"--helo_hostname", "--helo"},
		{"--notls", "--tls=off"},
		{"--ssl", fromStartHint},
		{"--nossl", starttlsHint},
		{"--template --notemplate", "not possible: the shell's $(date) makes such texts"},
		{"-E --expect-response", "--expect message=^CODE"},
		{"--hires", secondsHint},
		{"--usage", "--help"},
	})
}

// foreignReceive are the flags of check_imap_receive.
func foreignReceive() []foreignFlag {
	return answersOf("check_imap_receive", []answer{
		{"-U --username", "--user"},
		{"-P --password", passwordHint},
		{"-m", "--mailbox"},
		{"-s", "--search, and what to look for: --subject, --from, --header, --since, --body-expect"},
		{"--search-critical-min --search-critical-max", "--crit matches=MIN:MAX"},
		{"--search-warning-min --search-warning-max", "--warn matches=MIN:MAX"},
		{"--imap-check-interval --imap-retries", "not possible: a check looks once; in a file of checks attempts and retry_after look again"},
		{"--delete --nodelete --nodelete-captured --peek --nopeek", "not possible: nothing is deleted or marked, as the mailbox is opened for reading"},
		{"--download --nodownload --download-max --download_max", "not needed: only what --body-expect and --body-reject look at is fetched"},
		{"--capture-max --capture-min", "not possible: --body-expect looks for a text; no number is taken out of it"},
		{"--ssl-ca-file", "--ca-file"},
		{"--nossl", starttlsHint},
		{"--notls", "--tls=off"},
		{"--template --notemplate", "--since 4h"},
		{"--hires", secondsHint},
		{"--usage", "--help"},
	})
}

// foreignDelivery are the flags of check_email_delivery.
func foreignDelivery() []foreignFlag {
	const twice = "not needed: both halves are one check"
	return answersOf("check_email_delivery", []answer{
		{"-V --version", versionHint},
		{"-w --warning", "--warn"},
		{"-c --critical", "--crit"},
		{"-p --plugin --libexec", twice},
		{"-A --alert", twice + ", whose worst step counts"},
		{"-T --token", "not needed: each message has a token of its own"},
		{"-F --file", "not needed: --state has what was sent and did not come"},
		{"-H --hostname --smtp-server", "--via submission://HOST, and --fetch imaps://HOST"},
		{"--smtp-port", "--via smtp://HOST:PORT"},
		{"--imap-server", "--fetch imaps://HOST"},
		{"--imap-port", "--fetch imap://HOST:PORT"},
		{"-U --username", "--via-user and --fetch-user"},
		{"-P --password", "--via-password-file and --fetch-password-file, -env or -command: a password is never a flag"},
		{"--smtp-username", "--via-user"},
		{"--smtp-password", "--via-password-file, --via-password-env or --via-password-command: a password is never a flag"},
		{"--imap-username", "--fetch-user"},
		{"--imap-password", "--fetch-password-file, --fetch-password-env or --fetch-password-command: a password is never a flag"},
		{"--imap-mailbox", "--fetch-mailbox"},
		{"--mailto", "--to"},
		{"--mailfrom", "--from"},
		{"--smtptls --nosmtptls", "--via-tls=require or --via-tls=off"},
		{"--imapssl --imaptls --ssl", "--fetch imaps://HOST, or --fetch-tls=require"},
		{"--noimapssl --noimaptls --nossl", "--fetch imap://HOST with --fetch-tls=off"},
		{"--wait --imap-check-interval --imap-retries", "not needed: the message is waited for until --timeout"},
		{"--hires", secondsHint},
		{"--usage", "--help"},
	})
}
