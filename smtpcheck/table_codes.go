package smtpcheck

import "mailprobe/transport"

// stepsPutOff are those at which a server puts off.
const stepsPutOff = "rcpt mail data message"

// stepsAnywhere are those at which it can be anything.
const stepsAnywhere = "rcpt greeting ehlo helo mail data message quit"

// greylistRows are for servers that say that they greylist.
var greylistRows = transport.Table{
	{
		Words:  `gr[ea]y[- ]?list|postgrey|sqlgrey|grau(e )?liste|liste grise|internal resources? (are|is)? ?temporar(il)?y unavailable|(come|try) (back|again) (in|after) (a )?(few |some |\d+)|retry (in|after) |(minutes?|seconds?|secs?|mins?) (before|and) (trying|retry|try)|you are (not )?whitelisted by this recipient|\bgrey (listed|defer)|grey defer`,
		Causes: causes{CauseGreylisted}, Codes: "4xx", Steps: "rcpt greeting ehlo helo mail data message",
		From: "Postgrey 1.37", Said: "450 4.2.0 <alice@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html",
		Not: "550 5.1.1 <greylist@example.org>: Recipient address rejected: User unknown",
	},
}

// delayRows are for being put off, where the server does not say what for.
var delayRows = transport.Table{
	{
		Steps: "greeting ehlo helo", Codes: "421 4xx", Words: `try again later, closing connection`, Causes: causes{transport.CauseRateLimited},
		From: "Gmail", Said: "421 4.7.0 Try again later, closing connection. (EHLO)",
		Not: "421 4.3.0 Temporary System Problem. Try again later.",
	},
	{
		Steps: stepsPutOff, Codes: "4xx", Enhanced: "-", Words: `^temporary (failure|error|problem)`, Causes: causes{CauseGreylisted, transport.CauseServerFault},
		Hint: "ask again in some minutes with the same sender and recipient; if it stays so, the server's log has the reason",
		From: "OpenSMTPD 6.8", Said: "421 Temporary failure",
		Not: "451 Temporary local problem - please try later",
	},
	{
		Steps: stepsPutOff, Codes: "4xx", Enhanced: "- 4.2.0 4.7.0 4.7.1 4.3.2 4.2.1", Causes: causes{CauseGreylisted},
		Words: `(try|come|retry|resend|send|delivery) .{0,24}(again|later|back|soon)|retry|again later|tempor\w* (defer|reject|refus|unavailable|block)|temporar|deferred|delayed|grey|gray|sp[aä]ter|plus tard|wait`,
		From:  "Rspamd 3.4", Said: "451 4.7.1 Try again later",
		Not: "451 4.3.0 Try again later",
	},
	{
		Steps: "quit ehlo helo starttls", Codes: "421", Enhanced: "4.7.0 4.7.1 4.2.0", Words: `again|later|defer|retry`, Causes: causes{CauseGreylisted},
		From: "Sendmail 8.17 milter-greylist", Said: "421 4.7.1 Try again later",
		Not: "421 4.3.2 Try again later",
	},
	{
		Steps: "greeting", Codes: "421 450 451", Enhanced: "- 4.3.2 4.7.0 4.7.1", Words: `again|later|defer|retry|temporarily`, Causes: causes{transport.CauseServiceUnavailable, CauseGreylisted},
		Hint: "the server takes no mail now, or puts off hosts that it does not know: ask again in some minutes, and see its log if it stays so",
		From: "Postfix 3.7", Said: "421 mx.example.org Service unavailable - try again later",
		Not: "421 mx.example.org Service unavailable",
	},
	{
		Steps: "rcpt", Codes: "450 451 452 421", Enhanced: "4.2.0 4.7.0 4.7.1 4.3.2", Causes: causes{CauseGreylisted},
		From: "Postfix 3.7 postscreen", Said: "450 4.3.2 Service currently unavailable",
		Not: "450 4.3.0 Service currently unavailable",
	},
	{
		Steps: "mail data message", Codes: "450 451", Enhanced: "4.2.0 4.7.0 4.7.1 4.3.2", Causes: causes{CauseGreylisted},
		From: "Postfix 3.7", Said: "450 4.7.1 Service unavailable",
		Not: "450 4.5.0 Service unavailable",
	},
	{
		Steps: "rcpt", Codes: "450 451", Enhanced: "-", Causes: causes{CauseGreylisted, transport.CauseServerFault},
		Hint: "ask again in some minutes with the same sender and recipient; if it stays so, the server's log has the reason",
		From: "RFC 5321 §4.2.3", Said: "450 Requested mail action not taken",
		Not: "450 4.2.0 Requested mail action not taken",
	},
}

