package transport

import "mailprobe/probe"

// Words that POP3 and IMAP servers share, for rows that differ in more than the example.
const (
	// WordsNoMessage are those for a message that does not exist.
	WordsNoMessage = `no such message|messages? no longer exist|(there's )?no message|(invalid|bad|unknown) message|message\b.{0,30}(does ?n[o']t exist|not exist|too large|expunged|not found|is deleted|been deleted)`
	// WordsMechanism are those for a mechanism that the server does not have.
	WordsMechanism = `(unsupported|unknown|unrecogni[sz]ed|invalid)( auth\w*)?( sasl)? (mechanism|type|method)|(mechanism|auth\w* (type|method)) (is )?(not |un)(supported|available|known|recogni[sz]ed)|no mechanism available|not implemented` +
		`|mechanism too weak`
	// WordsTooLong are those for a line that is too long for the server.
	WordsTooLong = `(line|command|argument|request|response)s? (is )?(too (long|large)|exceeds)|too long (a |input )?(line|command|argument)|input buffer full`
)

// Rows that the tables of POP3 and IMAP share, without their examples, which each table
// adds by Row.Seen. If two of them match, the order in the table decides.
var (
	RowBasicAuth = Row{Causes: []*probe.Cause{CauseTokenNeeded},
		Words: `basicauthblocked`}
	RowOrDisabled = Row{Steps: "auth", Causes: []*probe.Cause{CauseWrongCredentials, CauseProtocolDisabled, CauseAppPassword},
		Words: `(credentials|failure|password) or (pop3?|imap) (is )?disabled`}
	RowNetEaseCode = Row{Steps: "auth", Causes: []*probe.Cause{CauseAppPassword, CauseWrongCredentials},
		Hint:  "use the authorization code of the mailbox instead of its password",
		Words: `err\.login\.reqcode`}
	RowNetEasePassword = Row{Steps: "auth", Causes: []*probe.Cause{CauseWrongCredentials, CauseAppPassword},
		Hint:  "check the name, and use the authorization code of the mailbox instead of its password",
		Words: `err\.login\.(passerr|usernotexist)`}
	RowClientCertificate = Row{Causes: []*probe.Cause{CauseClientCertNeeded},
		Words: `no required ssl certificate|ssl certificate error`}
	RowProxyFault = Row{Steps: "auth", Causes: []*probe.Cause{CauseServerFault, CauseAuthServiceDown, CauseStoreDown},
		Hint:  "not a matter of the password: a proxy says this when its authentication service or the server behind it does not answer; see its log",
		Words: `^internal server error$`}
	RowConnections = Row{Causes: []*probe.Cause{CauseTooManyConnections},
		Words: `(maximum|max\.?|number of|limit of|only \d+|exceed\w*)( (the|of|number|allowed|maximum))*( (pop3?|imap4?|open|active|user|client|simultaneous|concurrent))* (connections|sessions|log-?ins)\b` +
			`|(connections|sessions)\b.{0,30} (exceed\w*|over|above|reached) (the |its |your )?(limit|maximum)` +
			`|too many (((pop3?|imap4?|open|active|user|client|simultaneous|concurrent) )*)(connections|sessions|log-?ins|processes|users|clients)` +
			`|(user|client) limit exceeded|(connection|session)s?( count| number)?( has| have)?( been)?( is)? (limit|exceeded)|max(imum)? connection limit|(connection|session) limit`}
	RowAppPassword = Row{Causes: []*probe.Cause{CauseAppPassword},
		Words: `app(lication)?[- ]?(specific )?password|application-specific|app-specific|authori[sz](ed|ation) code|授权码`}
	RowWebLogin = Row{Causes: []*probe.Cause{CauseWebLoginNeeded},
		Words: `(log|sign) ?-?in (via|with|through|to|using) (your|a|the) (web )?browser|(log|sign) ?-?in (by|via|through|on|over|at) (the |your |our )?web|web ?log-?in required|web browser|via the web`}
	RowToken = Row{Causes: []*probe.Cause{CauseTokenNeeded},
		Words: `basicauth(blocked|disabled)|basic auth(entication)? (is |has been )?(disabled|blocked|not (supported|allowed))|(oauth ?(2(\.0)?)?|modern authentication|xoauth2) (is |authentication (is )?)?(required|needed|only)|use (oauth|modern authentication)`}
	RowTLS = Row{Causes: []*probe.Cause{CauseTLSRequired},
		Words: `(plain ?-?text|clear ?-?text)( \S+){0,2} (log-?ins? |authentication |password \w+ )?(disabled|disallowed|not allowed|forbidden|unavailable)|only (available )?under a layer|(ssl|tls|starttls|encryption)(/\w+)? (is )?(required|needed|not present)` +
			`|(must|please) (issue|use|negotiate) (a |an )?(starttls|stls|ssl|tls|encrypt)|until (ssl|tls|starttls)|insecure connection|requires? (a )?(secure|encrypted|ssl|tls)|(secure|encrypted) (connection|channel|session) (is |are )?(requi\w*|needed)`}
	RowProtocol = Row{Causes: []*probe.Cause{CauseProtocolDisabled},
		Words: `access to this service has been blocked|not (been )?(enabled|allowed|activated|authori[sz]ed|permitted) (for|to use|to access) (your )?(imap|pop)` +
			`|(imap4?|pop3?)( (access|service|protocol|use|log-?in))* (is |are |has been |was )?(currently )?(disabled|not enabled|not allowed|not permitted|not activated|not available|deactivated|turned off|switched off)` +
			`|^(your )?(imap4?|pop3?) access (is )?denied|not (configured|set up|provisioned) for (imap|pop)|(not|n't) (have|include|support|allow|permit)( \w+)? (imap|pop)|yet to enable (imap|pop)|(enable|activate|turn on) (imap|pop)|disabled (imap|pop)3?\b|service is not open`}
	RowAccountLocked = Row{Causes: []*probe.Cause{CauseAccountLocked},
		Words: `too many (\S+ )?(failures|failed|(bad|invalid|wrong|incorrect) (log|auth|pass|cred|sign)|unsuccessful|consecutive|log-?in attempts|logon attempts|auth\w* attempts)` +
			`|(account|user|user ?name|log-?in)\b.{0,30} (locked|restricted|(blocked|suspended|locked) (temporarily|for))|(log-?in|logon|auth\w*|password|sign-?in) (attempts|failures|tries|retries)( limit| have been| were)? (exceeded|reached)|(exceed\w*|maximum|max\.?)( (the|number|of|failed|allowed|invalid|maximum))* (log-?in|logon|auth\w*|password|sign-?in) (attempts|failures|tries|retries)|temporarily (locked|blocked|suspended|restricted)|locked ?out|brute ?force`}
	RowExpired = Row{Causes: []*probe.Cause{CausePasswordExpired},
		Words: `pass(word|phrase) (has |is )?(expired|must be changed|needs to be changed)|(change|renew) your password`}
	RowLoginDisabled = Row{Causes: []*probe.Cause{CauseLoginDisabled},
		Words: `log-?ins? (is |are |has been )?(currently |temporarily )?(disabled|not allowed|not permitted|prohibited)|logindisabled`}
	RowMailboxDisabled = Row{Causes: []*probe.Cause{CauseMailboxDisabled},
		Words: `(mail ?box|mail ?drop)\b.{0,30}\b(disabled|inactive|not active|suspended|deactivated|reserved)|\+t bit`}
	RowAccountDisabled = Row{Causes: []*probe.Cause{CauseAccountDisabled},
		Words: `(account|user|domain)\b.{0,40}\b(disabled|inactive|not active|deactivated|suspended|closed|expired|frozen|banned|blocked|terminated)|(disabled|inactive|suspended) (account|user)|account is abnormal`}
	RowTransition = Row{Steps: "auth", Causes: []*probe.Cause{CausePasswordTransition},
		Words: `one time use of a plaintext password|needs? to transition`}
	RowNoSecret = Row{Steps: "auth", Causes: []*probe.Cause{CauseLoginNotOffered},
		Hint:  "the server has no secret of this user for this mechanism: name another with --auth",
		Words: `no (secret|verifier)\b`}
	RowRate = Row{Causes: []*probe.Cause{CauseRateLimited},
		Words: `throttl|rate.?limit|too (many (requests|commands)|frequent|often|fast)|(command|bandwidth|download|traffic)( or \w+)? (limit|quota)|frequency limit|try(ing)? to (connect|log ?in) too`}
	RowDisk = Row{Causes: []*probe.Cause{CauseDiskFull},
		Words: `no space left|disk (is )?full|out of disk|insufficient (disk|storage)|not enough (free )?(disk )?space`}
	RowQuota = Row{Causes: []*probe.Cause{CauseQuotaExceeded},
		Words: `quota (is )?(exceeded|reached|full)|(over|exceeded|exceeds|out of|not enough)( \w+)? (mail )?quota|mail ?box (is )?(too )?full`}
	RowMissing = Row{Causes: []*probe.Cause{CauseMailboxMissing},
		Words: `(mail ?box|mail ?drop|folder|maildir)( \S+)? (is |was )?(does ?n[o']t exist|not found|unknown|missing|has been \(?re\)?moved|nonexistent|not exist)|(no such|unknown|nonexistent|invalid) (mail ?box|mail ?drop|folder)|(mail ?box|folder) does not|chdir .* failed`}
	RowDamaged = Row{Causes: []*probe.Cause{CauseMailboxDamaged},
		Words: `corrupt|inconsistent|out.of.sync|bad (mailbox )?format|invalid format|not a (valid )?(mbox|mailbox)|maildir invalid|isn't a valid|(index|uidlist|uidl)\b.{0,20} (broken|damaged|error)`}
	RowLocked = Row{Causes: []*probe.Cause{CauseMailboxLocked},
		Words: `(mailbox|mail ?drop|mail folder|inbox|account)( \S+)? (is |has been )?(already |currently |temporarily )?(locked by|in[ -]use|busy|being used|opened? by)` +
			`|(mailbox|mail ?drop|mail folder|inbox)( \S+)? (is |has been )?(already |currently |temporarily )?locked` +
			`|(unable to|can(no|')t|could ?n[o']t|failed to) (set )?(a )?(get |obtain |acquire )?(an? )?(exclusive )?lock|lock busy|another (pop3?|imap4?) session|another session (is )?active|already logged ?(in|on)|being read already|(mailbox|mail ?drop|inbox)( \S+)? (is |has been )?already (open|selected)|session (is )?already (active|open|running)|already (has|have) an? (active |open )?session|waiting for (the |a )?lock|lock time`}
	RowSASLFault = Row{Steps: "auth", Causes: []*probe.Cause{CauseAuthServiceDown, CauseServerFault},
		Hint:  "not a matter of the password: see whether saslauthd runs, or whether the server can read its sasldb",
		Words: `generic failure`}
	RowAuthService = Row{Causes: []*probe.Cause{CauseAuthServiceDown},
		Words: `temporary auth\w* (failure|error)|temporary log-?in (failure|error)|auth\w* (service|server|daemon|backend|database|process|system)\b.{0,40}(unavailable|down|fail|error|unreachable|broken|crash|not (running|available|respond))` +
			`|(ldap|radius|kerberos|saslauthd|authdaemond?)( (server|service|daemon))? (is |was )?(unavailable|down|unreachable|not (running|available|respond))` +
			`|(can(no|')t|unable to|could ?n[o']t|failed to|error) (connect(ing)? to|reach(ing)?|contact(ing)?) (the )?(auth|ldap|radius|user database|imsp)|authentication error: .*(timed? ?out|refused)`}
	RowMaintenance = Row{Causes: []*probe.Cause{CauseMaintenance},
		Words: `maintenance|shut(ting)? ?down|going down|restart|being (upgraded|migrated|moved)|upgrade`}
	RowStore = Row{Causes: []*probe.Cause{CauseStoreDown},
		Words: `(could ?n[o']t|can(no|')t|unable to|failed to) (connect|reach|contact|find) (to |the )*(real |proxy |backend |back-end |mail |mailbox |destination |remote |pop3? |imap4? )*(server|host|store|database|back-?end|upstream)|(backend|back-end|upstream|mail store|storage|mailbox server|remote server)\b.{0,30} (unavailable|down|unreachable|not (available|respond))|(backend|back-end|upstream)( server)?( connection)? (failed|refused|timed? ?out)|(open|opening) (a )?connection to|(failed|error) connecting to (the )?(backend|back-end|remote|mail|pop3?|imap4?|upstream)|server\(s\) unavailable` +
			`|account is temporarily unavailable|connection to backend`}
	RowLookup = Row{Causes: []*probe.Cause{CauseLookupFailed},
		Words: `(connect|connecting) to (the )?(database|mysql|postgres\w*|sql)|lookup (failed|failure|error)|could not determine|(ldap|sql|database|directory)\b.{0,20} (error|fail|unavailable|down)|user ?db|timed? ?out .{0,20}\b(ldap|\w*sql|database|directory)\b`}
	RowOverloaded = Row{Causes: []*probe.Cause{CauseOverloaded},
		Words: `overload|(server|system|service) (is )?(too |currently )?busy|(high|excessive) load|load (is )?too high|out of memory|resource temporarily|cannot fork`}
	RowIdle = Row{Causes: []*probe.Cause{CauseTimeout},
		Hint:  "the server gave up waiting, for this side or for something of its own: see the times in the transcript with -v",
		Words: `inactivity|idle (for )?too long|autologout|auto-?logout|timed? ?out|timeout`}
	RowLoginFault = Row{Steps: "auth", Causes: []*probe.Cause{CauseServerFault, CauseAuthServiceDown},
		Words: `misconfigured|failed unexpectedly|(log-?in|logon|auth\w*) (failed|failure|error)\b.{0,20}\b(server|service|system|internal|backend)\b.{0,25}(fail\w*|error|unavailable|down)`}
	RowCredentials = Row{Steps: "auth", Causes: []*probe.Cause{CauseWrongCredentials},
		Words: `(invalid|incorrect|wrong|bad|unknown) (e-?mail|user ?name|user ?id|user|log-?in|logon|sign-?in|(auth\w* )?credentials?|password|passwd|account)` +
			`|(log-?in|logon|auth\w*|password|user|sign-?in)( to account \S+)? (has )?(fail\w*|denied|rejected|unsuccessful|incorrect|invalid|error)` +
			`|(password|passwd|credentials?|user ?name|user)\b.{0,40} (is |are |was )?(invalid|incorrect|wrong|not accepted|not correct|not valid|rejected|not found|mismatch|does not match)` +
			`|no such user|\b(user|account) (is )?unknown|unable to log ?on|^-?unauthorized|not? authenticated successfully|authorization failure` +
			`|re-authentication failure`}
	RowBlocked = Row{Steps: "greeting", Causes: []*probe.Cause{CauseBlocklisted},
		Hint: "see the server's access lists and its fail2ban, and exempt this host there",
		Words: `(ip( address)?|host|client|address|connection)\b.{0,40}\b(blocked|banned|blacklist\w*|blocklist\w*|denied|not allowed|refused|rejected|not permitted)|(blocked|banned|blacklisted|denied) (your )?(ip|host|address)|access (from|to) .*(denied|blocked)` +
			`|access denied|not (authorized|permitted|allowed)`}
	RowFault = Row{Causes: []*probe.Cause{CauseServerFault},
		Words: `internal( \w+)? (error|failure)|server (error|failure|misconfigured)|fatal error|system (i/o |problem|error)|temporary (system )?(problem|failure|error)|system problem|i/o error|out of order|read error|unexpected(ly)?|try again later`}
	RowUnavailable = Row{Causes: []*probe.Cause{CauseServiceUnavailable},
		Words: `(service|server|system|temporarily|currently)\b.{0,20}(unavailable|not available)|unavailable`}
	RowCommand = Row{Causes: []*probe.Cause{CauseCommandUnknown},
		Words: `error in imap command|(unknown|unrecogni[sz]ed|invalid|unsupported|bad|illegal)( \w+)? command|command( \S+)? (is )?(not |un)(implemented|recogni[sz]ed|supported|known|valid)|not implemented|syntax error|command error|invalid state|not supported|unimplemented|argument|not authenticated|(bad|invalid)( \w+)? commands`}
)
