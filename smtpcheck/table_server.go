package smtpcheck

import "mailprobe/transport"

// stepsOfServer are those at which a fault of the server shows.
const stepsOfServer = "rcpt mail data message vrfy"

// storageRows are for what is full or too large, whoever's it is: the words are alike.
var storageRows = transport.Table{
	{
		Steps: "rcpt message data mail vrfy", Causes: causes{CauseMailboxFull},
		Words: `(mail ?box|inbox|mail ?folder|maildir|mail ?file) .{0,40}(full|quota|over|exceed|storage|space)|over (the |its |their |allowed |disk |storage )*quota|quota[ ,]+(is )?(exceeded|full|violation|reached|usage)|(exceeds?|exceeded|exceeding|reached|out of|exhausted|disc|disk|storage) .{0,24}(quota|storage|mailbox)|not enough (storage )?space|space (limit|has been used)|allowed storage|bo[iî]te .*pleine|postfach .{0,20}voll|speichervolumen|zuviele mails|buz[oó]n .{0,20}lleno|casella .*piena|mailbox full|too many messages on the server|full mailbox|user is full`,
		From:  "Dovecot 2.3 lmtp", Said: "552 5.2.2 <alice@example.org> Quota exceeded (mailbox for user is full)",
		Not: "452 4.3.1 Insufficient system storage",
	},
	{
		Enhanced: "x.2.2", Steps: "rcpt message data vrfy", Causes: causes{CauseMailboxFull},
		From: "Sendmail 8.17 with mail.local", Said: "550 5.2.2 <alice@example.org>... Can't create output",
		Not: "550 5.2.1 <alice@example.org>... Mailbox disabled for this recipient",
	},
	{
		Steps: "mail rcpt message data", Causes: causes{CauseMessageTooBig},
		Words: `\b(message|msg|header|size|chunk|file|attachment|length)\b.{0,50}(too (big|large|long)|exceed)|too (big|large)|(exceeds?|exceeded|over|above) .{0,40}(size|length)|size .{0,30}(limit|maximum|exceed|greater)|SIZE=|zu gro(ss|ß)|trop (volumineux|gros)|larger than|maximum .{0,20}size`,
		From:  "Postfix 3.7", Said: "552 5.3.4 Message size exceeds fixed limit",
		Not: "452 4.5.3 Error: too many recipients",
	},
	{
		Enhanced: "x.3.4 x.2.3", Steps: "mail rcpt message data", Causes: causes{CauseMessageTooBig},
		From: "RFC 3463 §3.4", Said: "552 5.3.4 Refused by this system",
		Not: "552 5.2.2 Refused by this system",
	},
	{
		Steps: "mail", Codes: "501", Words: `\bSIZE\b`, Causes: causes{CauseMessageTooBig},
		Hint: "the server does not understand the size in MAIL, or does not permit it: leave out --size, or declare less",
		From: "Inbucket 3.0", Said: "501 Unable to parse SIZE as an integer",
		Not: "501 5.1.7 Bad sender address syntax",
	},
	{
		Codes: "4xx", Causes: causes{transport.CauseDiskFull},
		Words: `(insufficient|not enough|out of|no|low) (system |disk |free |queue )*(storage|space|disk)|disk (is )?(full|space)|space shortage|mail ?system full|(queue|spool|file ?system|partition) (is )?full|UsedDiskSpace|storage allocation`,
		From:  "Sendmail 8.17", Said: "452 4.4.5 Insufficient disk space; try again later", Steps: "mail rcpt data message greeting ehlo",
		Not: "452 4.2.2 <alice@example.org> Quota exceeded",
	},
	{
		Codes: "452", Enhanced: "4.3.1", Words: `resource|memory`, Causes: causes{transport.CauseDiskFull, transport.CauseOverloaded},
		Hint: "the server is short of disk space or memory (Exchange: back pressure): see its event log for which",
		From: "Exchange 2019", Said: "452 4.3.1 Insufficient system resources", Steps: "mail rcpt data message",
		Not: "452 4.3.1 Insufficient system storage",
	},
	{
		Enhanced: "4.3.1 5.3.1", Causes: causes{transport.CauseDiskFull}, Steps: "mail rcpt data message",
		From: "Cyrus 3.6 lmtpd", Said: "451 4.3.1 cannot create temporary file",
		Not: "451 4.3.2 cannot stat message temporary file",
	},
}

