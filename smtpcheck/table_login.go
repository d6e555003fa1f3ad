package smtpcheck

import "mailprobe/transport"

// stepsOfLogin are those that a server may want a log-in for.
const stepsOfLogin = "mail rcpt data message vrfy"

// authRows are for refusals of the log-in itself.
var authRows = transport.Table{
	{
		Steps: "auth", Words: `\b(app|application)[- ]?(specific )?password|second ?factor|authori[sz]ation code|two[- ](step|factor)`, Causes: causes{transport.CauseAppPassword},
		From: "Gmail", Said: "534 5.7.9 Application-specific password required. For more information, go to https://support.google.com/mail/?p=InvalidSecondFactor",
		Not: "534 5.7.9 Authentication mechanism is too weak",
	},
	{
		Steps: "auth", Words: `web ?browser|WebLoginRequired`, Causes: causes{transport.CauseWebLoginNeeded},
		From: "Gmail", Said: "534 5.7.14 Please log in via your web browser and then try again.",
		Not: "534 5.7.9 Authentication mechanism is too weak",
	},
	{
		Steps: "auth", Words: `basic auth\w* (is )?(not supported|disabled|blocked)|(only|requires?) (x?oauth|modern auth)`, Causes: causes{transport.CauseTokenNeeded},
		From: "Office 365", Said: "550 5.7.30 Basic authentication is not supported for Client Submission.",
		Not: "535 5.7.3 Authentication unsuccessful",
	},
	{
		Steps: "auth", Words: `SmtpClientAuthentication is disabled|SMTP AUTH (is )?disabled|has no permission|not have access rights|\bvia (smtp|imap|pop3?) is (blocked|disabled|not)|access to (smtp|this service) (is )?denied|(smtp|pop3|imap)\b.{0,20} (ist |est )?(deaktiviert|nicht (aktiviert|freigeschaltet)|d(é|e)sactiv)|(smtp|service|protocol|access) (is )?not (enabled|open|activated|allowed) for|user (is )?not (enabled|allowed) for`, Causes: causes{transport.CauseProtocolDisabled},
		From: "Office 365", Said: "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.",
		Not: "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
	},
	{
		Steps: "auth", Words: `criteria to be authenticated|log-?in (is )?(disabled|not allowed|forbidden)|security defaults`, Causes: causes{transport.CauseLoginDisabled},
		From: "Office 365", Said: "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.",
		Not: "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
	},
	{
		Steps: "auth", Words: `too many AUTH commands`, Causes: causes{transport.CauseRateLimited},
		From: "Postfix 3.7", Said: "450 4.7.1 Error: too many AUTH commands from 192.0.2.1",
		Not: "454 4.7.0 Too many login attempts, please try again later.",
	},
	{
		Steps: "auth", Words: `too (many|much) .*(attempts|fail|auth|login|log-in|password)|locked|temporarily blocked|(konto|compte|ip)\b.{0,20}(gesperrt|verrouill|blocked)|AUTH005`, Causes: causes{transport.CauseAccountLocked},
		From: "Gmail", Said: "454 4.7.0 Too many login attempts, please try again later.",
		Not: "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
	},
	{
		Steps: "auth", Words: `(account|user|mailbox) (is |has been |was )?(disabled|suspended|deactivated|inactive|blocked)`, Causes: causes{transport.CauseAccountDisabled},
		From: "Zoho Mail", Said: "535 5.7.8 Authentication failed: account is suspended",
		Not: "535 5.7.8 Authentication failed",
	},
	{
		Steps: "auth", Words: `(password|account|credentials) (has |have |is )?expired|change your password|password must be changed`, Causes: causes{transport.CausePasswordExpired},
		From: "Dovecot 2.3 submission", Said: "535 5.7.8 Password expired.",
		Not: "535 5.7.8 Authentication failed",
	},
	{
		Steps: "auth", Enhanced: "4.7.12 5.7.12", Causes: causes{transport.CausePasswordTransition},
		From: "Cyrus SASL 2.1", Said: "432 4.7.12 A password transition is needed",
		Not: "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.",
	},
	{
		Words: `\b(tls|ssl)[ v]*1\.[01]\b.{0,20} (is |are )?(not supported|unsupported|no longer|disabled)|(requires?|use|support) (at least )?tls ?v?1\.[23]\b`, Causes: causes{transport.CauseTLSRequired},
		Hint: "the server wants a newer version of TLS than the session has: mailprobe offers all up to 1.3, so see with --tls=require what is agreed, and what is between",
		From: "Office 365", Said: "421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client to support TLS 1.2. Visit https://aka.ms/smtp_auth_tls.",
		Not: "421 4.7.66 Service unavailable",
	},
	{
		Steps: "auth", Codes: "5xx", Words: `(encryption|tls|ssl|starttls|secure).*(required|first|before|needed|enabled)|must issue a? ?starttls|unencrypted`, Causes: causes{transport.CauseTLSRequired},
		From: "Postfix 3.7", Said: "504 5.5.4 Encryption required for requested authentication mechanism",
		Not: "504 5.7.4 Unrecognized authentication type",
	},
	{
		Steps: "auth", Codes: "538", Causes: causes{transport.CauseTLSRequired},
		From: "RFC 4954 §6", Said: "538 5.7.11 Mechanism is not for this connection",
		Not: "535 5.7.8 Authentication failed",
	},
	{
		Steps: "auth", Words: `not (advertised|enabled|offered|defined)|authentication (is )?disabled|auth\w* not (available|permitted|supported)|(invalid|unsupported) auth\w* mechanism|mechanism (is )?not (allowed|permitted|supported)|no mechanism available|^(\S+ )?(auth\w* |mechanism )*(is )?not available`, Codes: "5xx", Causes: causes{transport.CauseLoginNotOffered},
		Hint: hintSubmission,
		From: "Exim 4.96", Said: "503 AUTH command used when not advertised",
		Not: "503 5.5.1 Error: already authenticated",
	},
	{
		Steps: "auth", Codes: "504 534 500 502", Causes: causes{transport.CauseLoginNotOffered},
		Hint: hintSubmission,
		From: "Exchange 2019", Said: "504 5.7.4 Unrecognized authentication type",
		Not: "535 5.7.8 Authentication failed",
	},
	{
		Steps: "auth", Words: `(UserDisabled|BadCredentials)|gsmtp|MBR1212`, Codes: "535", Causes: causes{transport.CauseWrongCredentials, transport.CauseAppPassword},
		Hint: "with two-step sign-in the account's own password is refused like a wrong one: try a password made for applications",
		From: "Gmail", Said: "535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials - gsmtp",
		Not: "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
	},
	{
		Steps: "auth", Codes: "454", Words: `temporary auth`, Causes: causes{transport.CauseAuthServiceDown},
		From: "Postfix 3.7", Said: "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
		Not: "454 4.7.0 auth: invalid credentials (msg ID = 5b1c2d3e)",
	},
	{
		Steps: "auth", Codes: "535", Words: `\(reason unavailable\)`, Causes: causes{transport.CauseWrongCredentials, transport.CauseAuthServiceDown},
		Hint: "check name and password; Postfix says the same where Dovecot reports a failure that is temporary: see whether its user database is up",
		From: "Postfix 3.7 with Dovecot 2.3", Said: "535 5.7.8 Error: authentication failed: (reason unavailable)",
		Not: "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
	},
	{
		Steps: "auth", Codes: "535", Enhanced: "5.7.3", Causes: causes{transport.CauseWrongCredentials, transport.CauseProtocolDisabled},
		Hint: "check name and password; if another protocol takes them, SMTP AUTH is off for the account or its organization",
		From: "Office 365", Said: "535 5.7.3 Authentication unsuccessful [AM0PR01CA0101.example.org]",
		Not: "535 5.7.8 Authentication failed",
	},
	{
		Steps: "auth", Codes: "454 451", Words: `invalid credentials|invalid (user|login|password)|incorrect|bad password`, Causes: causes{transport.CauseWrongCredentials},
		Hint: "the server says for now, but means the password: check name and password",
		From: "maddy 0.8", Said: "454 4.7.0 auth: invalid credentials (msg ID = 5b1c2d3e)",
		Not: "454 4.7.0 Temporary authentication failure",
	},
	{
		Steps: "auth", Codes: "450 451 454 435 400", Causes: causes{transport.CauseAuthServiceDown},
		From: "RFC 4954 §6", Said: "454 4.7.0 not for now",
		Not: "535 5.7.8 Error: authentication failed: authentication failure",
	},
	{
		Steps: "auth", Codes: "535", Causes: causes{transport.CauseWrongCredentials},
		From: "Exim 4.96", Said: "535 Incorrect authentication data",
		Not: "503 AUTH command used when not advertised",
	},
	{
		Steps: "auth", Codes: "5xx", Words: `auth\w* (failed|invalid|rejected|unsuccessful|failure|error)|(invalid|incorrect|bad|wrong) (user|credential|login|password)|login fail|access denied`, Causes: causes{transport.CauseWrongCredentials},
		From: "Coremail", Said: "550 authentication failed",
		Not: "501 5.7.0 Authentication aborted",
	},
	{
		Steps: "auth", Codes: "550 553 554", Enhanced: "5.7.0 5.7.1 5.7.14", Causes: causes{transport.CauseNotAuthorized},
		From: "Postfix 3.7", Said: "550 5.7.0 Error: insufficient authorization",
		Not: "535 5.7.8 Authentication failed",
	},
}

