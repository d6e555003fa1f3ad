package smtpcheck

import "mailprobe/transport"

// stepsOfRecipient are those of the recipient.
const stepsOfRecipient = "rcpt data message vrfy"

// recipientRows are for what a server says of the recipient and its mailbox.
var recipientRows = transport.Table{
	{
		Steps: "rcpt message vrfy", Words: `verif\w* .{0,20}in progress|verification (pending|attempt)`, Causes: causes{CauseVerificationPending},
		From: "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: Address verification in progress",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: host 192.0.2.3[192.0.2.3] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
	},
	{
		Steps: "rcpt data message", Enhanced: "x.5.3", Causes: causes{CauseTooManyRecipients},
		From: "RFC 3463 §3.6", Said: "452 4.5.3 Not these together",
		Not: "452 4.3.1 Not these together",
	},
	{
		Steps: "rcpt mail data message", Words: `smtp ?utf-?8|internationali[sz]ed|unicode|international E-mail|non-ascii|8-bit character in mailbox`, Causes: causes{CauseSMTPUTF8Needed}, Codes: "5xx",
		From: "Postfix 3.7", Said: "553 5.6.7 Must declare SMTPUTF8 to send unicode address",
		Not: "501 5.1.3 Bad recipient address syntax",
	},
	{
		Steps: "rcpt mail data message", Enhanced: "x.6.7 x.6.9 x.6.10", Causes: causes{CauseSMTPUTF8Needed},
		From: "RFC 6531 §3.7.4.1", Said: "550 5.6.7 Not possible",
		Not: "550 5.6.6 Not possible",
	},
	{
		Steps: stepsOfRecipient, Words: `null ?mx|domain .{0,20}(does not|doesn't) (accept|receive) (e-?)?mail`, Causes: causes{CauseNullMX},
		From: "Haraka 3.0", Said: "556 5.1.10 Domain example.com sends and receives no email (NULL MX)",
		Not: "556 5.1.1 Address unavailable.",
	},
	{
		Steps: stepsOfRecipient, Codes: "556", Enhanced: "5.1.10", Causes: causes{CauseNullMX},
		From: "Postfix 3.7", Said: "556 5.1.10 <alice@example.com>: Recipient address rejected: refused",
		Not: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient alice@example.org not found by SMTP address lookup",
	},
	{
		Steps: "rcpt", Codes: "4xx", Words: `recipient address rejected: (domain not found|unable to look up|.*mail exchanger)|MX lookup|(bad|no) (mx|destination system)`, Causes: causes{CauseRecipientDomainUnknown, transport.CauseLookupFailed},
		Hint: "check the domain of the recipient; if it exists, the server's own resolver fails",
		From: "Postfix 3.7", Said: "450 4.1.2 <alice@example.org>: Recipient address rejected: Domain not found",
		Not: "450 4.2.0 <alice@example.org>: Recipient address rejected: Greylisted",
	},
	{
		Steps: stepsOfRecipient, Words: `moved|not local; please|forward-path|new address|has changed (its|their) address|please try <`, Codes: "550 551", Causes: causes{CauseRecipientMoved},
		From: "Postfix 3.7 relocated", Said: "550 5.1.6 <alice@example.org>: Recipient address rejected: User has moved to alice@example.net",
		Not: "551 5.7.1 Null BDAT request",
	},
	{
		Steps: stepsOfRecipient, Enhanced: "x.1.6", Causes: causes{CauseRecipientMoved},
		From: "RFC 3463 §3.2", Said: "550 5.1.6 Gone",
		Not: "550 5.1.1 Gone",
	},
	{
		Steps: "rcpt message data", Codes: "4xx", Words: `(mailbox|maildrop|mail ?file|folder|mail) .{0,20}(is )?(locked|busy|in use)|\block(ed)?\b`, Causes: causes{transport.CauseMailboxLocked},
		Hint: "another process has the recipient's mailbox locked; a lock that stays is left over: see who holds it on the server",
		From: "Cyrus 3.6 lmtpd", Said: "451 4.2.1 Mailbox is locked",
		Not: "550 5.2.1 Mailbox is locked",
	},
	{
		Steps: "message rcpt data", Words: `mailbox .{0,20}(invalid format|corrupt|damaged)|(corrupt\w*|damaged|inconsistent) .{0,20}(mailbox|index|folder|maildir)`, Causes: causes{transport.CauseMailboxDamaged},
		From: "Cyrus 3.6 lmtpd", Said: "451 4.2.0 Mailbox has an invalid format",
		Not: "451 4.2.0 Mailbox is locked",
	},
	{
		Steps: stepsOfRecipient, Words: `(account|mailbox|user|recipient|address|e-?mail)\b.{0,60}\b(disabled|suspend\w*|deactivated|inactive|discontinued|locked|closed|not active|currently unavailable|blocked|expired|frozen)|(disabled|suspended|inactive|deactivated|locked) (account|mailbox|user|recipient)|no longer accepts mail|account .{0,20}(unavailable|not enabled)|konto .{0,20}(gesperrt|deaktiviert)|compte .{0,20}(desactiv|suspend)`, Causes: causes{transport.CauseMailboxDisabled}, Codes: "5xx 4xx",
		From: "Gmail", Said: "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to https://support.google.com/mail/?p=DisabledUser",
		Not: "550 5.1.1 The email account that you tried to reach does not exist.",
	},
	{
		Steps: stepsOfRecipient, Codes: "4xx 5xx", Causes: causes{CauseRecipientUnknown},
		Words: `unverified address: .*said: 5|undeliverable address`,
		From:  "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: undeliverable address: host 192.0.2.3[192.0.2.3] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: connect to 192.0.2.3[192.0.2.3]:24: Connection refused",
	},
	{
		Steps: stepsOfRecipient, Codes: "4xx", Words: `recipient address rejected: unverified address`, Causes: causes{transport.CauseStoreDown},
		From: "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: unknown mail transport error",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: Try again later",
	},
	{
		Steps: stepsOfRecipient, Codes: "4xx 5xx", Words: `unrouteable address`, Causes: causes{CauseRecipientUnknown, CauseRecipientDomainUnknown},
		Hint: "give another address with -t; if this one should exist, ask on the server for its way (exim -bt), which ends at an unknown user or an unknown domain",
		From: "Exim 4.96", Said: "550 Unrouteable address",
		Not: "550 Unknown user",
	},
	{
		Steps: stepsOfRecipient, Codes: "4xx 5xx", Causes: causes{CauseRecipientDomainUnknown},
		Words: `(recipient|rcpt|destination|host|system|relay)\b.{0,30}\bdomain\b.{0,30}(not|unknown|invalid)|\b(domain|host)( name)? .{0,30}(unknown|not (found|hosted|local|configured|served|known|exist|valid)|(isn't|doesn't|does not|is not) (exist|hosted|local|one|in my|configured|allowed))|unknown (domain|host)|no such domain|unrouteable (domain|mail)|(host|domain) (unknown|not found)|not (a )?(hosted|local) domain|no (route|mx) (to|for)|domain.{0,30}non-?exist|nowhere to deliver|no mx for|(not|n't) (serve|host|handle) (mail for )?(this|that|the) domain|Recipient address rejected: Domain not found`,
		From:  "Sendmail 8.17", Said: "550 5.1.2 <alice@example.org>... Host unknown (Name server: example.org: host not found)",
		Not: "550 Unknown user",
	},
	{
		Enhanced: "x.1.2 x.4.4", Steps: "rcpt data message", Causes: causes{CauseRecipientDomainUnknown},
		From: "Sendmail 8.17", Said: "550 5.1.2 <alice@example.org>... Name server has no answer",
		Not: "550 5.1.1 <alice@example.org>... User not here",
	},
	{
		Steps: "rcpt", Enhanced: "x.1.3", Causes: causes{CauseAddressMalformed},
		From: "RFC 3463 §3.2", Said: "501 5.1.3 Invalid address",
		Not: "501 5.1.7 Invalid address",
	},
	{
		Steps: stepsOfRecipient, Codes: "5xx", Causes: causes{CauseRecipientUnknown},
		Words: `(user|recipient|mailbox|mail ?box|account|address|local[- ]?part|rcpt|person|addressee|alias|name|destination) .{0,80}?(unknown|not (found|exist|known|listed|present|local|a (known|valid)|valid|here|available)|(does not|doesn't|do not|didn't|isn't|is not|was not|wasn't|no longer|could not be) .{0,20}(exist|found|have|valid|known|here|listed|an active|accept|available)|invalid|unavailable|incorrect|non-?exist)|(unknown|invalid|bad|no such|no valid|non-?existent|no|not a (known|valid)|inexistent|nonexistent) .{0,24}(user|recipient|mail ?box|account|address|local[- ]?part|person|alias|destination|here|name)|there is no one|not (our|my) customer|RecipientNotFound|badrcptto|not listed in .{0,20}directory|inconnu|unbekannt|nicht (bekannt|gefunden|vorhanden)|existiert nicht|no existe|desconocid|sconosciut|onbekend|ok[aä]nd|nonexist|user (doesn't|not)`,
		From:  "Postfix 3.7", Said: "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table",
		Not: "550 5.7.1 <bob@example.org>: Recipient address rejected: Access denied",
	},
	{
		Steps: stepsOfRecipient, Codes: "4xx", Causes: causes{CauseRecipientUnknown},
		Words: `(user|recipient|mailbox|account|address) .{0,40}(unknown|not (found|exist|known)|(does not|doesn't) exist|invalid)|(unknown|invalid|no such) (\w+ )?(user|recipient|mailbox|account|address)`,
		From:  "Postfix 3.7 with soft_bounce", Said: "450 4.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table",
		Not: "450 Requested mail action not taken: mailbox unavailable",
	},
	{
		Steps: stepsOfRecipient, Enhanced: "5.1.1 x.1.10", Causes: causes{CauseRecipientUnknown},
		From: "RFC 3463 §3.2", Said: "550 5.1.1 Rejected",
		Not: "550 5.2.1 Rejected",
	},
	{
		Steps: stepsOfRecipient, Enhanced: "4.1.1", Causes: causes{CauseVerificationPending, CauseRecipientUnknown},
		Hint: "ask again in some minutes: if it stays so, the server takes the address for unknown, or cannot find out",
		From: "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: Try again later",
		Not: "450 4.2.1 <alice@example.org>: Recipient address rejected: Try again later",
	},
	{
		Steps: "rcpt message", Codes: "550", Enhanced: "5.4.1", Causes: causes{CauseRecipientUnknown, CauseRecipientDomainUnknown},
		Hint: "Office 365 says so of addresses that are not in its directory, and of domains that it has not accepted: check both",
		From: "Office 365", Said: "550 5.4.1 Recipient address rejected: Access denied. [DB5EUR01FT064.eop-EUR01.prod.protection.outlook.com]",
		Not: "550 5.7.1 Recipient address rejected: Access denied",
	},
	{
		Steps: "mail rcpt", Enhanced: "x.1.3 x.1.7", Causes: causes{CauseAddressMalformed},
		From: "RFC 3463 §3.2", Said: "553 5.1.7 Not accepted",
		Not: "553 5.1.8 Not accepted",
	},
}
