package smtpcheck

import "mailprobe/transport"

// stepsOfSender are those at which a server may refuse the sender.
const stepsOfSender = "mail rcpt data message"

// vouchingRows are for SPF, DKIM and DMARC.
var vouchingRows = transport.Table{
	{
		Steps: "mail rcpt message data", Codes: "4xx", Words: `\bSPF\b.{0,80}(temporary|dns error|temperror|try again|lookup)|(temporary|dns) .{0,40}\bSPF\b`, Causes: causes{CauseSPFFailed, transport.CauseLookupFailed},
		Hint: "the SPF record of the sender's domain could not be looked up: see whether it can be from elsewhere; if so, the server's resolver fails",
		From: "Exim 4.96, Debian", Said: "451 Temporary DNS error while checking SPF record.  Try again later.",
		Not: "550 [SPF] 192.0.2.1 is not allowed to send mail from example.net.",
	},
	{
		Steps: "message mail rcpt data", Words: `(authenticate|unauthenticated|pass|validation).{0,120}\b(either|SPF or DKIM|DKIM or SPF|SPF/DKIM|neither)|(SPF|DKIM).{0,30}\bor\b.{0,10}(SPF|DKIM)|5\.7\.515|required authentication level`, Causes: causes{CauseSPFFailed, CauseDKIMFailed},
		Hint: "the sender's domain must vouch for this host by SPF or sign the message by DKIM: give another sender with -f, or send through the domain's own server",
		From: "Gmail", Said: "550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.",
		Not: "550 5.7.26 Unauthenticated email from example.net is not accepted due to domain's DMARC policy.",
	},
	{
		Steps: "message mail rcpt data", Words: `\bDMARC\b`, Codes: "5xx 4xx", Causes: causes{CauseDMARCFailed},
		From: "OpenDMARC 1.4", Said: "550 5.7.1 rejected by DMARC policy for example.net",
		Not: "550 5.7.1 rejected by local policy for example.net",
	},
	{
		Steps: "mail rcpt data message", Enhanced: "x.7.23 x.7.24", Causes: causes{CauseSPFFailed},
		From: "maddy 0.8", Said: "550 5.7.23 Authentication failed",
		Not: "550 5.7.25 Authentication failed",
	},
	{
		Steps: "mail rcpt data message", Words: `\bSPF\b|sender policy framework|openspf|(is )?not (allowed|permitted|authori[sz]ed) to send (mail )?(from|for|on behalf)|not permitted by (the )?domain|INVALID IP FOR SENDING|remote ip check error`, Codes: "5xx 4xx", Causes: causes{CauseSPFFailed},
		From: "Postfix-policyd-spf-perl 2.011", Said: "550 5.7.1 <alice@example.org>: Recipient address rejected: Please see http://www.openspf.net/Why?s=mfrom;id=bob%40example.net;ip=192.0.2.1;r=mx.example.org",
		Not: "550 5.7.1 <alice@example.org>: Recipient address rejected: Access denied",
	},
	{
		Steps: "message", Words: `\bDKIM\w?\b|domainkeys`, Codes: "5xx 4xx", Causes: causes{CauseDKIMFailed},
		From: "maddy 0.8", Said: "550 5.7.20 No passing DKIM signatures (msg ID = 5b1c2d3e)",
		Not: "550 5.7.1 Message rejected due to local policy (msg ID = 5b1c2d3e)",
	},
	{
		Steps: "message data", Enhanced: "x.7.20 x.7.21 x.7.22 x.7.30", Causes: causes{CauseDKIMFailed},
		From: "RFC 7372 §3.1", Said: "550 5.7.20 Refused",
		Not: "550 5.7.26 Refused",
	},
	{
		Steps: "message mail data rcpt", Enhanced: "x.7.26 5.7.509", Causes: causes{CauseDMARCFailed},
		From: "RFC 7372 §3.3", Said: "550 5.7.26 Multiple authentication checks failed",
		Not: "550 5.7.1 Multiple authentication checks failed",
	},
}

