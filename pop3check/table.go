package pop3check

import (
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

type causes = []*probe.Cause

// inside are the steps after the log-in.
const inside = "stat list uidl top retr"

// table says what the server's -ERR means: by the words where they say more than the
// response code, then by the code (RFC 2449 §8, RFC 3206), then by words that say
// little. What no row is for is refused without a reason that is known.
var table = transport.Table{
	// Replies of one product or provider.
	{Words: `protocol error\. connection is closed\. 10`, Causes: causes{transport.CauseLineTooLong},
		From: "Exchange Server 2019, Office 365", Said: "-ERR Protocol error. Connection is closed. 10", Not: "-ERR Protocol error. Connection is closed. 14"},
	{Words: `basicauthblocked`, Causes: causes{transport.CauseTokenNeeded},
		From: "outlook.com", Said: `-ERR Logon failure: unknown user name or bad password. [Error="AuthFailed:LogonDenied-BasicAuthBlocked"]`, Not: "-ERR Logon failure: unknown user name or bad password."},
	{Steps: inside, Words: `authenticated but not connected`, Causes: causes{transport.CauseTokenWrongMailbox},
		From: "Office 365", Said: "-ERR User is authenticated but not connected.", Not: "-ERR User is not authenticated"},
	{Steps: "auth", Words: `(credentials|failure|password) or (pop3?|imap) (is )?disabled`, Causes: causes{transport.CauseWrongCredentials, transport.CauseProtocolDisabled, transport.CauseAppPassword},
		From: "Yandex", Said: "-ERR [AUTH] login failure or POP3 disabled, try later. sc=xxxxxxxxxxxx", Not: "-ERR [AUTH] login failure"},
	{Steps: "auth", Words: `^unable to log on`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled},
		Hint: "check the name, use the authorization code of the mailbox instead of its password, and enable POP3 in its settings",
		From: "Coremail: 163.com, 126.com", Said: "-ERR Unable to log on", Not: "-ERR Unable to log in"},
	{Steps: "auth", Words: `service is not open, password is incorrect|account is abnormal`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled, transport.CauseRateLimited},
		Hint: "use the authorization code of the mailbox instead of its password, enable POP3 in its settings, and log in less often",
		From: "QQ Mail", Said: "-ERR Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.", Not: "-ERR Login fail. Password is incorrect."},
	{Steps: "auth", Codes: CodeAuth, Words: `username and password not accepted`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword},
		From: "Gmail", Said: "-ERR [AUTH] Username and password not accepted.", Not: "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754"},
	{Steps: "auth", Words: `err\.login\.reqcode`, Causes: causes{transport.CauseAppPassword, transport.CauseWrongCredentials},
		Hint: "use the authorization code of the mailbox instead of its password",
		From: "NetEase: qiye.163.com", Said: "-ERR ERR.LOGIN.REQCODE", Not: "-ERR ERR.LOGIN.SYSTEMBUSY"},
	{Steps: "auth", Words: `err\.login\.(passerr|usernotexist)`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword},
		Hint: "check the name, and use the authorization code of the mailbox instead of its password",
		From: "NetEase: qiye.163.com", Said: "-ERR ERR.LOGIN.PASSERR", Not: "-ERR ERR.LOGIN.REQCODE"},
	{Steps: "auth", Words: `invalid user name or password\. too many`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAccountLocked},
		From: "hMailServer 5.7", Said: "-ERR [AUTH] Invalid user name or password. Too many invalid logon attempts.", Not: "-ERR [AUTH] Invalid user name or password."},
	{Words: `\+t bit`, Causes: causes{transport.CauseMailboxDisabled},
		From: "Courier 1.0.16", Said: "-ERR Your account is temporarily unavailable (+t bit set on home directory).", Not: "-ERR Your account is temporarily unavailable"},
	{Words: `no required ssl certificate|ssl certificate error`, Causes: causes{transport.CauseClientCertNeeded},
		From: "nginx 1.22.1", Said: "-ERR No required SSL certificate", Not: "-ERR internal server error"},
	{Words: `temporary problem, please try again later`, Steps: "auth", Causes: causes{transport.CauseAuthServiceDown},
		Hint: "not a matter of the password: see whether authdaemond runs and reaches its database",
		From: "Courier 1.0.16 without its authdaemon", Said: "-ERR Temporary problem, please try again later", Not: "-ERR Temporary system problem. Please try again later."},
	{Words: `^internal server error$`, Steps: "auth", Causes: causes{transport.CauseServerFault, transport.CauseAuthServiceDown, transport.CauseStoreDown},
		Hint: "not a matter of the password: a proxy says this when its authentication service or the server behind it does not answer; see its log",
		From: "nginx 1.22.1", Said: "-ERR internal server error", Not: "-ERR Internal error occurred. Refer to server log for more information."},

	// The log-in: what says more than that it failed.
	{Words: transport.WordsConnections, Causes: causes{transport.CauseTooManyConnections},
		From: "Dovecot 2.3.19", Said: "-ERR [IN-USE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", Not: "-ERR [IN-USE] Mailbox is locked by another POP3 session."},
	{Words: transport.WordsAppPassword, Causes: causes{transport.CauseAppPassword},
		From: "Gmail", Said: "-ERR [AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833", Not: "-ERR [AUTH] password required"},
	{Words: transport.WordsWebLogin, Causes: causes{transport.CauseWebLoginNeeded},
		From: "Gmail", Said: "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754", Not: "-ERR [AUTH] login required"},
	{Words: transport.WordsToken, Causes: causes{transport.CauseTokenNeeded},
		From: "Exchange Online", Said: "-ERR Authentication unsuccessful, basic authentication is disabled.", Not: "-ERR Authentication unsuccessful"},
	{Words: transport.WordsTLS, Causes: causes{transport.CauseTLSRequired},
		From: "Dovecot 2.3.19", Said: "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", Not: "-ERR [AUTH] Authentication failed."},
	{Words: transport.WordsProtocol, Causes: causes{transport.CauseProtocolDisabled},
		From: "Gmail", Said: "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and enable your account for POP access.", Not: "-ERR [SYS/PERM] Your account is not known"},
	{Words: transport.WordsAccountLocked, Causes: causes{transport.CauseAccountLocked},
		From: "cPanel with cPHulk", Said: "-ERR [AUTH] LOGIN DENIED -- TOO MANY FAILURES", Not: "-ERR [AUTH] LOGIN DENIED"},
	{Words: transport.WordsExpired, Causes: causes{transport.CausePasswordExpired},
		From: "Dovecot 2.3.19", Said: "-ERR [AUTH] Password expired", Not: "-ERR [AUTH] Password failed"},
	{Words: transport.WordsLoginDisabled, Causes: causes{transport.CauseLoginDisabled},
		From: "Dovecot 2.3.19", Said: "-ERR [AUTH] Login disabled for this user", Not: "-ERR [AUTH] Login failed for this user"},
	{Words: transport.WordsMailboxDisabled, Causes: causes{transport.CauseMailboxDisabled},
		From: "Cyrus 3.6.1", Said: "-ERR [SYS/PERM] Unable to open maildrop: Mailbox is currently reserved", Not: "-ERR [SYS/PERM] Unable to open maildrop: System I/O error"},
	{Words: transport.WordsAccountDisabled, Causes: causes{transport.CauseAccountDisabled},
		From: "Zimbra 8.8", Said: "-ERR account is not active", Not: "-ERR account is not known"},
	{Steps: "auth", Words: transport.WordsTransition, Causes: causes{transport.CausePasswordTransition},
		From: "Cyrus SASL 2.1", Said: "-ERR [AUTH] authenticating: One time use of a plaintext password will enable requested mechanism for user", Not: "-ERR [AUTH] authenticating: user not found"},
	{Steps: "auth", Words: transport.WordsDelay, Causes: causes{transport.CauseLoginDelay},
		From: "mailutils 3.15", Said: "-ERR Attempt to log in within the minimum login delay interval", Not: "-ERR Attempt to log in refused"},
	{Steps: "auth", Words: transport.WordsNoSecret, Causes: causes{transport.CauseLoginNotOffered},
		Hint: "the server has no secret of this user for this mechanism: name another with --auth",
		From: "Cyrus SASL 2.1", Said: "-ERR [AUTH] authenticating: user exists, but no verifier for user", Not: "-ERR [AUTH] authenticating: user not found"},
	{Words: transport.WordsTooLong, Causes: causes{transport.CauseLineTooLong},
		From: "Dovecot 2.3.19", Said: "-ERR Input line too long.", Not: "-ERR Input line is empty"},
	{Words: transport.WordsRate, Causes: causes{transport.CauseRateLimited},
		From: "Office 365", Said: "-ERR Request is throttled. Suggested Backoff Time: 300000 milliseconds", Not: "-ERR Request is refused."},

	// The mailbox.
	{Words: transport.WordsDisk, Causes: causes{transport.CauseDiskFull},
		From: "solid-pop3d 0.15", Said: "-ERR [SYS/TEMP] can't create temporary file: No space left on device", Not: "-ERR [SYS/TEMP] can't create temporary file"},
	{Words: transport.WordsQuota, Causes: causes{transport.CauseQuotaExceeded},
		From: "Cyrus 3.6.1", Said: "-ERR [SYS/PERM] Unable to open maildrop: Over quota", Not: "-ERR [SYS/PERM] Unable to open maildrop: System I/O error"},
	{Words: transport.WordsMissing, Causes: causes{transport.CauseMailboxMissing},
		From: "Cyrus 3.6.1", Said: "-ERR [SYS/PERM] Unable to open maildrop: Mailbox does not exist", Not: "-ERR [IN-USE] Unable to lock maildrop: Mailbox is locked"},
	{Words: transport.WordsDamaged, Causes: causes{transport.CauseMailboxDamaged},
		From: "Dovecot 2.3.19", Said: "-ERR [SYS/TEMP] Mailbox is in inconsistent state, please relogin.", Not: "-ERR [SYS/TEMP] Mailbox is in use"},
	{Words: `permission denied|access denied`, Steps: inside, Causes: causes{transport.CauseNotAuthorized},
		From: "Cyrus 3.6.1", Said: "-ERR [SYS/PERM] Permission denied", Not: "-ERR [SYS/PERM] System I/O error"},
	{Steps: "auth", Words: `^permission denied$|no mailbox for|never heard of`, Causes: causes{transport.CauseWrongCredentials},
		From: "RFC 1939 §7", Said: "-ERR permission denied", Not: "-ERR can't lock maildrop: Permission denied"},
	{Words: `permission denied`, Causes: causes{transport.CauseServerFault},
		Hint: "the server itself lacks a right on this mailbox or its lock: see the owner and mode of its files",
		From: "qpopper 4.1", Said: "-ERR [SYS/TEMP] can't lock maildrop: Permission denied", Not: "-ERR [IN-USE] can't lock maildrop: File exists"},
	{Words: transport.WordsLocked, Causes: causes{transport.CauseMailboxLocked},
		From: "RFC 1939 §7, UCB pop3d", Said: "-ERR maildrop already locked", Not: "-ERR maildrop not found"},
	{Words: transport.WordsNoMessage, Causes: causes{transport.CauseNoSuchMessage},
		From: "Dovecot 2.3.19", Said: "-ERR There's no message 7.", Not: "-ERR There's no maildrop"},

	// The server.
	{Steps: "auth", Words: `generic failure`, Causes: causes{transport.CauseAuthServiceDown, transport.CauseServerFault},
		Hint: "not a matter of the password: see whether saslauthd runs, or whether the server can read its sasldb",
		From: "Cyrus 3.6.1", Said: "-ERR [AUTH] authenticating: generic failure", Not: "-ERR [AUTH] authenticating: authentication failure"},
	{Words: transport.WordsAuthService, Causes: causes{transport.CauseAuthServiceDown},
		From: "Dovecot 2.3.19 without its passdb", Said: "-ERR [SYS/TEMP] Temporary authentication failure. [mx:2024-05-01 12:00:00]", Not: "-ERR [AUTH] Authentication failed."},
	{Words: transport.WordsMaintenance, Causes: causes{transport.CauseMaintenance},
		From: "Dovecot 2.3.19", Said: "-ERR [SYS/TEMP] Server shutting down.", Not: "-ERR [SYS/TEMP] Server error"},
	{Words: transport.WordsStore, Causes: causes{transport.CauseStoreDown},
		From: "perdition 2.2", Said: "-ERR failed: Could not connect to server", Not: "-ERR failed: Re-Authentication Failure"},
	{Words: transport.WordsLookup, Causes: causes{transport.CauseLookupFailed},
		From: "perdition 2.2 with an LDAP map", Said: "-ERR failed: LDAP lookup error", Not: "-ERR failed: Login Disabled"},
	{Words: transport.WordsOverloaded, Causes: causes{transport.CauseOverloaded},
		From: "Courier 1.0.16", Said: "-ERR Server out of memory, aborting connection.", Not: "-ERR Server is aborting this connection."},
	{Words: transport.WordsIdle, Causes: causes{transport.CauseTimeout},
		Hint: "the server gave up waiting, for this side or for something of its own: see the times in the transcript with -v",
		From: "Dovecot 2.3.19", Said: "-ERR Disconnected for inactivity.", Not: "-ERR Disconnected."},

	// Response codes.
	{Codes: CodeLoginDelay, Causes: causes{transport.CauseLoginDelay},
		From: "Cyrus 3.6.1", Said: "-ERR [LOGIN-DELAY] Logins must be at least 5 minutes apart", Not: "-ERR [IN-USE] Logins must be at least 5 minutes apart"},
	{Codes: CodeInUse, Causes: causes{transport.CauseMailboxLocked},
		From: "Dovecot 1.0", Said: "-ERR [IN-USE] Couldn't sync mailbox.", Not: "-ERR [SYS/TEMP] Couldn't sync mailbox."},
	{Codes: CodeNeedsUTF8Mode, Causes: causes{CauseUTF8Needed},
		From: "JPop3", Said: "-ERR [UTF8] The message has UTF-8 headers; send UTF8 first", Not: "-ERR The message has UTF-8 headers"},
	{Codes: CodeTemporary, Causes: causes{transport.CauseServerFault},
		Hint: "not a matter of credentials: the server has a problem such as storage or a user database that is down; see its log, it may pass",
		From: "Gmail", Said: "-ERR [SYS/TEMP] Temporary system problem. Please try again later.", Not: "-ERR [SYS/PERM] Temporary system problem. Please try again later."},
	{Codes: CodePermanent, Causes: causes{transport.CauseServerFault},
		Hint: "not a matter of credentials: the server's administrator has to act, as on the rights on this mailbox or on the configuration; see its log",
		From: "mailutils 3.15", Said: "-ERR [SYS/PERM] Cannot authenticate", Not: "-ERR [SYS/TEMP] Cannot authenticate"},
	{Codes: CodeAuth, Causes: causes{transport.CauseWrongCredentials},
		From: "mailutils 3.15", Said: "-ERR [AUTH] Bad login", Not: "-ERR [SYS/TEMP] Bad login"},

	// Words that say little.
	{Steps: "auth", Words: transport.WordsMechanism + `|unknown command|unrecognized command`, Causes: causes{transport.CauseLoginNotOffered},
		Hint: "the server does not have this way to log in: name another with --auth",
		From: "solid-pop3d 0.15", Said: "-ERR command not implemented yet", Not: "-ERR authentication failed"},
	{Steps: "auth", Words: transport.WordsLoginFault, Causes: causes{transport.CauseServerFault, transport.CauseAuthServiceDown},
		From: "Twisted 22.4", Said: "-ERR Authentication failed: server misconfigured", Not: "-ERR Authentication failed"},
	{Steps: "auth", Words: transport.WordsCredentials + `|re-authentication failure`, Causes: causes{transport.CauseWrongCredentials},
		From: "Courier 1.0.16", Said: "-ERR Login failed.", Not: "-ERR Login is not possible now"},
	{Steps: "auth", Words: `^maildrop (is )?locked|lock\b`, Causes: causes{transport.CauseMailboxLocked},
		From: "qpopper 4.1", Said: "-ERR /var/mail/.alice.pop: lock not free", Not: "-ERR /var/mail/.alice.pop: not free"},
	{Steps: "greeting", Words: transport.WordsBlocked + `|access denied|not (authorized|permitted|allowed)`, Causes: causes{transport.CauseBlocklisted},
		Hint: "see the server's access lists and its fail2ban, and exempt this host there",
		From: "Synchronet 3, Weasel 2", Said: "-ERR Access denied.", Not: "-ERR Access later."},
	{Words: transport.WordsFault, Causes: causes{transport.CauseServerFault},
		From: "Dovecot 2.3.19", Said: "-ERR Internal error occurred. Refer to server log for more information.", Not: "-ERR Refer to server log for more information."},
	{Words: transport.WordsUnavailable, Causes: causes{transport.CauseServiceUnavailable},
		From: "hMailServer 5.6", Said: "-ERR POP3 service is currently unavailable.", Not: "-ERR POP3 service is not for you."},
	{Words: transport.WordsCommand, Causes: causes{transport.CauseCommandUnknown},
		From: "Courier 1.0.16", Said: "-ERR Invalid command.", Not: "-ERR Invalid."},
}

