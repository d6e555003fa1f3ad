package smtpcheck

import (
	"mailprobe/probe"
	"mailprobe/transport"
)

var (
	refusesToRelay = []*probe.Cause{CauseRelayDenied}
	saysNothing    = []*probe.Cause{CauseRelayUnanswered}
)

// relayCauses are the causes that a refusal to relay may have. A refusal with another
// cause is about something else, such as this host's address.
var relayCauses = []*probe.Cause{
	CauseRelayDenied, transport.CauseLoginRequired, CauseRecipientUnknown, CauseRecipientDomainUnknown, CauseRecipientMoved,
	CauseByPolicy, transport.CauseRefusedUnclear, CauseAddressMalformed, CauseNotSupported,
}

// envelopeCauses are about the envelope of the question: with another one the server may
// answer.
var envelopeCauses = []*probe.Cause{
	CauseNullMX, CauseSenderDomainUnknown, CauseSenderUnverified, CauseSenderNotAllowed, CauseRecipientUnknown,
	CauseRecipientDomainUnknown, CauseAddressMalformed, CauseSPFFailed, CauseByPolicy,
}

// relayReplies says which refusals of a foreign envelope are refusals to relay. Its steps
// are mail, rcpt, and spelling for a recipient in an odd spelling. Any other refusal,
// such as a 4xx without such words, leaves open whether the server relays.
var relayReplies = transport.Table{
	{
		Words: `no plugin decided`, Causes: saysNothing,
		From: "qpsmtpd 0.96", Said: "450 No plugin decided if relaying is allowed", Not: "550 relaying denied",
	},
	{
		Words: `block(ed|ing|list)|black ?list|deny ?list|\b(dns|r)bl\b|spamhaus|barracuda|reputation|gr[ea]y ?list|helo|reverse dns|\bptr\b|hostname|\bspf\b|dmarc|too (many|fast)|\brate\b`, Causes: saysNothing,
		From: "Postfix 3.7", Said: "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", Not: "554 5.7.1 <a@example.com>: Relay access denied",
	},
	{
		Enhanced: "x.1.7 x.1.8 x.1.10 x.7.27", Causes: saysNothing,
		From: "Postfix 3.7", Said: "550 5.7.27 <mailprobe@example.net>: Sender address rejected: Domain example.net does not accept mail (nullMX)", Not: "550 5.7.1 Unable to relay",
	},
	{
		Words: `domain not found|domain of sender|unrouteable|null ?mx|does not accept mail|no mail exchanger|not resolve|verif`, Causes: saysNothing,
		From: "Postfix 3.7", Said: "550 5.1.2 <a@example.com>: Recipient address rejected: Domain not found", Not: "550 5.1.2 not accepting email for domain",
	},
	{
		Words: `relay`, Causes: refusesToRelay,
		From: "Postfix 3.7", Said: "454 4.7.1 <a@example.com>: Relay access denied", Not: "450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted",
	},
	{
		Steps: "mail rcpt spelling", Codes: "5xx", Words: `\bauth|log(ged)?[ -]?(in|on)\b`, Causes: refusesToRelay,
		From: "maddy 0.7", Said: "502 5.7.0 Please authenticate first", Not: "502 5.5.2 Error: command not recognized",
	},
	{
		Codes: "530", Causes: refusesToRelay,
		From: "Exchange 2019", Said: "530 5.7.57 Client not permitted to send as anonymous", Not: "554 5.7.57 SMTP; Client was not permitted",
	},
	{
		Steps: "rcpt spelling", Codes: "5xx", Words: `rcpthosts|not local|local users? only|not (our|my|a local) (customer|domain|user)|(not|cannot) (accept|deliver)|invalid recipient`, Causes: refusesToRelay,
		From: "netqmail 1.06", Said: "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Not: "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
	},
	{
		Steps: "rcpt spelling", Enhanced: "5.1.1 5.1.2 5.1.3 5.1.6 5.4.1", Causes: refusesToRelay,
		From: "Exchange Online", Said: "550 5.4.1 Recipient address rejected: Access denied", Not: "450 4.1.1 Recipient address rejected: Access denied",
	},
	{
		Steps: "rcpt spelling", Codes: "550 551 553 554 571", Enhanced: "5.7.1 5.0.0 -", Causes: refusesToRelay,
		From: "sendmail 8.17", Said: "550 5.7.1 <a@example.com>... Access denied", Not: "550 5.7.23 The message was not accepted",
	},
	{
		Steps: "spelling", Codes: "500 501 504 513 555", Causes: refusesToRelay,
		From: "Exim 4.96", Said: `501 "a@example.com": recipient address must contain a domain`, Not: "451 Temporary local problem - please try later",
	},
}
