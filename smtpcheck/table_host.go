package smtpcheck

import "mailprobe/transport"

// stepsOfHost are those at which a server may refuse this host.
const stepsOfHost = "greeting ehlo helo mail rcpt data message"

// limitRows are for too much at once, or in a short time.
var limitRows = transport.Table{
	{
		Words:  `(daily|hourly|sending|send|message|outgoing|relay) ?(user |message |mail |email )?(sending )?(quota|limit)s? .*exceed|(exceeded|reached) .*(daily|hourly|sending|relay) |(sender|message count) quota|limits (for|on) how many messages|exceeded the max\w* (e-?mails|messages|defers)|\blimit on (the number of )?(messages|recipients) (per|sent)|throttl|too many recipients from|\brate\b.{0,30}(exceed|limit)|(rate|frequency)[- ]?limit|server busy\. please try again later from`,
		Causes: causes{transport.CauseRateLimited},
		From:   "Gmail", Said: "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852",
		Not: "552 5.2.2 <alice@example.org> Quota exceeded (mailbox for user is full)",
	},
	{
		Steps: "rcpt data message", Codes: "4xx", Words: `batch limit|zu viele empf|trop de destinataires|(too many|number of|out of allow|limit of \d+|maximum (number of )?|exceed\w* .{0,20}) ?(recipients|rcpt)|too many rcpt|multi(ple)?[- ](recipient|destination)|separate (transaction|session)|split transaction|one recipient`, Causes: causes{CauseTooManyRecipients},
		From: "Postfix 3.7", Said: "452 4.5.3 Error: too many recipients",
		Not: "550 5.5.3 Too many recipients",
	},
	{
		Steps: "rcpt data message", Codes: "5xx", Words: `(too many|number of|limit of \d+|maximum (number of )?) ?(recipients|rcpt)|multi-recipient bounce`, Causes: causes{CauseTooManyRecipients},
		From: "OpenSMTPD 6.8", Said: "550 5.5.3 Too many recipients",
		Not: "550 5.5.0 Invalid recipient",
	},
	{
		Words:  `too many .{0,30}(connections|sessions|deliveries)|(concurrent|simultaneous|maximum number of|max(imum)?|open) (concurrent |simultaneous |server |smtp )*(connections?|sessions)|connections? .{0,30}(limit|exceed|too many)|concurrency limit|zu viele verbindungen|HL:ICC|trop de connexions`,
		Causes: causes{transport.CauseTooManyConnections}, Steps: "greeting ehlo helo starttls mail rcpt data message auth",
		From: "Postfix 3.7", Said: "421 4.7.0 mx.example.org Error: too many connections from 192.0.2.1",
		Not: "421 4.7.0 mx.example.org Error: too many errors",
	},
	{
		Enhanced: "4.7.28 4.7.500 4.7.650 4.7.651 4.7.652 5.7.28 5.7.232 5.7.233 5.7.705 5.7.236", Causes: causes{transport.CauseRateLimited}, Steps: "message mail rcpt data greeting",
		From: "Office 365", Said: "451 4.7.500 Please wait [192.0.2.1]. (S77714)",
		Not: "451 4.7.0 Please wait [192.0.2.1].",
	},
}

// nameRows are for this host's name in DNS.
var nameRows = transport.Table{
	{
		Words: `\bIPv6\b`, Codes: "5xx 4xx", Causes: causes{CauseIPv6NotAccepted, CauseNoReverseDNS},
		Hint:  "use -4; else give this IPv6 address a reverse name that resolves to it, and send with SPF or DKIM",
		Steps: "message mail rcpt greeting data", From: "Gmail", Said: "550 5.7.1 [2001:db8::1] Our system has detected that this message does not meet IPv6 sending guidelines regarding PTR records and authentication. Please review https://support.google.com/mail/?p=IPv6AuthError for more information.",
		Not: "550 5.7.1 [2001:db8::1] Our system has detected that this message is likely unsolicited mail.",
	},
	{
		Words: `(hosts? with )?dynamic ip.{0,40}PTR|generic.{0,20}PTR|(dynamic|generic).{0,30}(reverse|rdns)`, Causes: causes{transport.CauseBlocklisted, CauseNoReverseDNS},
		Hint:  "give this host's address a name of its own in reverse DNS, not one made of the address, or send through a relay",
		Steps: stepsOfHost, From: "mail.ru", Said: "550 We do not accept mail from hosts with dynamic IP or generic DNS PTR-records",
		Not: "550 Dynamic IP addresses are blocked",
	},
	{
		Words:  `reverse[- ]?(dns|hostname|host|name|lookup|map|entry)|\bPTR\b|\bR-?DNS\b|cannot (find|resolve) your (reverse )?(host ?name|address|ip)|\bFC-?r-?DNS\b|IP name .{0,12}(lookup failed|possibly forged|not in DNS)|unresolvable relay host|no (valid )?(dns|host ?name)( name| entry| record)? (for|found)|No DNS entries for your MTA|reverse lookup|mismatches client ip`,
		Causes: causes{CauseNoReverseDNS}, Steps: "rcpt greeting ehlo helo mail data message",
		From: "Postfix 3.7", Said: "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
		Not: "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
	},
}