// enhancedRows go by the enhanced status code alone (RFC 3463, RFC 5248).
var enhancedRows = transport.Table{
	{
		Steps: "ehlo helo", Codes: "501 504", Causes: causes{CauseHeloNotQualified},
		From: "Exchange 2019", Said: "501 5.5.4 Invalid Address",
		Not: "500 5.5.1 Invalid Address",
	},
	{
		Enhanced: "5.2.1", Steps: "rcpt data message vrfy", Causes: causes{transport.CauseMailboxDisabled},
		From: "RFC 3463 §3.3", Said: "550 5.2.1 Refused",
		Not: "550 5.2.0 Refused",
	},
	{
		Enhanced: "4.2.4 5.2.4 4.3.0 4.3.3 4.3.5 5.3.0 5.3.3 5.3.5", Steps: stepsAnywhere, Causes: causes{transport.CauseServerFault},
		From: "RFC 3463 §3.4", Said: "451 4.3.0 Refused",
		Not: "451 4.2.0 Refused",
	},
	{
		Enhanced: "4.3.2 5.3.2", Codes: "421 450 451 550 554", Steps: "greeting mail data message quit ehlo helo rcpt", Causes: causes{transport.CauseServiceUnavailable},
		From: "RFC 3463 §3.4", Said: "421 4.3.2 Service not available",
		Not: "421 4.7.0 Service not available",
	},
	{
		Enhanced: "x.4.5", Steps: stepsAnywhere, Causes: causes{transport.CauseOverloaded},
		From: "RFC 3463 §3.5", Said: "451 4.4.5 Refused",
		Not: "451 4.4.3 Refused",
	},
	{
		Enhanced: "4.4.0 4.4.3 4.4.4 5.4.3 4.4.1", Steps: "rcpt data message", Causes: causes{transport.CauseLookupFailed},
		From: "Office 365", Said: "451 4.4.0 Refused",
		Not: "451 4.4.5 Refused",
	},
	{
		Enhanced: "4.4.2", Steps: stepsAnywhere, Causes: causes{CauseSessionTimeout},
		From: "RFC 3463 §3.5", Said: "421 4.4.2 Bad connection",
		Not: "421 4.4.5 Bad connection",
	},
	{
		Enhanced: "x.5.4 x.5.1 x.5.2", Codes: "500 501 502 504 555", Steps: "mail rcpt data ehlo helo starttls message vrfy", Causes: causes{CauseNotSupported},
		From: "Postfix 3.7", Said: "555 5.5.4 Unsupported option: RET=HDRS",
		Not: "501 5.1.7 Bad sender address syntax",
	},
	{
		Enhanced: "5.7.1 5.7.0 5.7.2", Codes: "5xx", Steps: "rcpt mail data message greeting ehlo helo", Causes: causes{CauseByPolicy},
		From: "Sendmail 8.17", Said: "550 5.7.1 <alice@example.org>... Access denied",
		Not: "550 5.1.1 <alice@example.org>... User unknown",
	},
	{
		Enhanced: "x.7.x", Codes: "5xx", Steps: "message mail rcpt data greeting ehlo helo", Causes: causes{CauseByPolicy},
		From: "Exchange 2019", Said: "550 5.7.129 RESOLVER.RST.RestrictedToRecipient; not in the list",
		Not: "550 5.1.129 RESOLVER.RST; not in the list",
	},
}

