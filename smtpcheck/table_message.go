package smtpcheck

import "mailprobe/transport"

// stepsOfMessage are those of the message.
const stepsOfMessage = "message data"

// formRows are for messages that are not formed as the server demands.
var formRows = transport.Table{
	{
		Steps: stepsOfMessage, Codes: "5xx 4xx", Causes: causes{CauseMessageMalformed},
		Words: `\b(headers?|RFC ?-?[258]?[38]22|RFC 5321|MIME|date:|from:|message-id|lines?|NUL|bare)\b.{0,60}(syntax|missing|invalid|multiple|duplicate|malformed|not (compliant|accepted|crlf|valid|contain)|required|violat|error|characters|illegal|complexity)|(missing|invalid|malformed|multiple|duplicate|having no|empty|bad|fail) .{0,30}(headers?|from:|date|message-id|subject)\b|bare ?(<?LF>?|line-?feeds?|newlines?|cr)\b|stray newline|smtplf|barelf|not RFC|must be RFC|malformed MIME|violates RFC|does not contains? a|MIME parts|ridiculously long|no receipients|corrupt message|line length|(sender|from) address in message headers`,
		From:  "OpenSMTPD 6.8", Said: "550 5.7.1 Delivery not authorized, message refused: Message is not RFC 2822 compliant",
		Not: "550 5.7.1 Delivery not authorized, message refused",
	},
}

// messageRows are for what a server holds against the message.
var messageRows = transport.Table{
	{
		Steps: "message data rcpt", Words: `\bloop(s|ing)?\b|too many .{0,10}(received|hops)|hop count|hops\b`, Causes: causes{CauseMailLoop},
		From: "Exim 4.96", Said: `550 Too many "Received" headers - suspected mail loop`,
		Not: "552 Message header is ridiculously long",
	},
	{
		Steps: "message rcpt data", Enhanced: "x.4.6", Causes: causes{CauseMailLoop},
		From: "RFC 3463 §3.5", Said: "554 5.4.6 Rejected",
		Not: "554 5.4.7 Rejected",
	},
	{
		Steps: stepsOfMessage, Codes: "5xx 4xx", Causes: causes{CauseContentRefused},
		Words: `spam|gtube|virus|malware|phish|infect|trojan|unsolicited|\bUCE\b|junk|bulk|content|banned (file|attachment)|attachment|signature|suspicious|credential|DT:SPM|bad ?words|scored?|ofr_?\d|LPN\d|pollu|cloudmark|message (was |has been )?(blocked|prohibited)|malicious|inappropriate|security reasons|harmful`,
		From:  "Rspamd 3.4", Said: "554 5.7.1 Spam message rejected",
		Not: "554 5.7.1 Matched local policy",
	},
	{
		Steps: stepsOfMessage, Enhanced: "x.7.7 x.7.17", Causes: causes{CauseContentRefused},
		From: "RFC 3463 §3.8", Said: "554 5.7.7 Not taken",
		Not: "554 5.7.1 Not taken",
	},
	{
		Steps: stepsOfMessage, Enhanced: "x.6.0 x.6.1 x.6.2 x.6.3 x.6.4 x.6.5 x.6.6", Causes: causes{CauseMessageMalformed},
		From: "Cyrus 3.6 lmtpd", Said: "554 5.6.0 Not taken",
		Not: "554 5.7.1 Not taken",
	},
	{
		Steps: "mail rcpt", Codes: "5xx 4xx", Words: `spam|junk`, Causes: causes{transport.CauseBlocklisted},
		Hint: "the server takes this host or the sender for a source of spam: see why, and ask for an exemption",
		From: "QQ Mail", Said: "550 Suspected spam sender. http://service.mail.qq.com/cgi-bin/help?id=20022",
		Not: "550 Suspected bulk sender.",
	},
}
