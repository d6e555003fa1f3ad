package smtpcheck

import "mailprobe/transport"

// misfitRows are for servers that were taken for others than they are, and for what
// comes when nobody expects it.
var misfitRows = transport.Table{
	{
		Steps: "lhlo", Codes: "500 501 502 503 504", Causes: causes{CauseSpeaksSMTP},
		From: "Postfix 3.7", Said: "500 5.5.2 Error: command not recognized",
		Not: "421 4.3.2 mx.example.org Shutting down",
	},
	{
		Steps: "ehlo helo", Words: `\bLHLO\b|\bLMTP\b`, Causes: causes{CauseSpeaksLMTP},
		From: "Zimbra 8.8 lmtpd", Said: "500 5.5.1 Use LHLO instead of EHLO (LMTP)",
		Not: "500 5.5.1 Command unrecognized",
	},
	{
		Steps: "helo", Codes: "500 502", Causes: causes{CauseSpeaksLMTP, transport.CauseWrongProtocol},
		Hint: "a server that knows neither EHLO nor HELO may speak LMTP: use lmtp://, or check host and port",
		From: "aiosmtpd 1.4 LMTP", Said: `500 Error: command "HELO" not recognized`,
		Not: "501 Syntax: HELO hostname",
	},
	{
		Words: `PROXY (is )?not (allowed|permitted|expected)|unexpected PROXY`, Causes: causes{transport.CauseProxyUnexpected},
		Steps: "greeting ehlo", From: "Haraka 3.0", Said: "421 PROXY not allowed from 192.0.2.1",
		Not: "421 PROXY timeout",
	},
	{
		Steps: "greeting ehlo helo mail", Words: `\bPROXY timeout|(no|invalid|missing|expected) PROXY|\bPROXY .{0,20}(missing|required|expected)|required proxy negotiation`, Causes: causes{transport.CauseWantsProxy},
		From: "Exim 4.96", Said: "503 Command refused, required Proxy negotiation failed",
		Not: "421 PROXY not allowed from 192.0.2.1",
	},
	{
		Steps: "greeting", Codes: "421", Words: `server local error`, Causes: causes{transport.CauseWantsProxy, transport.CauseServerFault},
		Hint: "if a load balancer stands before the server, it may wait for a PROXY header: try --proxy-protocol; if that changes nothing, its log has the reason",
		From: "Postfix 3.7", Said: "421 4.3.0 mx.example.org Server local error",
		Not: "421 4.3.5 Server configuration error",
	},
	{
		Steps: "xclient", Codes: "5xx", Causes: causes{CauseNotSupported},
		Hint: "list this host in smtpd_authorized_xclient_hosts, and give only attributes that the server names in EHLO",
		From: "Postfix 3.7", Said: "503 5.5.1 Error: MAIL transaction in progress",
		Not: "421 4.3.0 mx.example.org Server local error",
	},
	{
		Steps: "mail rcpt", Codes: "501 555", Words: `bad \w+ parameter syntax`, Causes: causes{CauseNotSupported},
		From: "Postfix 3.7", Said: "501 5.5.4 Error: Bad ORCPT parameter syntax",
		Not: "501 5.1.3 Bad recipient address syntax",
	},
	{
		Steps: "xforward", Codes: "550", Words: `insufficient authorization`, Causes: causes{CauseXforward},
		From: "Postfix 3.7", Said: "550 5.7.0 Error: insufficient authorization",
		Not: "550 5.7.1 Access denied",
	},
	{
		Steps: "xforward", Codes: "5xx", Causes: causes{CauseNotSupported},
		Hint: "give only attributes with --xforward that the server names in EHLO, and values that it takes",
		From: "Postfix 3.7", Said: "501 5.5.4 Bad XFORWARD attribute name: FOO",
		Not: "421 4.3.0 mx.example.org Server local error",
	},
	{
		Steps: "auth mail rcpt data", Words: `XCLIENT.*(not recogni[sz]ed|unrecogni[sz]ed|not (supported|implemented|allowed)|unknown)`, Causes: causes{transport.CauseServerFault},
		Hint: "the mail proxy in front sends XCLIENT to a server that does not take it: switch that off in the proxy (nginx: xclient off), or permit it behind",
		From: "nginx 1.22 before smtp-server", Said: `500 Error: command "XCLIENT" not recognized`,
		Not: "500 Error: command not recognized",
	},
	{
		Words:  `synchroni[sz]ation error|protocol synchroni[sz]ation|improper use of smtp command pipelining|I can break rules|early ?talk|talk(ed|s|ing)? (too soon|before)|(before|sent) .*(banner|greeting)|pipelining not (supported|allowed)|pipelined after end`,
		Causes: causes{CauseTalkedTooSoon},
		From:   "Postfix 3.7", Said: "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining",
		Not: "503 5.5.1 Error: need RCPT command",
	},
	{
		Codes: "521 550", Enhanced: "5.5.1", Words: `protocol error`, Causes: causes{CauseTalkedTooSoon},
		From: "Postfix 3.7 postscreen", Said: "521 5.5.1 Protocol error",
		Not: "502 5.5.2 Error: command not recognized",
	},
	{
		Steps: "greeting ehlo helo starttls mail rcpt data message quit vrfy", Causes: causes{CauseTooManyErrors},
		Words: `too many (\w+ )?(errors|bad commands|bad recipients|invalid (recipients|commands)|unknown (commands|recipients|users)|unrecogni[sz]ed commands|unauthenticated commands|nonmail commands|syntax|failed recipients|rejected)|excessive (unknown|invalid)|\b(MI|RP):C[EC]L\b|too many consecutive`,
		From:  "Postfix 3.7", Said: "421 4.7.0 mx.example.org Error: too many errors",
		Not: "421 4.7.0 mx.example.org Error: too many connections from 192.0.2.1",
	},
	{
		Words: `time-?out (exceeded|waiting|- closing)|command timeout|connection timed out|idle (for )?too long|timeout;|timeout$|disconnected for inactivity`, Codes: "421 451", Causes: causes{CauseSessionTimeout},
		From: "Postfix 3.7", Said: "421 4.4.2 mx.example.org Error: timeout exceeded",
		Not: "421 4.3.2 mx.example.org Shutting down",
	},
	{
		Steps: "vrfy", Codes: "500 501 502 503 504", Causes: causes{CauseNotSupported},
		Hint: "the server does not say who exists, or takes no addresses in VRFY: ask by RCPT with -t",
		From: "Dovecot 2.3 submission", Said: "501 5.5.4 Invalid parameters",
		Not: "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table",
	},
	{
		Steps: "vrfy", Codes: "252 550 554", Words: `command|disabled|not (implemented|supported|allowed|available|permitted)|syntax|verify|vrfy|argument|unrecogni[sz]ed|administrative prohibition`, Causes: causes{CauseNotSupported},
		Hint: "the server does not say who exists, or takes no addresses in VRFY: ask by RCPT with -t",
		From: "Exim 4.96", Said: "550 Administrative prohibition",
		Not: "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table",
	},
}