// codeRows go by the reply code alone (RFC 5321 §4.2.3), and end with what nothing is
// known of.
var codeRows = transport.Table{
	{
		Steps: "rcpt message data", Words: `message expired|retry time(out)? exceeded|delivery time expired`, Causes: causes{transport.CauseRefusedUnclear},
		Hint: "the message waited until it was given up: the reply to the last attempt has the reason",
		From: "Amazon SES", Said: "550 4.4.7 Message expired: unable to deliver in 840 minutes.",
		Not: "550 5.7.1 Password expired",
	},
	{
		Steps: "rcpt mail message data", Codes: "5xx", Words: `by policy|envelope blocked|\bpolicy\.?$|^(\S+ )?(denied|blocked)\.?$|(security|local) polic|policy (reasons|restrict|violation)|:blocked\)|(administrative|policy) (prohibition|reject)|prohibited by|access denied`, Causes: causes{CauseByPolicy},
		From: "Mimecast", Said: "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554 [abc.uk22]",
		Not: "554 Transaction failed",
	},
	{
		Steps: "starttls", Codes: "4xx 5xx", Causes: causes{transport.CauseTLSRefused},
		From: "Exim 4.96", Said: "454 TLS currently unavailable",
		Not: "220 TLS go ahead",
	},
	{
		Codes: "421 420", Causes: causes{transport.CauseServiceUnavailable},
		Steps: "greeting ehlo helo starttls auth mail rcpt data message vrfy xclient quit", From: "RFC 5321 §4.2.3", Said: "421 mx.example.org Service not available, closing transmission channel",
		Not: "450 mx.example.org Service not available",
	},
	{
		Codes: "432", Causes: causes{transport.CauseTooManyConnections}, Steps: "mail rcpt data message greeting ehlo",
		From: "Office 365", Said: "432 4.3.9 Not now",
		Not: "450 4.3.9 Not now",
	},
	{
		Codes: "452", Steps: "rcpt", Causes: causes{transport.CauseDiskFull, CauseTooManyRecipients},
		Hint: "if a single recipient is refused alike, the server is out of storage",
		From: "RFC 5321 §4.2.3, §4.5.3.1.10", Said: "452 Requested action not taken",
		Not: "450 Requested action not taken",
	},
	{
		Codes: "452", Steps: "mail data message", Causes: causes{transport.CauseDiskFull},
		From: "RFC 5321 §4.2.3", Said: "452 Requested action not taken",
		Not: "450 Requested action not taken",
	},
	{
		Codes: "521", Steps: "greeting rcpt mail ehlo helo", Causes: causes{CauseNoMailHere},
		From: "RFC 7504 §3", Said: "521 mx.example.org does not accept mail",
		Not: "554 mx.example.org does not accept mail",
	},
	{
		Codes: "554 550 553 571", Steps: "greeting", Causes: causes{CauseByPolicy},
		Hint: "the server refuses this host: see its access lists, its postscreen or DNS blocklists, and its log",
		From: "Exim 4.96", Said: "554 SMTP service not available",
		Not: "421 SMTP service not available",
	},
	{
		Codes: "550 553 554", Steps: "ehlo helo", Causes: causes{CauseHeloRefused},
		From: "Coremail", Said: "550 Requested action not taken",
		Not: "421 Requested action not taken",
	},
	{
		Codes: "552", Steps: "rcpt", Causes: causes{CauseMailboxFull},
		From: "RFC 5321 §4.2.3", Said: "552 Requested mail action aborted",
		Not: "550 Requested mail action aborted",
	},
	{
		Codes: "552", Steps: "message data mail", Causes: causes{CauseMessageTooBig, CauseMailboxFull},
		Hint: "if a small message is accepted, this one was too large; else the mailbox is full",
		From: "RFC 5321 §4.2.3", Said: "552 Requested mail action aborted",
		Not: "550 Requested mail action aborted",
	},
	{
		Codes: "555 500 502 504", Steps: "mail rcpt data vrfy helo message", Causes: causes{CauseNotSupported},
		From: "RFC 5321 §4.1.1.11", Said: "555 MAIL FROM/RCPT TO parameters not recognized or not implemented",
		Not: "553 parameters not recognized or not implemented",
	},
	{
		Codes: "551", Steps: "rcpt", Causes: causes{CauseRecipientMoved},
		From: "RFC 5321 §3.4", Said: "551 Requested action not taken",
		Not: "550 Requested action not taken",
	},
	{
		Codes: "556", Steps: "rcpt", Causes: causes{CauseNullMX},
		From: "RFC 7504 §4", Said: "556 Refused",
		Not: "554 Refused",
	},
	{
		Codes: "550 553 511", Steps: "rcpt vrfy", Causes: causes{CauseRecipientUnknown, CauseByPolicy},
		Hint: "check the address; if the mailbox exists, a rule of the server refuses this host or sender: another sender (-f) shows it",
		From: "RFC 5321 §4.2.3", Said: "550 Requested action not taken",
		Not: "450 Requested action not taken",
	},
	{
		Steps: "rcpt", Codes: "554 571", Causes: causes{CauseByPolicy},
		From: "RFC 5321 §4.2.3", Said: "554 Transaction failed",
		Not: "550 Transaction failed",
	},
	{
		Steps: "message data", Codes: "550 554 571", Causes: causes{CauseContentRefused, CauseByPolicy},
		Hint: "see the server's words and log; another text (--message) shows whether it is the content",
		From: "RFC 5321 §4.2.3", Said: "554 Transaction failed",
		Not: "451 Transaction failed",
	},
	{
		Codes: "3xx 4xx 5xx 2xx", Causes: causes{transport.CauseRefusedUnclear},
		From: "RFC 5321 §4.2.1", Said: "451 Requested action aborted",
		Not: "+OK this is POP3",
	},
}