// loginRows are for servers that want a log-in, TLS, or one of their own recipients.
var loginRows = transport.Table{
	{
		Enhanced: "5.7.60 5.7.501 5.7.502 5.7.503 5.7.750 5.2.252 5.7.124 5.7.133 5.7.134", Steps: "message mail rcpt data", Causes: causes{CauseSenderNotAllowed},
		From: "Office 365", Said: "550 5.7.750 Service unavailable. Client blocked",
		Not: "550 5.7.1 Service unavailable",
	},
	{
		Steps: "message mail rcpt", Words: `not authori[sz]ed to perform`, Causes: causes{transport.CauseNotAuthorized},
		From: "Amazon SES", Said: "554 Access denied: User `arn:aws:iam::123456789012:user/alice' is not authorized to perform `ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/example.net'",
		Not: "554 Access denied: not authorized to send",
	},
	{
		Steps: "rcpt mail data message", Causes: causes{CauseRelayDenied, CauseRecipientDomainUnknown},
		Words: `relay(ing)? (access |is |was |through \S+ (is )?)?(denied|not (allowed|permitted|accepted)|prohibited|refused|disabled)|(not|n't) (permitted|allowed|authori[sz]ed|able) to relay|(unable|not going|refus\w+) to relay|no relay|relaying .{0,60}(denied|not|prohibited|disallowed)|denied.*\brelay\b|denies relay|allowed rcpthosts|cannot deliver mail for|(do|does)(n't| not) relay|rela(y|is)\w*( wurde| ist| est)? (verweigert|nicht (erlaubt|gestattet|zul)|refus|interdit|non autoris)|relay (check|not permitted)|not (a )?(local|hosted)( domain)?(,| -) relay|cannot relay|not relay`,
		Hint:  "log in with -u, or have this host's network permitted (Postfix: mynetworks); if the recipient is the server's own, its domain is missing in the server's list",
		From:  "Postfix 3.7", Said: "454 4.7.1 <alice@example.org>: Relay access denied",
		Not: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using list.example.net; 192.0.2.1 is an open relay",
	},
	{
		Steps: "mail rcpt data message vrfy ehlo helo greeting", Causes: causes{transport.CauseTLSRequired},
		Words: `must (first )?(issue|use) (a |an )?(starttls|tls)|(starttls|tls|ssl|encryption|secure connection|encrypted connection)( connection| conversation| session| is)*( required| needed| must| first)|requires? (a )?(tls|ssl|encryption|starttls|secure)|issue starttls first`,
		From:  "Postfix 3.7", Said: "530 5.7.0 Must issue a STARTTLS command first",
		Not: "530 5.7.0 Authentication required",
	},
	{
		Steps: "ehlo helo auth mail rcpt data message vrfy", Causes: causes{transport.CauseClientCertNeeded},
		Words: `no client certificate|client certificate (is )?(required|needed|not (trusted|presented|verified))|(present|provide|needs?|requires?) a (valid |trusted )?(client|TLS|SSL) certificate`,
		From:  "Postfix 3.7 smtpd_tls_req_ccert", Said: "421 4.7.1 mx.example.org Error: No client certificate presented",
		Not: "421 4.7.0 mx.example.org Error: too many errors",
	},
	{
		Steps: stepsOfLogin, Enhanced: "x.7.10", Causes: causes{transport.CauseTLSRequired},
		From: "RFC 5248, IANA", Said: "523 5.7.10 Not on this connection",
		Not: "530 5.7.0 Authentication required",
	},
	{
		Steps: stepsOfLogin, Causes: causes{transport.CauseLoginRequired},
		Words: `must (issue an AUTH|(first )?be authenticated|(first )?authenticate|log ?in|be logged)|(smtp )?auth(entication)? (is )?(required|needed|first)|please (authenticate|log ?in)|(not|n't) (authenticated|logged[- ]in)|requires? (smtp )?auth|use smtp auth|need (to )?(authenticate|log|smtp auth)|no autenticad|anmeldung erforderlich|(bitte|zuerst|erst) .{0,20}(authentifizier|anmelden)|(veuillez|devez) vous (identifier|authentifier)|(check|read|fetch) (your |for )?(new )?mail (first|before)|pop[- ]before[- ]smtp`,
		From:  "chasquid 1.11", Said: "550 5.7.9 Mail to submission port must be authenticated",
		Not: "550 5.7.1 Unauthenticated email from example.net is not accepted due to domain's DMARC policy",
	},
	{
		Steps: stepsOfLogin, Enhanced: "x.7.57", Causes: causes{transport.CauseLoginRequired},
		From: "Office 365", Said: "530 5.7.57 Client must not send anonymous mail during MAIL FROM",
		Not: "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain",
	},
	{
		Steps: stepsOfLogin, Codes: "530", Causes: causes{transport.CauseLoginRequired, transport.CauseTLSRequired},
		Hint: "the server wants a log-in or TLS first: try -u, and --tls=require",
		From: "RFC 4954 §6", Said: "530 5.7.0 Access denied",
		Not: "550 5.7.1 Access denied",
	},
}
