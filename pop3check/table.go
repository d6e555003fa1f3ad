package pop3check

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

type causes = []*probe.Cause

// afterLogin are the steps after the log-in.
const afterLogin = "stat list uidl top retr"

// table says what the server's -ERR means: by the words where they say more than the
// response code, then by the code (RFC 2449 §8, RFC 3206), then by words that say
// little. What no row is for is refused without a reason that is known.
var table = transport.Table{
	// Replies of one product or provider.
	{Words: `protocol error\. connection is closed\. 10`, Causes: causes{transport.CauseLineTooLong},
		From: "Exchange Server 2019, Office 365", Said: "-ERR Protocol error. Connection is closed. 10", Not: "-ERR Protocol error. Connection is closed. 14"},
	transport.RowBasicAuth.Seen("outlook.com", `-ERR Logon failure: unknown user name or bad password. [Error="AuthFailed:LogonDenied-BasicAuthBlocked"]`, "-ERR Logon failure: unknown user name or bad password."),
	{Steps: afterLogin, Words: `authenticated but not connected`, Causes: causes{transport.CauseTokenWrongMailbox},
		From: "Office 365", Said: "-ERR User is authenticated but not connected.", Not: "-ERR User is not authenticated"},
	transport.RowOrDisabled.Seen("Yandex", "-ERR [AUTH] login failure or POP3 disabled, try later. sc=xxxxxxxxxxxx", "-ERR [AUTH] login failure"),
	{Steps: "auth", Words: `^unable to log on`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled},
		Hint: "check the name, use the authorization code of the mailbox instead of its password, and enable POP3 in its settings",
		From: "Coremail: 163.com, 126.com", Said: "-ERR Unable to log on", Not: "-ERR Unable to log in"},
	{Steps: "auth", Words: `service is not open, password is incorrect|account is abnormal`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled, transport.CauseRateLimited},
		Hint: "use the authorization code of the mailbox instead of its password, enable POP3 in its settings, and log in less often",
		From: "QQ Mail", Said: "-ERR Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.", Not: "-ERR Login fail. Password is incorrect."},
	{Steps: "auth", Codes: CodeAuth, Words: `username and password not accepted`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword},
		From: "Gmail", Said: "-ERR [AUTH] Username and password not accepted.", Not: "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754"},
	transport.RowNetEaseCode.Seen("NetEase: qiye.163.com", "-ERR ERR.LOGIN.REQCODE", "-ERR ERR.LOGIN.SYSTEMBUSY"),
	transport.RowNetEasePassword.Seen("NetEase: qiye.163.com", "-ERR ERR.LOGIN.PASSERR", "-ERR ERR.LOGIN.REQCODE"),
	{Steps: "auth", Words: `invalid user name or password\. too many`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAccountLocked},
		From: "hMailServer 5.7", Said: "-ERR [AUTH] Invalid user name or password. Too many invalid logon attempts.", Not: "-ERR [AUTH] Invalid user name or password."},
	{Words: `\+t bit`, Causes: causes{transport.CauseMailboxDisabled},
		From: "Courier 1.0.16", Said: "-ERR Your account is temporarily unavailable (+t bit set on home directory).", Not: "-ERR Your account is temporarily unavailable"},
	transport.RowClientCertificate.Seen("nginx 1.22.1", "-ERR No required SSL certificate", "-ERR internal server error"),
	{Words: `temporary problem, please try again later`, Steps: "auth", Causes: causes{transport.CauseAuthServiceDown},
		Hint: "not a matter of the password: see whether authdaemond runs and reaches its database",
		From: "Courier 1.0.16 without its authdaemon", Said: "-ERR Temporary problem, please try again later", Not: "-ERR Temporary system problem. Please try again later."},
	transport.RowProxyFault.Seen("nginx 1.22.1", "-ERR internal server error", "-ERR Internal error occurred. Refer to server log for more information."),

	// The log-in: what says more than that it failed.
	transport.RowConnections.Seen("Dovecot 2.3.19", "-ERR [IN-USE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", "-ERR [IN-USE] Mailbox is locked by another POP3 session."),
	transport.RowAppPassword.Seen("Gmail", "-ERR [AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833", "-ERR [AUTH] password required"),
	transport.RowWebLogin.Seen("Gmail", "-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754", "-ERR [AUTH] login required"),
	transport.RowToken.Seen("Exchange Online", "-ERR Authentication unsuccessful, basic authentication is disabled.", "-ERR Authentication unsuccessful"),
	transport.RowTLS.Seen("Dovecot 2.3.19", "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", "-ERR [AUTH] Authentication failed."),
	transport.RowProtocol.Seen("Gmail", "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and enable your account for POP access.", "-ERR [SYS/PERM] Your account is not known"),
	transport.RowAccountLocked.Seen("cPanel with cPHulk", "-ERR [AUTH] LOGIN DENIED -- TOO MANY FAILURES", "-ERR [AUTH] LOGIN DENIED"),
	transport.RowExpired.Seen("Dovecot 2.3.19", "-ERR [AUTH] Password expired", "-ERR [AUTH] Password failed"),
	transport.RowLoginDisabled.Seen("Dovecot 2.3.19", "-ERR [AUTH] Login disabled for this user", "-ERR [AUTH] Login failed for this user"),
	transport.RowMailboxDisabled.Seen("Cyrus 3.6.1", "-ERR [SYS/PERM] Unable to open maildrop: Mailbox is currently reserved", "-ERR [SYS/PERM] Unable to open maildrop: System I/O error"),
	transport.RowAccountDisabled.Seen("Zimbra 8.8", "-ERR account is not active", "-ERR account is not known"),
	transport.RowTransition.Seen("Cyrus SASL 2.1", "-ERR [AUTH] authenticating: One time use of a plaintext password will enable requested mechanism for user", "-ERR [AUTH] authenticating: user not found"),
	{Steps: "auth", Words: `minimum (log-?in )?(delay|interval)|log-?ins? must be|only (check|log ?in|log ?on)\b.{0,20} every|between (log-?ins|checks)`, Causes: causes{transport.CauseLoginDelay},
		From: "mailutils 3.15", Said: "-ERR Attempt to log in within the minimum login delay interval", Not: "-ERR Attempt to log in refused"},
	transport.RowNoSecret.Seen("Cyrus SASL 2.1", "-ERR [AUTH] authenticating: user exists, but no verifier for user", "-ERR [AUTH] authenticating: user not found"),
	{Words: transport.WordsTooLong, Causes: causes{transport.CauseLineTooLong},
		From: "Dovecot 2.3.19", Said: "-ERR Input line too long.", Not: "-ERR Input line is empty"},
	transport.RowRate.Seen("Office 365", "-ERR Request is throttled. Suggested Backoff Time: 300000 milliseconds", "-ERR Request is refused."),

	// The mailbox.
	transport.RowDisk.Seen("solid-pop3d 0.15", "-ERR [SYS/TEMP] can't create temporary file: No space left on device", "-ERR [SYS/TEMP] can't create temporary file"),
	transport.RowQuota.Seen("Cyrus 3.6.1", "-ERR [SYS/PERM] Unable to open maildrop: Over quota", "-ERR [SYS/PERM] Unable to open maildrop: System I/O error"),
	transport.RowMissing.Seen("Cyrus 3.6.1", "-ERR [SYS/PERM] Unable to open maildrop: Mailbox does not exist", "-ERR [IN-USE] Unable to lock maildrop: Mailbox is locked"),
	transport.RowDamaged.Seen("Dovecot 2.3.19", "-ERR [SYS/TEMP] Mailbox is in inconsistent state, please relogin.", "-ERR [SYS/TEMP] Mailbox is in use"),
	{Words: `permission denied|access denied`, Steps: afterLogin, Causes: causes{transport.CauseNotAuthorized},
		From: "Cyrus 3.6.1", Said: "-ERR [SYS/PERM] Permission denied", Not: "-ERR [SYS/PERM] System I/O error"},
	{Steps: "auth", Words: `^permission denied$|no mailbox for|never heard of`, Causes: causes{transport.CauseWrongCredentials},
		From: "RFC 1939 §7", Said: "-ERR permission denied", Not: "-ERR can't lock maildrop: Permission denied"},
	{Words: `permission denied`, Causes: causes{transport.CauseServerFault},
		Hint: "the server itself lacks a right on this mailbox or its lock: see the owner and mode of its files",
		From: "qpopper 4.1", Said: "-ERR [SYS/TEMP] can't lock maildrop: Permission denied", Not: "-ERR [IN-USE] can't lock maildrop: File exists"},
	transport.RowLocked.Seen("RFC 1939 §7, UCB pop3d", "-ERR maildrop already locked", "-ERR maildrop not found"),
	{Words: transport.WordsNoMessage, Causes: causes{transport.CauseNoSuchMessage},
		From: "Dovecot 2.3.19", Said: "-ERR There's no message 7.", Not: "-ERR There's no maildrop"},

	// The server.
	transport.RowSASLFault.Seen("Cyrus 3.6.1", "-ERR [AUTH] authenticating: generic failure", "-ERR [AUTH] authenticating: authentication failure"),
	transport.RowAuthService.Seen("Dovecot 2.3.19 without its passdb", "-ERR [SYS/TEMP] Temporary authentication failure. [mx:2024-05-01 12:00:00]", "-ERR [AUTH] Authentication failed."),
	transport.RowMaintenance.Seen("Dovecot 2.3.19", "-ERR [SYS/TEMP] Server shutting down.", "-ERR [SYS/TEMP] Server error"),
	transport.RowStore.Seen("perdition 2.2", "-ERR failed: Could not connect to server", "-ERR failed: Re-Authentication Failure"),
	transport.RowLookup.Seen("perdition 2.2 with an LDAP map", "-ERR failed: LDAP lookup error", "-ERR failed: Login Disabled"),
	transport.RowOverloaded.Seen("Courier 1.0.16", "-ERR Server out of memory, aborting connection.", "-ERR Server is aborting this connection."),
	transport.RowIdle.Seen("Dovecot 2.3.19", "-ERR Disconnected for inactivity.", "-ERR Disconnected."),

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
	transport.RowLoginFault.Seen("Twisted 22.4", "-ERR Authentication failed: server misconfigured", "-ERR Authentication failed"),
	transport.RowCredentials.Seen("Courier 1.0.16", "-ERR Login failed.", "-ERR Login is not possible now"),
	{Steps: "auth", Words: `^maildrop (is )?locked|lock\b`, Causes: causes{transport.CauseMailboxLocked},
		From: "qpopper 4.1", Said: "-ERR /var/mail/.alice.pop: lock not free", Not: "-ERR /var/mail/.alice.pop: not free"},
	transport.RowBlocked.Seen("Synchronet 3, Weasel 2", "-ERR Access denied.", "-ERR Access later."),
	transport.RowFault.Seen("Dovecot 2.3.19", "-ERR Internal error occurred. Refer to server log for more information.", "-ERR Refer to server log for more information."),
	transport.RowUnavailable.Seen("hMailServer 5.6", "-ERR POP3 service is currently unavailable.", "-ERR POP3 service is not for you."),
	transport.RowCommand.Seen("Courier 1.0.16", "-ERR Invalid command.", "-ERR Invalid."),
}