// serverRows are for faults of the server's own.
var serverRows = transport.Table{
	{
		Words:  `(open|public) (dns )?resolver|127\.255\.255\.25\d|returnc/(pub|vol)|(excessive|too many) (number of )?quer(y|ies)|query (volume|refused)|Error: (blocked|refused)`,
		Causes: causes{CauseResolverBlocked}, Steps: "greeting ehlo helo mail rcpt data message",
		From: "Postfix 3.7 with zen.spamhaus.org", Said: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/192.0.2.53/",
		Not: "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
	},
	{
		Steps: "rcpt message", Words: `recipient address rejected: unverified address:.*(connection (refused|timed out)|no route|unreachable|said: 4|temporar)`, Causes: causes{transport.CauseStoreDown},
		From: "Postfix 3.7", Said: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: host store.example.org[192.0.2.3] said: 451 4.3.0 Temporary internal error (in reply to RCPT TO command)",
		Not: "450 4.1.1 <alice@example.org>: Recipient address rejected: unverified address: host 192.0.2.3[192.0.2.3] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
	},
	{
		Steps: "rcpt", Words: `recipient verify callout`, Codes: "4xx", Causes: causes{transport.CauseStoreDown},
		From: "Exim 4.96", Said: "451 Could not complete recipient verify callout",
		Not: "451 Could not complete sender verify callout",
	},
	{
		Steps: stepsOfServer, Codes: "4xx 5xx", Words: `(not|n't) (available|reachable|answering).{0,20}(storage|mail ?box|store)|(storage|store) .{0,30}(not (available|reachable)|unavailable|offline)|trouble in home directory|(remote|backend|back-end|mailbox|storage|delivery) (server|store|host|system) .{0,20}(not (answering|available)|unavailable|unreachable|down|unable)|remote server unavailable|remote connection lost|(could not|cannot|unable to|failed to)? ?connect(ion)? to (the )?(mail|store|backend|remote)\w*\b|\blmtp\b .{0,20}(not available|unavailable|down)|(back-?end|store|storage|proxy) .{0,20}(refused|not (available|reachable))|mail transport unavailable`, Causes: causes{transport.CauseStoreDown},
		From: "Dovecot 2.3 lmtp proxy", Said: "451 4.4.0 <alice@example.org> Remote server not answering (connect timeout)",
		Not: "450 4.2.0 <alice@example.org>: Recipient address rejected: Greylisted",
	},
	{
		Steps: "rcpt mail data message vrfy ehlo helo greeting", Codes: "4xx 5xx", Causes: causes{transport.CauseLookupFailed},
		Words: `lookup (failure|error)|(ldap|sql|database|\bdb|directory|table|nis|alias\w*)\W.{0,40}(error|fail|down|unavailable|not running|gone away|\blost|contact|unreachable|connection refused|time-?d? ?out)|(connect|connection|contact)\w* .{0,20}(database|ldap|sql)|failed to \w+ in map|\bmap\b .{0,40}(not running|error|failed)|error (in|getting) ldap|dns (lookup|query|temporary|resolver)? ?(failure|error|failed|timeout)|(temporary|transient) (dns|error checking|resolution)|cannot resolve <|MX lookup failure|(failure|failed|error|problem) (in |while )?looking up|dns temp|name ?server .{0,20}(fail|timeout)|alias expansion`,
		From:  "Postfix 3.7", Said: "451 4.3.0 <alice@example.org>: Temporary lookup failure",
		Not: "450 4.1.8 <bob@example.net>: Sender address rejected: Domain not found",
	},
	{
		Steps: "mail rcpt data message ehlo helo greeting", Enhanced: "4.3.5", Words: `server configuration problem`, Causes: causes{CausePolicyServiceDown},
		From: "Postfix 3.7", Said: "451 4.3.5 <alice@example.org>: Recipient address rejected: Server configuration problem",
		Not: "451 4.3.5 Server configuration error",
	},
	{
		Steps: "mail rcpt data message", Codes: "4xx", Words: `policy (service|server|daemon|check) .{0,30}(fail|down|unavailable|timeout|not|error)|error during policy check`, Causes: causes{CausePolicyServiceDown},
		From: "maddy 0.8", Said: "451 4.7.1 Internal error during policy check (msg ID = 5b1c2d3e)",
		Not: "550 5.7.1 Message rejected due to local policy (msg ID = 5b1c2d3e)",
	},
	{
		Steps: "message", Codes: "4xx", Words: `temporary local problem`, Causes: causes{CauseFilterDown, transport.CauseServerFault},
		Hint: "Exim says so when its scanner cannot be asked, or its configuration fails: its main log has the reason",
		From: "Exim 4.96", Said: "451 Temporary local problem - please try later",
		Not: "451 Error while writing spool file",
	},
	{
		Steps: "message data", Codes: "4xx 5xx", Causes: causes{CauseFilterDown},
		Words: `^local error|(virus|spam|content|malware|clam\w*|rspamd|spamd|spamassassin|amavis\w*|scanner|filter\w*|scan\w*)\b.{0,40}(failed|fail|error|unavailable|connection (refused|lost)|not (respond|available|reach)|down|problem|timeout)|(error|failure) in \w*(clam|amavis|spam|virus|scan)|(unable|failed|could not|cannot) .{0,20}(scan|check for (virus|spam))`,
		From:  "ClamSMTP 1.10", Said: "451 Local Error",
		Not: "550 Virus Detected; Content Rejected",
	},
	{
		Steps: "message data", Words: `queue file write error`, Causes: causes{transport.CauseDiskFull, CauseFilterDown},
		Hint: "the server's queue cannot be written, or the filter before the queue (smtpd_proxy_filter) is down: its log has which",
		From: "Postfix 3.7", Said: "451 4.3.0 Error: queue file write error",
		Not: "451 4.3.0 Temporary lookup error",
	},
	{
		Steps: "mail ehlo helo", Codes: "451 450 421 454", Words: `^(\S+ )?(\S+ )?service unavailable - try again later|^(\S+ )?please try again later\.?$`, Causes: causes{CauseMilterDown, CauseGreylisted},
		Hint: "the same for every sender: the server's milter does not answer; if another attempt in some minutes is accepted, it was greylisting",
		From: "Postfix 3.7", Said: "451 4.7.1 Service unavailable - try again later",
		Not: "450 4.3.2 Service currently unavailable",
	},
	{
		Steps: "rcpt data message", Codes: "451 450", Words: `^(\S+ )?service unavailable - try again later|^4\.3\.[02] please try again later\.?$`, Causes: causes{CauseGreylisted, CauseMilterDown},
		Hint: "ask again in some minutes: if it stays so, the server's milter does not answer",
		From: "Sendmail 8.17", Said: "451 4.3.2 Please try again later",
		Not: "450 4.3.2 Service currently unavailable",
	},
	{
		Codes: "4xx 5xx", Words: `maintenance|shutting down|shutdown|going down|SIGTERM|wartung|wird gewartet`, Causes: causes{transport.CauseMaintenance},
		Steps: "greeting ehlo helo mail rcpt data message quit", From: "Dovecot 2.3 submission", Said: "421 4.3.2 mx.example.org Shutting down",
		Not: "421 4.3.2 All server ports are busy",
	},
	{
		Codes: "4xx 5xx", Causes: causes{transport.CauseOverloaded}, Steps: "greeting ehlo helo mail rcpt data message starttls",
		Words: `too much load|high load|load (average|is)|overload|excessive load|(server|system|we are|ports?|host|mta|too) (is |are )?busy|busy,? (please )?try|(resources?|processes) .{0,24}(not available|unavailable|exhausted)|(insufficient|no) (system )?resources|maximum load|resource limit|unable to process connection|charge trop`,
		From:  "Exim 4.96", Said: "421 mx.example.org: Too much load; please try again later",
		Not: "421 Too many concurrent SMTP connections; please try again later.",
	},
	{
		Codes: "4xx 5xx", Causes: causes{transport.CauseServerFault}, Steps: "rcpt mail data message greeting ehlo helo",
		Words: `internal (server |system |database )?(error|failure|problem)|local (configuration|data|system) (error|problem)|local (problem|error)|configuration (error|problem)|system error|temporary (system|server|local|service|internal) (problem|error|failure)|unable to (queue|submit|fork|create)|(i/o|write|writing|read|spool).{0,10}error|out of memory|(malloc|fork|pipe|stat)\(?\)? ?fail|cannot (open|create|write|copy|fork|stat)|failed to queue|server error|no plugin decided|queue unavailable|died with|(save|store|saving) .{0,20}(failed|error)|access serial|error (while )?(writing|reading)|\bbug\b`,
		From:  "Dovecot 2.3 lmtp", Said: "451 4.3.0 <alice@example.org> Temporary internal error",
		Not: "451 4.7.1 <alice@example.org>: Recipient address rejected: Greylisted",
	},
}