// hostRows are for what a server holds against this host: its name in EHLO, its
// address, and how often it comes.
var hostRows = transport.Table{
	{
		Words: `need fully[- ]qualified hostname|helo\b.*(fully|qualified|FQDN|invalid (name|ip address)|syntax|must (contain|be))|(FQDN|fully[- ]qualified).{0,40}(helo|required|hostname)|(helo|ehlo) (requires|should|argument|hostname)|invalid helo|invalid domain\b|bad hostname syntax|syntactically invalid \S*(helo|ehlo)|requires (domain|valid) (address|name)`, Causes: causes{CauseHeloNotQualified},
		Steps: "rcpt ehlo helo mail", From: "Postfix 3.7", Said: "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname",
		Not: "450 4.7.1 <vm.example.net>: Helo command rejected: Host not found",
	},
	{
		Words: `helo\b.*(host not found|not (resolve|found|exist)|no (a|dns|mx) )|(DNS lookup on HELO)|helo .{0,60}does not (resolve|exist)`, Causes: causes{CauseHeloUnknown},
		Steps: "rcpt ehlo helo mail data", From: "Postfix 3.7", Said: "450 4.7.1 <vm.example.net>: Helo command rejected: Host not found",
		Not: "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname",
	},
	{
		Words: `(helo|ehlo).{0,60}(reject|refus|denied|forged|bogus|fake|mismatch|impersonat|not match|invalid|bad|black|spoof|error)|(bogus|forged|fake|invalid|bad|false|ung(ü|ue)ltig\w*|falsch\w*) (helo|ehlo)|HELO name|helohost`, Causes: causes{CauseHeloRefused},
		Steps: "rcpt ehlo helo mail data message", From: "Sendmail 8.17 block_bad_helo", Said: "550 5.7.1 bogus HELO name used: mx.example.org",
		Not: "503 5.5.1 Error: send HELO/EHLO first",
	},
	{
		Enhanced: "x.7.25", Causes: causes{CauseNoReverseDNS}, Steps: stepsOfHost,
		From: "RFC 7372 §3.4", Said: "550 5.7.25 Refused",
		Not: "550 5.7.23 Refused",
	},
	{
		Words:  `rate[- ]?limit|(limit|rate|volume|quota|frequency|threshold).{0,30}(exceed|reached|limited)|exceed\w*.{0,30}(rate|limit|number of (messages|recipients)|threshold)|too (many|much) (mail|messages|e-?mails?|AUTH commands|spams?)|too (fast|quickly|frequent\w*|often)|slow(er)?( it)? down|again slower|(mail )?at a rate|unusual (sending|rate|traffic|volume)|mailbox unavailable or access denied|(unexpected volume|user complaints)|\[TSS?\d\d\]|HL:(IFC|REP|MEP)|RP:(DRC|TRC)|MI:(DMC|SFQ|STC)|MT:RFC|recipient thread limit|server busy|many messages (in|from|sent)`,
		Causes: causes{transport.CauseRateLimited}, Steps: "rcpt greeting ehlo helo mail data message",
		From: "Gmail", Said: "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.",
		Not: "550 5.2.1 The email account that you tried to reach is disabled.",
	},
	{
		Words:  `(sender (address|domain|envelope|e-?mail|<>)|envelope (sender|from)|return[- ]path|\bdomain)\b.{0,60}(blocked using|black ?list|block ?list|DBL\b|blocked by|listed (in|at|on|by))|RHSBL|dbl\.spamhaus|black mail address`,
		Causes: causes{CauseSenderNotAllowed}, Steps: "rcpt mail data message", Codes: "5xx 4xx",
		Hint: "the sender's domain or address is on a blocklist: give another with -f, or have it removed there",
		From: "Postfix 3.7 with dbl.spamhaus.org", Said: "554 5.7.1 Service unavailable; Sender address [bob@example.net] blocked using dbl.spamhaus.org; https://www.spamhaus.org/query/domain/example.net",
		Not: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
	},
	{
		Words:  `(url|uri|link|urls|links|domain in|body|content|message contains).{0,60}(black ?list|block ?list|uribl|surbl|listed (in|at|on|by))|uribl|surbl|\bBANNED: ?\S|URL_BLACKLIST`,
		Causes: causes{CauseContentRefused}, Steps: "message data", Codes: "5xx 4xx",
		From: "SpamAssassin with URIBL", Said: "550 5.7.1 Message contains a URL listed in multi.uribl.com",
		Not: "550 5.7.1 Client host [192.0.2.1] listed at bl.example.org",
	},
	{
		Words:  `block(ed)?[- ]?list|black[- ]?list|deny[- ]?list|dns[wb]l|\bd?rbls?\b|spamhaus|intrusion prevention|spamcop|barracuda|sorbs|abuseat|senderscore|(listed|list) (in|on|at|by) |blocked (using|by|due|from|for)|is blocked|banned|reputation|zombie|spammer|dynamic(ally)? (ip|address|assigned)|residential|dial-?up|direct connection|traffic not accepted|network .{0,20}block|(your|this|sender'?s?|remote|source) (ip|host|mail ?server|server)\b.{0,40}(block|\bban|reject|denied|refus|not (allowed|permitted|welcome|accepted)|abus)|\bip\b.{0,30}(block|gesperrt|bloqu|\bban|reject|denied|refus|not (allowed|in whitelist)|check error)|black ip|not allowed to connect|not accept\w* .{0,20}from (your|this) (ip|host)|connections? (from|will not) .{0,40}(refused|not be accepted|blocked|denied|rejected)|RTR:|RLY:|\bDT:RBL|WM:BLI|bad behaviou?r|SFR_IN|no access from mail server|\bblocked - see|ipcheck`,
		Causes: causes{transport.CauseBlocklisted}, Steps: "rcpt greeting ehlo helo mail data message", Codes: "5xx 4xx",
		From: "Postfix 3.7 with zen.spamhaus.org", Said: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
		Not: "554 5.7.1 <alice@example.org>: Recipient address rejected: Access denied",
	},
	{
		Enhanced: "5.7.511 5.7.606 5.7.607 5.7.708 5.7.703 4.7.708", Causes: causes{transport.CauseBlocklisted}, Steps: "mail rcpt message greeting data",
		From: "Office 365", Said: "550 5.7.708 Service unavailable. Access denied. For more information see http://go.microsoft.com/fwlink/?LinkId=526653",
		Not: "550 5.7.1 Service unavailable. Access denied.",
	},
	{
		Codes: "521 550", Enhanced: "5.3.2", Words: `service currently unavailable`, Causes: causes{transport.CauseBlocklisted}, Steps: "greeting rcpt mail",
		From: "Postfix 3.7 postscreen", Said: "521 5.3.2 Service currently unavailable",
		Not: "450 4.3.2 Service currently unavailable",
	},
	{
		Words: `client host rejected|connection (refused|rejected|denied|not (allowed|permitted))|you are not (welcome|allowed)|(host|connection|client).{0,20}(not (allowed|authori[sz]ed|permitted)|access denied)|go away`, Causes: causes{transport.CauseBlocklisted},
		Hint:  "the server's access rules refuse this host: permit it there, or test from another one",
		Steps: "rcpt greeting ehlo helo mail", Codes: "5xx", From: "Postfix 3.7 check_client_access", Said: "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
		Not: "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
	},
}