// evidence makes a server's reply ready for the table. Of a response code with more
// levels than are known, those that are known count (RFC 2449 §8).
func evidence(step string, r Reply) transport.Evidence {
	e := transport.Evidence{Step: step, Code: r.Code, Text: r.Text}
	for _, known := range []string{CodeTemporary, CodePermanent, CodeAuth, CodeInUse, CodeLoginDelay} {
		if r.HasCode(known) {
			e.Code = known
		}
	}
	return e
}

// diagnose names the causes of a refusal. What no row is for blames nobody.
func diagnose(step string, r Reply) (c *probe.Cause, also []*probe.Cause) {
	if row := table.Find(evidence(step, r)); row != nil {
		c, also = row.Cause()
		if r.HasCode(CodePermanent) { // RFC 3206 §4: somebody has to act
			c = c.Lasting()
		}
		return c, also
	}
	return transport.CauseRefusedUnclear.Advise(hintsUnclear[step]), nil
}

const hintMailbox = "the log-in worked, reading the mailbox does not: see the server's words and its log, its storage and the rights on this mailbox"

// hintsUnclear are hints on refusals without a reason that is known, by the step.
var hintsUnclear = map[string]string{
	"greeting": "the server does not say why: see its log, and whether it limits connections from this host or blocks it",
	"auth":     "the server does not say why: it may be the password, a mailbox that is locked, or an account that may not use POP3; its log says which",
	"stat":     hintMailbox, "list": hintMailbox, "uidl": hintMailbox, "retr": hintMailbox,
	"top": "TOP is for the server to have or not (RFC 1939 §7): see its capabilities; --retrieve=latest would fetch a whole message",
}

// Diagnose names the causes of a line that a server said: a status line of a refusal.
// A reply that means something at one step only is looked for at the log-in first.
func Diagnose(line string) (d probe.Diagnosis, ok bool) {
	reply, err := ParseReply(strings.TrimSpace(line))
	if err != nil {
		return d, false
	}
	d.Said = reply.Line
	if reply.OK {
		return d, true
	}
	for i := range table {
		for _, step := range []string{"", "auth", "stat", "greeting"} {
			if table[i].Matches(evidence(step, reply)) {
				first, also := table[i].Cause()
				return probe.Diagnosis{Step: step, Said: reply.Line, Causes: append(causes{first}, also...)}, true
			}
		}
	}
	return d, true
}

// Examples are what real servers said for a cause, by its name.
func Examples(cause string) []probe.Example {
	verbs := map[string]string{"auth": "PASS ***", "stat": "STAT", "list": "LIST", "uidl": "UIDL", "top": "TOP 1 0", "retr": "RETR 1"}
	return table.Examples(cause, func(step string) string { return verbs[step] })
}
