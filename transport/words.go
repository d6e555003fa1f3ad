package transport

// Words by which servers of POP3 and IMAP say the same thing, for the tables of both:
// regular expressions, which match in any letter case. Each stands for one meaning;
// which of two that match is meant is for the order of a table to say.
const (
	// WordsConnections are those of too many connections at once.
	WordsConnections = `(maximum|max\.?|number of|limit of|only \d+|exceed\w*)( (the|of|number|allowed|maximum))*( (pop3?|imap4?|open|active|user|client|simultaneous|concurrent))* (connections|sessions|log-?ins)\b` +
		`|(connections|sessions)\b.{0,30} (exceed\w*|over|above|reached) (the |its |your )?(limit|maximum)` +
		`|too many (((pop3?|imap4?|open|active|user|client|simultaneous|concurrent) )*)(connections|sessions|log-?ins|processes|users|clients)` +
		`|(user|client) limit exceeded|(connection|session)s?( count| number)?( has| have)?( been)?( is)? (limit|exceeded)|max(imum)? connection limit|(connection|session) limit`
	// WordsLocked are those of a mailbox that another session has open.
	WordsLocked = `(mailbox|mail ?drop|mail folder|inbox|account)( \S+)? (is |has been )?(already |currently |temporarily )?(locked by|in[ -]use|busy|being used|opened? by)` +
		`|(mailbox|mail ?drop|mail folder|inbox)( \S+)? (is |has been )?(already |currently |temporarily )?locked` +
		`|(unable to|can(no|')t|could ?n[o']t|failed to) (set )?(a )?(get |obtain |acquire )?(an? )?(exclusive )?lock|lock busy|another (pop3?|imap4?) session|another session (is )?active|already logged ?(in|on)|being read already|(mailbox|mail ?drop|inbox)( \S+)? (is |has been )?already (open|selected)|session (is )?already (active|open|running)|already (has|have) an? (active |open )?session|waiting for (the |a )?lock|lock time`
	// WordsCredentials are those of a name or a password that is not right.
	WordsCredentials = `(invalid|incorrect|wrong|bad|unknown) (e-?mail|user ?name|user ?id|user|log-?in|logon|sign-?in|(auth\w* )?credentials?|password|passwd|account)` +
		`|(log-?in|logon|auth\w*|password|user|sign-?in)( to account \S+)? (has )?(fail\w*|denied|rejected|unsuccessful|incorrect|invalid|error)` +
		`|(password|passwd|credentials?|user ?name|user)\b.{0,40} (is |are |was )?(invalid|incorrect|wrong|not accepted|not correct|not valid|rejected|not found|mismatch|does not match)` +
		`|no such user|\b(user|account) (is )?unknown|unable to log ?on|^-?unauthorized|not? authenticated successfully|authorization failure`
	// WordsAuthService are those of a server that cannot verify passwords.
	WordsAuthService = `temporary auth\w* (failure|error)|temporary log-?in (failure|error)|auth\w* (service|server|daemon|backend|database|process|system)\b.{0,40}(unavailable|down|fail|error|unreachable|broken|crash|not (running|available|respond))` +
		`|(ldap|radius|kerberos|saslauthd|authdaemond?)( (server|service|daemon))? (is |was )?(unavailable|down|unreachable|not (running|available|respond))` +
		`|(can(no|')t|unable to|could ?n[o']t|failed to|error) (connect(ing)? to|reach(ing)?|contact(ing)?) (the )?(auth|ldap|radius|user database|imsp)|authentication error: .*(timed? ?out|refused)`
	// WordsProtocol are those of a protocol that the account may not use.
	WordsProtocol = `access to this service has been blocked|not (been )?(enabled|allowed|activated|authori[sz]ed|permitted) (for|to use|to access) (your )?(imap|pop)` +
		`|(imap4?|pop3?)( (access|service|protocol|use|log-?in))* (is |are |has been |was )?(currently )?(disabled|not enabled|not allowed|not permitted|not activated|not available|deactivated|turned off|switched off)` +
		`|^(your )?(imap4?|pop3?) access (is )?denied|not (configured|set up|provisioned) for (imap|pop)|(not|n't) (have|include|support|allow|permit)( \w+)? (imap|pop)|yet to enable (imap|pop)|(enable|activate|turn on) (imap|pop)|disabled (imap|pop)3?\b|service is not open`
	// WordsAppPassword are those of a password made for an application.
	WordsAppPassword = `app(lication)?[- ]?(specific )?password|application-specific|app-specific|authori[sz](ed|ation) code|授权码`
	// WordsWebLogin are those of a provider that wants to see the user in a browser.
	WordsWebLogin = `(log|sign) ?-?in (via|with|through|to|using) (your|a|the) (web )?browser|(log|sign) ?-?in (by|via|through|on|over|at) (the |your |our )?web|web ?log-?in required|web browser|via the web`
	// WordsToken are those of a server that takes tokens only.
	WordsToken = `basicauth(blocked|disabled)|basic auth(entication)? (is |has been )?(disabled|blocked|not (supported|allowed))|(oauth ?(2(\.0)?)?|modern authentication|xoauth2) (is |authentication (is )?)?(required|needed|only)|use (oauth|modern authentication)`
	// WordsAccountLocked are those of an account that is locked for a time.
	WordsAccountLocked = `too many (\S+ )?(failures|failed|(bad|invalid|wrong|incorrect) (log|auth|pass|cred|sign)|unsuccessful|consecutive|log-?in attempts|logon attempts|auth\w* attempts)` +
		`|(account|user|user ?name|log-?in)\b.{0,30} (locked|restricted|(blocked|suspended|locked) (temporarily|for))|(log-?in|logon|auth\w*|password|sign-?in) (attempts|failures|tries|retries)( limit| have been| were)? (exceeded|reached)|(exceed\w*|maximum|max\.?)( (the|number|of|failed|allowed|invalid|maximum))* (log-?in|logon|auth\w*|password|sign-?in) (attempts|failures|tries|retries)|temporarily (locked|blocked|suspended|restricted)|locked ?out|brute ?force`
	// WordsAccountDisabled are those of an account that is disabled.
	WordsAccountDisabled = `(account|user|domain)\b.{0,40}\b(disabled|inactive|not active|deactivated|suspended|closed|expired|frozen|banned|blocked|terminated)|(disabled|inactive|suspended) (account|user)|account is abnormal`
	// WordsLoginDisabled are those of a log-in that is switched off.
	WordsLoginDisabled = `log-?ins? (is |are |has been )?(currently |temporarily )?(disabled|not allowed|not permitted|prohibited)|logindisabled`
	// WordsExpired are those of a password whose time is over.
	WordsExpired = `pass(word|phrase) (has |is )?(expired|must be changed|needs to be changed)|(change|renew) your password`
	// WordsTLS are those of a server that wants TLS first.
	WordsTLS = `(plain ?-?text|clear ?-?text)( \S+){0,2} (log-?ins? |authentication |password \w+ )?(disabled|disallowed|not allowed|forbidden|unavailable)|only (available )?under a layer|(ssl|tls|starttls|encryption)(/\w+)? (is )?(required|needed|not present)` +
		`|(must|please) (issue|use|negotiate) (a |an )?(starttls|stls|ssl|tls|encrypt)|until (ssl|tls|starttls)|insecure connection|requires? (a )?(secure|encrypted|ssl|tls)|(secure|encrypted) (connection|channel|session) (is |are )?(requi\w*|needed)`
	// WordsRate are those of too much in a short time.
	WordsRate = `throttl|rate.?limit|too (many (requests|commands)|frequent|often|fast)|(command|bandwidth|download|traffic)( or \w+)? (limit|quota)|frequency limit|try(ing)? to (connect|log ?in) too`
	// WordsDisk are those of a disk that is full.
	WordsDisk = `no space left|disk (is )?full|out of disk|insufficient (disk|storage)|not enough (free )?(disk )?space`
	// WordsQuota are those of an account that has used up its storage.
	WordsQuota = `quota (is )?(exceeded|reached|full)|(over|exceeded|exceeds|out of|not enough)( \w+)? (mail )?quota|mail ?box (is )?(too )?full`
	// WordsStore are those of a mail store that cannot be reached.
	WordsStore = `(could ?n[o']t|can(no|')t|unable to|failed to) (connect|reach|contact|find) (to |the )*(real |proxy |backend |back-end |mail |mailbox |destination |remote |pop3? |imap4? )*(server|host|store|database|back-?end|upstream)|(backend|back-end|upstream|mail store|storage|mailbox server|remote server)\b.{0,30} (unavailable|down|unreachable|not (available|respond))|(backend|back-end|upstream)( server)?( connection)? (failed|refused|timed? ?out)|(open|opening) (a )?connection to|(failed|error) connecting to (the )?(backend|back-end|remote|mail|pop3?|imap4?|upstream)|server\(s\) unavailable` +
		`|account is temporarily unavailable|connection to backend`
	// WordsLookup are those of a look-up that failed.
	WordsLookup = `(connect|connecting) to (the )?(database|mysql|postgres\w*|sql)|lookup (failed|failure|error)|could not determine|(ldap|sql|database|directory)\b.{0,20} (error|fail|unavailable|down)|user ?db`
	// WordsDamaged are those of a mailbox that is damaged.
	WordsDamaged = `corrupt|inconsistent|out.of.sync|bad (mailbox )?format|invalid format|not a (valid )?(mbox|mailbox)|maildir invalid|isn't a valid|(index|uidlist|uidl)\b.{0,20} (broken|damaged|error)`
	// WordsMissing are those of a mailbox that is not there.
	WordsMissing = `(mail ?box|mail ?drop|folder|maildir)( \S+)? (is |was )?(does ?n[o']t exist|not found|unknown|missing|has been \(?re\)?moved|nonexistent|not exist)|(no such|unknown|nonexistent|invalid) (mail ?box|mail ?drop|folder)|(mail ?box|folder) does not|chdir .* failed`
	// WordsMailboxDisabled are those of a mailbox that was taken out of service.
	WordsMailboxDisabled = `(mail ?box|mail ?drop)\b.{0,30}\b(disabled|inactive|not active|suspended|deactivated|reserved)|\+t bit`
	// WordsDenied are those of a user without the right to do this.
	WordsDenied = `permission denied|access denied|not authori[sz]ed|no permission|not permitted|disabled by the (system )?administrator|lack\b.*(privilege|right)|insufficient (rights|privileges|permission)`
	// WordsBlocked are those of a server that does not want this host.
	WordsBlocked = `(ip( address)?|host|client|address|connection)\b.{0,40}\b(blocked|banned|blacklist\w*|blocklist\w*|denied|not allowed|refused|rejected|not permitted)|(blocked|banned|blacklisted|denied) (your )?(ip|host|address)|access (from|to) .*(denied|blocked)`
	// WordsMaintenance are those of a server that is taken down.
	WordsMaintenance = `maintenance|shut(ting)? ?down|going down|restart|being (upgraded|migrated|moved)|upgrade`
	// WordsOverloaded are those of a server that has too much to do.
	WordsOverloaded = `overload|(server|system|service) (is )?(too |currently )?busy|(high|excessive) load|load (is )?too high|out of memory|resource temporarily|cannot fork`
	// WordsFault are those of a server with a fault of its own.
	WordsFault = `internal( \w+)? (error|failure)|server (error|failure|misconfigured)|fatal error|system (i/o |problem|error)|temporary (system )?(problem|failure|error)|system problem|i/o error|out of order|read error|unexpected(ly)?|try again later`
	// WordsLoginFault are those of a log-in that failed by the server's fault.
	WordsLoginFault = `misconfigured|failed unexpectedly|(log-?in|logon|auth\w*) (failed|failure|error)\b.{0,20}\b(server|service|system|internal|backend)\b.{0,25}(fail\w*|error|unavailable|down)`
	// WordsUnavailable are those of a server that says no more.
	WordsUnavailable = `(service|server|system|temporarily|currently)\b.{0,20}(unavailable|not available)|unavailable`
	// WordsCommand are those of a command that the server does not know.
	WordsCommand = `error in imap command|(unknown|unrecogni[sz]ed|invalid|unsupported|bad|illegal)( \w+)? command|command( \S+)? (is )?(not |un)(implemented|recogni[sz]ed|supported|known|valid)|not implemented|syntax error|command error|invalid state|not supported|unimplemented|argument|not authenticated|(bad|invalid)( \w+)? commands`
	// WordsNoMessage are those of a message that is not there.
	WordsNoMessage = `no such message|messages? no longer exist|(there's )?no message|(invalid|bad|unknown) message|message\b.{0,30}(does ?n[o']t exist|not exist|too large|expunged|not found|is deleted|been deleted)`
	// WordsIdle are those of a server that waited too long for this side.
	WordsIdle = `inactivity|idle (for )?too long|autologout|auto-?logout|timed? ?out|timeout`
	// WordsMechanism are those of a mechanism that the server does not have.
	WordsMechanism = `(unsupported|unknown|unrecogni[sz]ed|invalid)( auth\w*)?( sasl)? (mechanism|type|method)|(mechanism|auth\w* (type|method)) (is )?(not |un)(supported|available|known|recogni[sz]ed)|no mechanism available|not implemented` +
		`|mechanism too weak`
	// WordsNoSecret are those of a mechanism that needs a secret which the server does not
	// have of this user.
	WordsNoSecret = `no (secret|verifier)\b`
	// WordsTransition are those of a password that must be stored anew for a mechanism.
	WordsTransition = `one time use of a plaintext password|needs? to transition`
	// WordsDelay are those of log-ins that come too soon after another.
	WordsDelay = `minimum (log-?in )?(delay|interval)|log-?ins? must be|only (check|log ?in|log ?on)\b.{0,20} every|between (log-?ins|checks)`
	// WordsTooLong are those of a line that is longer than the server takes.
	WordsTooLong = `(line|command|argument|request|response)s? (is )?(too (long|large)|exceeds)|too long (a |input )?(line|command|argument)|input buffer full`
	// WordsNetEase are those of NetEase, which wants to be told the client's name.
	WordsNetEase = `unsafe log-?in`
)
