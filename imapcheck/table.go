package imapcheck

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

type causes = []*probe.Cause

// afterLogin are the steps after the log-in.
const afterLogin = "status select fetch quota"

// What stands for the response code of a BAD and of a BYE without one.
const (
	bareBad = StatusBad
	bareBye = StatusBye
)

// table says what the server's NO, BAD or BYE means: by the words where they say more
// than the response code, then by the code (RFC 3501 §7.1, RFC 5530 §3), then by words
// that say little. What no row is for is refused without a reason that is known.
var table = transport.Table{
	// Replies of one product or provider.
	{Words: `unsafe log-?in`, Causes: causes{CauseIDNeeded},
		From: "163.com (Coremail)", Said: "A1 NO EXAMINE Unsafe Login. Please contact kefu@188.com for help", Not: "A1 NO EXAMINE failed. Please contact kefu@188.com for help"},
	{Words: `authenticated but not connected`, Causes: causes{transport.CauseTokenWrongMailbox},
		From: "Office 365", Said: "A1 BAD User is authenticated but not connected.", Not: "A1 BAD User is not authenticated."},
	transport.RowBasicAuth.Seen("outlook.com", `A1 NO LOGIN failed. [Error="AuthFailed:LogonDenied-BasicAuthBlocked"]`, "A1 NO LOGIN failed."),
	transport.RowOrDisabled.Seen("Yandex", "A1 NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=xxxxxxxxxxxx_000000_00p", "A1 NO [AUTHENTICATIONFAILED] LOGIN invalid credentials sc=xxxxxxxxxxxx_000000_00p"),
	{Steps: "auth", Words: `service is not open, password is incorrect|account is abnormal`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled, transport.CauseRateLimited},
		Hint: "use the authorization code of the mailbox instead of its password, enable IMAP in its settings, and log in less often",
		From: "QQ Mail", Said: "A1 NO Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.", Not: "A1 NO Login fail. Password is incorrect."},
	{Steps: "auth", Words: `^login login error or password error`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword, transport.CauseProtocolDisabled},
		Hint: "check the name, use the authorization code of the mailbox instead of its password, and enable IMAP in its settings",
		From: "163.com (Coremail)", Said: "A1 NO LOGIN Login error or password error", Not: "A1 NO LOGIN error"},
	transport.RowNetEaseCode.Seen("NetEase: qiye.163.com", "A1 NO ERR.LOGIN.REQCODE", "A1 NO ERR.LOGIN.SYSTEMBUSY"),
	transport.RowNetEasePassword.Seen("NetEase: qiye.163.com", "A1 NO ERR.LOGIN.PASSERR", "A1 NO ERR.LOGIN.REQCODE"),
	{Steps: "auth", Words: `^((login|authenticate) )?invalid credentials( \(failure\))?$`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword},
		From: "Gmail, Yahoo, AOL", Said: "A1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", Not: "A1 NO [AUTHENTICATIONFAILED] Authentication failed."},
	{Steps: "auth", Codes: "-", Words: `(?-i:^(LOGIN|AUTHENTICATE) failed\.$)`, Causes: causes{transport.CauseWrongCredentials, transport.CauseTokenNeeded},
		Hint: "check name, password or token; Office 365 says the same to any password since it takes tokens only",
		From: "Exchange, Office 365", Said: "A1 NO LOGIN failed.", Not: "A1 NO Login failed."},
	{Steps: "auth", Words: `invalid user name or password\. too many|too many invalid logon attempts`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAccountLocked},
		From: "hMailServer 5.6", Said: "A1 NO Invalid user name or password. Too many invalid logon attempts.", Not: "A1 NO Invalid user name or password."},
	transport.RowClientCertificate.Seen("nginx 1.22.1", "* BYE No required SSL certificate", "* BYE"),
	{Steps: "auth", Words: `temporary problem, please try again later|^login failed: temporary`, Causes: causes{transport.CauseAuthServiceDown},
		Hint: "not a matter of the password: see whether authdaemond runs and reaches its database",
		From: "Courier 5.0.13 without its authdaemon", Said: "* BYE Temporary problem, please try again later", Not: "A1 NO [UNAVAILABLE] Temporary System Problem. Try again later"},
	transport.RowProxyFault.Seen("nginx 1.22.1", "* BAD internal server error", "* BYE Internal error occurred. Refer to server log for more information."),

	// The log-in: what says more than that it failed.
	transport.RowConnections.Seen("Dovecot 2.3.19", "A1 NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", "A1 NO [UNAVAILABLE] Temporary authentication failure."),
	transport.RowAppPassword.Seen("Gmail", "A1 NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", "A1 NO [ALERT] Invalid credentials (Failure)"),
	{Codes: CodeWebAlert, Causes: causes{transport.CauseWebLoginNeeded},
		From: "Gmail", Said: "* NO [WEBALERT https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsb] Sign in first", Not: "* NO [ALERT] Sign in first"},
	transport.RowWebLogin.Seen("Gmail", "A1 NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)", "A1 NO [ALERT] Please log in"),
	transport.RowToken.Seen("Exchange Online", "A1 NO Basic authentication is disabled.", "A1 NO Authentication is denied."),
	transport.RowTLS.Seen("Dovecot 2.3.19", "A1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.", "A1 NO [AUTHENTICATIONFAILED] Authentication failed."),
	transport.RowProtocol.Seen("Gmail", "A1 NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)", "A1 NO [ALERT] Your account is not known."),
	transport.RowAccountLocked.Seen("cPanel with cPHulk", "A1 NO [ALERT] LOGIN DENIED -- TOO MANY FAILURES", "A1 NO [ALERT] LOGIN DENIED"),
	transport.RowExpired.Seen("Dovecot 2.3.19", "A1 NO [AUTHENTICATIONFAILED] Password expired", "A1 NO [AUTHENTICATIONFAILED] Password failed"),
	transport.RowLoginDisabled.Seen("Dovecot 2.3.19", "A1 NO [CONTACTADMIN] Login disabled for this user", "A1 NO [AUTHENTICATIONFAILED] Login failed for this user"),
	transport.RowMailboxDisabled.Seen("Cyrus 3.6.1", "A1 NO Mailbox is currently reserved", "A1 NO Mailbox is locked"),
	transport.RowAccountDisabled.Seen("Zimbra 8.8", "A1 NO account is not active", "A1 NO account is not known"),
	transport.RowTransition.Seen("Cyrus SASL 2.1", "A1 NO One time use of a plaintext password will enable requested mechanism for user", "A1 NO user not found"),
	transport.RowNoSecret.Seen("Cyrus SASL 2.1", "A1 NO user exists, but no verifier for user", "A1 NO user not found"),
	{Words: transport.WordsTooLong, Causes: causes{transport.CauseLineTooLong},
		Hint: "get a token with fewer scopes and groups in it, or raise the limit on the server",
		From: "Dovecot 2.3.19", Said: "A1 BAD Error in IMAP command received by server: Too long argument.", Not: "A1 BAD Error in IMAP command received by server: Unknown command."},
	transport.RowRate.Seen("Office 365", "A1 BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", "A1 BAD Request is refused."),

	// The mailbox.
	transport.RowDisk.Seen("uw-imapd 2007f", "A1 NO Can't open temporary file: No space left on device", "A1 NO Can't open temporary file"),
	transport.RowQuota.Seen("Courier 5.0.13", "A1 NO [ALERT] You exceeded your mail quota.", "A1 NO [ALERT] You have mail."),
	{Words: `moved to another server`, Causes: causes{CauseMailboxElsewhere},
		From: "Cyrus 3.6.1", Said: "A1 NO Mailbox has been moved to another server", Not: "A1 NO Mailbox has been (re)moved"},
	transport.RowMissing.Seen("Cyrus 3.6.1", "A1 NO Mailbox does not exist", "A1 NO Mailbox is locked"),
	{Steps: "status select", Words: `does(n't| not) exist`, Causes: causes{transport.CauseMailboxMissing},
		From: "Exchange 2019", Said: "A1 NO Archive doesn't exist.", Not: "A1 NO Archive exists."},
	transport.RowDamaged.Seen("Cyrus 3.6.1", "A1 NO Mailbox has an invalid format", "A1 NO Mailbox has a new format"),
	{Words: `clock skew`, Causes: causes{transport.CauseClockWrong},
		From: "Courier 5.0.13", Said: "* BYE Clock skew detected. Check the clock on the file server", Not: "* BYE Courier-IMAP server shutting down"},
	{Steps: afterLogin, Words: `permission denied|access denied|not authori[sz]ed|no permission|not permitted|disabled by the (system )?administrator|lack\b.*(privilege|right)|insufficient (rights|privileges|permission)`, Causes: causes{transport.CauseNotAuthorized},
		From: "Cyrus 3.6.1", Said: "A1 NO Permission denied", Not: "A1 NO System I/O error"},
	transport.RowLocked.Seen("Cyrus 3.6.1", "A1 NO Mailbox is locked", "A1 NO Mailbox is missing"),
	{Steps: "fetch", Words: transport.WordsNoMessage, Causes: causes{transport.CauseNoSuchMessage},
		From: "Exchange 2019", Said: "A1 NO The message does not exist", Not: "A1 NO The server does not answer"},

	// The server.
	transport.RowSASLFault.Seen("Cyrus 3.6.1", "A1 NO Login failed: generic failure", "A1 NO Login failed: authentication failure"),
	transport.RowAuthService.Seen("Dovecot 2.3.19 without its passdb", "A1 NO [UNAVAILABLE] Temporary authentication failure. [mx:2024-05-01 12:00:00]", "A1 NO [AUTHENTICATIONFAILED] Authentication failed."),
	transport.RowMaintenance.Seen("Dovecot 2.3.19", "* BYE Server shutting down.", "* BYE Logging out"),
	transport.RowStore.Seen("Dovecot 2.3.19 as a proxy", "A1 NO [UNAVAILABLE] Account is temporarily unavailable.", "A1 NO [UNAVAILABLE] Account is new."),
	transport.RowLookup.Seen("perdition 2.2", "A1 NO failed: Could not determine server", "A1 NO failed: Login Disabled"),
	transport.RowOverloaded.Seen("Exchange 2019", "A1 NO Server is too busy, try again later", "A1 NO try again later"),
	transport.RowIdle.Seen("Dovecot 2.3.19", "* BYE Disconnected for inactivity.", "* BYE Disconnected."),

	// Response codes.
	{Codes: CodeExpired, Causes: causes{transport.CausePasswordExpired},
		From: "RFC 5530 §3", Said: "A1 NO [EXPIRED] That password isn't valid any more", Not: "A1 NO That password isn't valid any more"},
	{Codes: CodePrivacyRequired, Causes: causes{transport.CauseTLSRequired},
		From: "RFC 5530 §3", Said: "A1 NO [PRIVACYREQUIRED] Connection offers no privacy", Not: "A1 NO Connection offers no privacy"},
	{Codes: CodeContactAdmin, Causes: causes{transport.CauseLoginDisabled, transport.CauseAccountDisabled},
		Hint: "the server sends its users to its administrator: the account is blocked or in some other way special; its log says why",
		From: "RFC 5530 §3", Said: "A1 NO [CONTACTADMIN] see the help desk", Not: "A1 NO see the help desk"},
	{Steps: "auth", Codes: CodeAuthorizationFailed, Words: `invalid credentials`, Causes: causes{transport.CauseWrongCredentials, transport.CauseNotAuthorized},
		From: "Yahoo", Said: "A1 NO [AUTHORIZATIONFAILED] AUTHENTICATE Invalid credentials for this user", Not: "A1 NO [AUTHORIZATIONFAILED] No such authorization-ID"},
	{Codes: CodeAuthorizationFailed + " " + CodeNoPerm, Causes: causes{transport.CauseNotAuthorized},
		From: "RFC 5530 §3", Said: "A1 NO [AUTHORIZATIONFAILED] No such authorization-ID", Not: "A1 NO [AUTHENTICATIONFAILED] No such name"},
	{Codes: CodeLimit, Causes: causes{transport.CauseTooManyConnections, transport.CauseRateLimited},
		Hint: "the server has reached one of its limits, see its words: check this account less often, or raise the limit",
		From: "Mailu 2.0", Said: "A1 NO [LIMIT] Temporary failure", Not: "A1 NO [UNAVAILABLE] Temporary failure"},
	{Codes: CodeThrottled, Causes: causes{transport.CauseRateLimited},
		From: "Gmail", Said: "A1 NO [THROTTLED] Slow down", Not: "A1 NO Slow down"},
	{Codes: CodeInUse + " IN-USE", Causes: causes{transport.CauseMailboxLocked},
		From: "RFC 5530 §3", Said: "A1 NO [INUSE] Come back later", Not: "A1 NO Come back later"},
	{Codes: CodeOverQuota, Causes: causes{transport.CauseQuotaExceeded},
		From: "RFC 5530 §3", Said: "A1 NO [OVERQUOTA] Sorry", Not: "A1 NO Sorry"},
	{Codes: CodeNonexistent + " TRYCREATE", Causes: causes{transport.CauseMailboxMissing},
		From: "Dovecot 2.3.19", Said: "A1 NO [TRYCREATE] Create it first", Not: "A1 NO Create it first"},
	{Codes: CodeCorruption, Causes: causes{transport.CauseMailboxDamaged},
		From: "RFC 5530 §3", Said: "A1 NO [CORRUPTION] Cannot open mailbox", Not: "A1 NO Cannot open mailbox"},
	{Codes: CodeServerBug, Causes: causes{transport.CauseServerFault},
		Hint: "the server says that it has a fault in its program: see its log, and look for a newer version of it",
		From: "Dovecot 2.3.19", Said: "A1 NO [SERVERBUG] Refer to server log for more information.", Not: "A1 NO Refer to server log for more information."},
	{Codes: CodeClientBug, Causes: causes{CauseClientBug},
		From: "Dovecot 2.3.19", Said: "A1 BAD [CLIENTBUG] Do not do that", Not: "A1 BAD Do not do that"},
	{Codes: CodeCannot, Causes: causes{CauseNotPossible},
		From: "Dovecot 2.3.19", Said: "A1 NO [CANNOT] Character not allowed in mailbox name: '/'", Not: "A1 NO Character not allowed in mailbox name: '/'"},
	{Codes: "REFERRAL", Causes: causes{CauseMailboxElsewhere},
		From: "Cyrus 3.6.1", Said: "A1 NO [REFERRAL imap://imap2.example.org/INBOX] Remote mailbox.", Not: "A1 NO Remote mailbox."},
	{Codes: CodeUnavailable, Words: transport.RowFault.Words, Causes: causes{transport.CauseServerFault},
		From: "Yahoo", Said: "A1 NO [UNAVAILABLE] LOGIN Server error - Please try again later", Not: "A1 NO [UNAVAILABLE] LOGIN later"},
	{Steps: "auth", Codes: CodeUnavailable, Causes: causes{transport.CauseServiceUnavailable, transport.CauseAuthServiceDown},
		Hint: "not a matter of credentials: a part of the server is down for now, mostly what verifies passwords; see its log",
		From: "RFC 5530 §3", Said: "A1 NO [UNAVAILABLE] Come back later", Not: "A1 NO [INUSE] Come back later"},
	{Codes: CodeUnavailable, Causes: causes{transport.CauseServiceUnavailable, transport.CauseStoreDown},
		From: "Dovecot 2.3.19", Said: "A1 NO [UNAVAILABLE] Not now", Not: "A1 NO Not now"},
	transport.RowLoginFault.Seen("Twisted 22.4", "A1 NO Authentication failed: server misconfigured", "A1 NO Authentication failed: unauthorized"),
	{Codes: CodeAuthenticationFailed, Causes: causes{transport.CauseWrongCredentials},
		From: "Dovecot 2.3.19", Said: "A1 NO [AUTHENTICATIONFAILED] Sorry", Not: "A1 NO Sorry"},

	// Words that say little.
	{Steps: "auth", Words: transport.WordsMechanism, Causes: causes{transport.CauseLoginNotOffered},
		Hint: "the server does not have this way to log in: name another with --auth",
		From: "Dovecot 2.3.19", Said: "A1 NO Unsupported authentication mechanism.", Not: "A1 NO Unsupported authentication."},
	transport.RowCredentials.Seen("Courier 5.0.13", "A1 NO Login failed.", "A1 NO Login is not possible now"),
	{Steps: "auth", Codes: "-", Words: `^$`, Causes: causes{transport.CauseWrongCredentials},
		From: "RFC 3501 §6.2.3: NO is a rejected name or password", Said: "A1 NO", Not: "A1 BAD"},
	transport.RowBlocked.Seen("Weasel 2", "* BYE Access denied", "* BYE Access later"),
	transport.RowFault.Seen("Dovecot 2.3.19", "* BYE Internal error occurred. Refer to server log for more information.", "* BYE Refer to server log for more information."),
	transport.RowUnavailable.Seen("Exchange 2019", "* BYE Service is currently unavailable.", "* BYE Service is not for you."),
	{Steps: "capability capability-tls", Codes: bareBad, Causes: causes{transport.CauseProtocolError},
		Hint: "every server must know CAPABILITY (RFC 3501 §6.1.1): see the transcript with -v",
		From: "RFC 3501 §7.1.3", Said: "A1 BAD what", Not: "A1 NO what"},
	transport.RowCommand.Seen("Exchange 2019", "A1 BAD Command Error. 12", "A1 BAD 12"),
	{Codes: bareBad, Causes: causes{transport.CauseCommandUnknown},
		From: "RFC 3501 §7.1.3", Said: "A1 BAD what?", Not: "A1 NO what?"},
}