// senderRows are for what a server holds against the sender's address and its domain.
var senderRows = transport.Table{
	{
		Steps: "rcpt mail vrfy", Codes: "5xx", Causes: causes{CauseAddressMalformed},
		Words: `(address|mailbox|recipient|sender|path|domain|RCPT|MAIL).{0,40}(syntax|malformed|must contain a domain|too long|restricted characters|parse|missing|must be|required?\b)|(syntax|malformed|parse|normali[sz]e|restricted characters|unparsable|8-bit).{0,40}(address|mailbox|recipient|sender|path|domain|mail from|rcpt)|address literal|domain name required|syntax error|fully[- ]qualified address|need fully`,
		From:  "Postfix 3.7", Said: "501 5.1.3 Bad recipient address syntax",
		Not: "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown",
	},
	{
		Steps: "message mail rcpt", Words: `bad outbound sender`, Causes: causes{CauseSenderNotAllowed},
		Hint: "the provider has blocked this account from sending, as it sent spam: have it unblocked, and see who used it",
		From: "Office 365", Said: "550 5.1.8 Access denied, bad outbound sender. For more information please go to http://go.microsoft.com/fwlink/?LinkId=875724",
		Not: "550 5.1.8 Access denied, bad sender",
	},
	{
		Steps: "rcpt mail data", Codes: "4xx", Causes: causes{CauseSenderDomainUnknown, transport.CauseLookupFailed},
		Words: `sender .{0,40}(domain )?(not found|not resolve|not exist|unresolv)|(unable|could not|cannot|failed) to (verify|resolve|look ?up) .{0,30}sender|(sender|from) domain|domain of sender`,
		Hint:  "give another sender with -f: if none is taken, the server's own resolver fails",
		From:  "Postfix 3.7", Said: "450 4.1.8 <bob@example.net>: Sender address rejected: Domain not found",
		Not: "550 5.1.8 <bob@example.net>: Sender address rejected: Domain not found",
	},
	{
		Steps: "mail rcpt data", Codes: "4xx", Enhanced: "4.1.8", Causes: causes{CauseSenderDomainUnknown, transport.CauseLookupFailed},
		Hint: "give another sender with -f: if none is taken, the server's own resolver fails",
		From: "RFC 3463 §3.2", Said: "451 4.1.8 Not now",
		Not: "451 4.1.7 Not now",
	},
	{
		Steps: "mail", Codes: "4xx", Enhanced: "4.4.0 4.4.3 4.4.1 4.4.4", Causes: causes{transport.CauseLookupFailed},
		From: "mox 0.0.15", Said: "451 4.4.0 temporary error",
		Not: "451 4.4.2 temporary error",
	},
	{
		Steps: "mail rcpt data message", Causes: causes{CauseSenderDomainUnknown},
		Words: `sender address rejected: (domain|unable to look up|.*nullMX|.*mail exchanger)|sender .{0,60}(domain )?(not found|(does )?not (resolve|exist)|unresolv|no mx)|(domain|MX|DNS).{0,40}(sender|MAIL FROM)|^(\S+ )?domain (of|does not exist|not found)|(MAIL FROM|sender) .{0,40}(null MX|nullMX|any MX)|sender domain must exist|absender\w* .{0,40}(existiert nicht|unbekannt|nicht (gefunden|vorhanden))|RFC ?1035|517-?MX records|mail server at|RHSBL domain not|no (a|mx|dns).{0,20}record`, Codes: "5xx",
		From: "Sendmail 8.17", Said: "553 5.1.8 <bob@example.net>... Domain of sender address bob@example.net does not exist",
		Not: "553 5.1.7 <bob@example.net>... Sender refused",
	},
	{
		Enhanced: "x.1.8 x.7.27", Steps: stepsOfSender, Causes: causes{CauseSenderDomainUnknown},
		From: "RFC 7505 §4.2", Said: "550 5.7.27 Refused",
		Not: "550 5.7.26 Refused",
	},
	{
		Steps: "rcpt mail data", Words: `sender .{0,80}verif\w* .{0,20}in progress`, Causes: causes{CauseVerificationPending},
		From: "Postfix 3.7", Said: "450 4.1.7 <bob@example.net>: Sender address rejected: unverified address: Sender address verification in progress",
		Not: "450 4.1.7 <bob@example.net>: Sender address rejected: unverified address: connect to mx.example.net[192.0.2.9]:25: Connection timed out",
	},
	{
		Steps: "rcpt mail data message", Codes: "5xx 4xx", Causes: causes{CauseSenderUnverified},
		Words: `sender .{0,60}(unverified|undeliverable|verif\w*|callout|could not be verified|unknown|not (exist|known)|no such)|verif\w* .{0,30}(sender|from|failed)|callout|address verification problem|previous .{0,40}verification failure`,
		From:  "Exim 4.96", Said: "550 Sender verify failed",
		Not: "550 Sender address rejected",
	},
	{
		Steps: "rcpt mail data message", Enhanced: "4.1.7", Causes: causes{CauseSenderUnverified},
		From: "Postfix 3.7", Said: "450 4.1.7 <bob@example.net>: Sender address rejected: Try again later",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: Try again later",
	},
	{
		Steps: "mail rcpt data message", Codes: "5xx 4xx", Causes: causes{CauseSenderNotAllowed},
		Words: `not owned by|(send|sent) (as|on behalf)|SendAsDenied|SenderNotAuthenticated|NotAuthorized|RestrictedToRecipients|unauthori[sz]ed (use|domain|sender)|spoof|(sender|from|address|identity|identities|domain) .{0,60}(not (verified|allowed|permitted|authori[sz]ed|accepted|welcome)|unvalidated|mismatch|different|must (match|be)|doesn't match|disabled|prohibited|failed the check)|not verified|(allowed|permission|authori[sz]ed) to (use|send|post)|mail from (invalid|must|address)|denies the sender|not allowed to (use|send)|badmailfrom|outgoing mail from .{0,60}suspended|sender (\w+ ){0,3}(rejected|refused|denied|blocked|banned|disabled|unvalidated|invalid)|(reject|refus)\w* .{0,20}sender|sender(?:'s)? address|mail address invalid|bad outbound sender`,
		From:  "Postfix 3.7", Said: "553 5.7.1 <bob@example.net>: Sender address rejected: not owned by user alice",
		Not: "550 5.7.1 <alice@example.org>: Recipient address rejected: Access denied",
	},
}
