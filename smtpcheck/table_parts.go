package smtpcheck

import "mailprobe/transport"

// partRows are for a part behind the server that does not answer, where the server says
// so: what that part or the way to it said is quoted behind it, and means something else
// there.
var partRows = transport.Table{
	{
		Steps: stepsOfRecipient, Causes: causes{transport.CauseStoreDown},
		Words: `recipient address rejected: unverified address: (connect to|connection|conversation with|lost connection|.{0,80}(refused to talk to me|transport unavailable|name service error))`,
		From:  "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: host store.example.org[192.0.2.3] refused to talk to me: 421 4.7.0 Error: too many connections",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: host store.example.org[192.0.2.3] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)",
	},
	{
		Steps: "mail rcpt data message ehlo helo greeting", Codes: "4xx", Causes: causes{CauseMilterDown},
		Words: `\bmilter\b.{0,40}(time-?d? ?out|fail|error|unavailable|not (available|reach|respond|running)|\bdown|refused|lost)|(reach|connect to|contact) .{0,16}\bmilter`,
		From:  "a server that names the milter", Said: "451 4.7.1 Unable to reach the milter",
		Not: "451 4.7.1 Greylisted by milter-greylist, try again later",
	},
	{
		Steps: stepsOfMessage, Codes: "4xx 5xx", Words: `\bsieve\b`, Causes: causes{transport.CauseServerFault},
		Hint: "the recipient's Sieve script could not be run: the delivery agent's log, and the one beside the script, have the reason",
		From: "Dovecot 2.3 lmtp", Said: "451 4.2.0 <alice@example.org> Execution of Sieve filters was aborted due to temporary failure",
		Not: "451 4.3.2 Content filter unavailable",
	},
	{
		Steps: "rcpt", Codes: "5xx", Words: `^callout verification failed:.*(unknown|no such|not (exist|found)|5\.1\.1|\b550\b)`, Causes: causes{CauseRecipientUnknown},
		From: "Exim 4.96", Said: `550-Callout verification failed:\n550 550 5.1.1 <alice@example.org>: Recipient address rejected: User unknown in local recipient table`,
		Not: "550-Callback setup failed while verifying <bob@example.net>\\n550 Sender verify failed",
	},
	{
		Steps: "auth", Codes: "535 421", Causes: causes{transport.CauseAuthServiceDown},
		Words: `connection lost|temporary (auth\w* )?failure|connection refused|no such file|(server|service|daemon|back-?end|database) .{0,20}(unreachable|unavailable|\bdown|not (available|running|respond|reach))|\binternal (server )?error`,
		From:  "Postfix 2.11", Said: "535 5.7.8 Error: authentication failed: Connection lost to authentication server",
		Not: "535 5.7.8 Error: authentication failed: authentication failure",
	},
	{
		Steps: "auth", Codes: "535", Words: `generic failure`, Causes: causes{transport.CauseAuthServiceDown, transport.CauseWrongCredentials},
		Hint: "Cyrus SASL says so when it cannot ask who checks passwords (saslauthd not running, its socket outside of the chroot, sasldb unreadable); if others log in, check name and password",
		From: "Postfix 3.7 with Cyrus SASL 2.1", Said: "535 5.7.8 Error: authentication failed: generic failure",
		Not: "535 5.7.8 Error: authentication failed: authentication failure",
	},
}

// becauseRows are for being limited for a reason that the server names, which has to go
// before the limit does.
var becauseRows = transport.Table{
	{
		Steps: "message mail rcpt data", Words: `rate limited because .{0,80}\bPTR\b`, Causes: causes{CauseNoReverseDNS, transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.23 Your email has been rate limited because the IP address sending this message doesn't have a PTR record",
		Not: "421 4.7.28 Your email has been rate limited",
	},
	{
		Steps: "message mail rcpt data", Words: `rate limited because .{0,80}(aligned|DMARC)`, Causes: causes{CauseDMARCFailed, transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.32 Your email has been rate limited because the From: header (RFC5322) in this message isn't aligned with either the authenticated SPF or DKIM organizational domain.",
		Not: "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message.",
	},
	{
		Steps: "message mail rcpt data", Words: `rate limited because .{0,80}\bSPF\b`, Causes: causes{CauseSPFFailed, transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message.",
		Not: "421 4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message.",
	},
	{
		Steps: "message mail rcpt data", Words: `rate limited because .{0,80}\bDKIM\b`, Causes: causes{CauseDKIMFailed, transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message.",
		Not: "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection.",
	},
	{
		Steps: "message mail rcpt data", Words: `rate limited because .{0,80}\bTLS\b`, Causes: causes{transport.CauseTLSRequired, transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection.",
		Not: "421 4.7.28 Your email has been rate limited",
	},
}
