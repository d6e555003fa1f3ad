package transport

import "mailprobe/probe"

// The causes of the network and of what answers in the server's place.
var (
	CauseRefused = &probe.Cause{
		Name: "refused", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The host answered that nothing listens on the port, or a firewall rejected the connection.",
		Hint:    "see whether the server runs and listens on this port, and whether a firewall rejects it",
		Source:  "RFC 9293 §3.10.7.1",
	}
	CauseTimeout = &probe.Cause{
		Name: "timeout", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "Nothing answered in the time there was.",
		Hint:    "see whether the host is up and a firewall on the way drops the packets; --timeout gives it longer",
		Source:  "RFC 5321 §4.5.3.2",
	}
	CauseConnectFailed = &probe.Cause{
		Name: "connect-failed", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The operating system could not connect, for a reason that is none of the usual ones.",
		Hint:    "see the error of the operating system",
		Source:  "connect(2)",
	}
	CauseAddressDown = &probe.Cause{
		Name: "address-down", Blame: probe.BlameServer, Status: probe.Warning, Transient: true,
		Meaning: "One of the server's addresses does not answer while another does; clients try it, too.",
		Hint:    "make the server listen on all of its addresses, or take them out of DNS",
		Source:  "RFC 5321 §5.1",
	}
	CauseReset = &probe.Cause{
		Name: "connection-reset", Blame: probe.BlameNetwork, Status: probe.Critical, Transient: true,
		Meaning: "The connection was reset in the middle of the session.",
		Hint:    "the server's program crashed, or something on the way ends its sessions: see the server's log, and whether a firewall or a limit on connections is behind it",
		Source:  "RFC 9293 §3.10.7.4",
	}
	CauseClosed = &probe.Cause{
		Name: "connection-closed", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server hung up without a word.",
		Hint:    "see the server's log, and whether it limits connections from this host",
		Source:  "RFC 5321 §3.8",
	}
	CauseWrongProtocol = &probe.Cause{
		Name: "wrong-protocol", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "What answers speaks another protocol.",
		Hint:    "check host and port",
		Source:  "RFC 5321 §4.2, RFC 1939 §3, RFC 3501 §7.1",
	}
	CauseProtocolError = &probe.Cause{
		Name: "protocol-error", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server's answer is not what the protocol demands.",
		Hint:    "the server is faulty, or something on the way answers in its place: see the transcript with -v",
		Source:  "RFC 5321 §4.2, RFC 1939 §3, RFC 3501 §7",
	}
	CauseOutOfStep = &probe.Cause{
		Name: "out-of-step", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server sent what nobody had asked for, so that its answers belong to other commands.",
		Hint:    "the server, or something between, answers twice or out of turn: see the transcript with -v",
		Source:  "RFC 5321 §4.1.4, RFC 1939 §3",
	}
	CauseTooMuch = &probe.Cause{
		Name: "too-much-sent", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server sent more than any limit allows.",
		Hint:    "the server is faulty, or something on the way answers in its place: see the transcript with -v",
		Source:  "RFC 5321 §4.5.3.1",
	}
	CauseMiddlebox = &probe.Cause{
		Name: "middlebox", Blame: probe.BlameNetwork, Status: probe.Unknown,
		Meaning: "Something on the way rewrites the session, so that what the server offers cannot be seen.",
		Hint:    "switch the inspection of this protocol off in the firewall on the way (Cisco: no fixup protocol smtp, no inspect esmtp), or test from another network",
		Source:  "Cisco PIX and ASA: inspect esmtp",
	}
	CauseInjected = &probe.Cause{
		Name: "injection", Blame: probe.BlameNetwork, Status: probe.Critical,
		Meaning: "Plain text came where the TLS handshake had to begin; none of it was used.",
		Hint:    "someone on the way, or the server itself, sends plain text into the start of TLS: see the server's version (CVE-2011-0411)",
		Source:  "RFC 3207 §6, CVE-2011-0411",
	}
	CauseWantsProxy = &probe.Cause{
		Name: "wants-proxy-header", Blame: probe.BlameServer, Status: probe.Unknown,
		Meaning: "The server waits for a PROXY header that a load balancer sends, and there was none.",
		Hint:    "send one with --proxy-protocol, or test through the load balancer",
		Source:  "HAProxy: PROXY protocol §2",
	}
	CauseProxyUnexpected = &probe.Cause{
		Name: "proxy-header-not-expected", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server took the PROXY header for a command: it does not expect one.",
		Hint:    "leave out --proxy-protocol, or enable it on the server for this host",
		Source:  "HAProxy: PROXY protocol §2",
	}
)

// The causes of TLS.
var (
	CauseNothingInCommon = &probe.Cause{
		Name: "tls-nothing-in-common", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "The server offers nothing in TLS that Go's TLS has, too; other clients may get through.",
		Hint:    "enable TLS 1.3, or an ECDHE suite with AES-GCM and a key of RSA or ECDSA, on the server",
		Source:  "RFC 8446 §4.1.1; Go crypto/tls",
	}
	CauseHelloNotSurvived = &probe.Cause{
		Name: "tls-hello-not-survived", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "A ClientHello with a post-quantum key share is not survived, a smaller one is: something cannot take one of more than one packet.",
		Hint:    "update the server's TLS library or the firewall on the way; clients with post-quantum key exchange fail here",
		Source:  "RFC 8446 §4.1.2; draft-ietf-tls-hybrid-design",
	}
	CauseClientCertNeeded = &probe.Cause{
		Name: "client-cert-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server demands a certificate of the client.",
		Hint:    "give one with --client-cert and --client-key",
		Source:  "RFC 8446 §4.3.2, §6.2",
	}
	CauseSNINeeded = &probe.Cause{
		Name: "sni-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not know the name that it was asked for.",
		Hint:    "give the name it has a certificate for with --server-name",
		Source:  "RFC 6066 §3",
	}
	CauseTLSBroken = &probe.Cause{
		Name: "tls-broken", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server does not get through the TLS handshake.",
		Hint:    "look into the server's log for the other half of this error",
		Source:  "RFC 8446 §6.2",
	}
	CauseTLSUnclear = &probe.Cause{
		Name: "tls-handshake-failed", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The TLS handshake failed, and what the two sides said does not tell whose fault it is.",
		Hint:    "look into the server's log for the other half of this error",
		Source:  "RFC 8446 §6.2",
	}
	CauseNoTLSHere = &probe.Cause{
		Name: "tls-not-on-this-port", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not begin with TLS on this port.",
		Hint:    "try --tls=auto, or port 465, 993 or 995",
		Source:  "RFC 8314 §3",
	}
	CauseNotOffered = &probe.Cause{
		Name: "tls-not-offered", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server does not offer STARTTLS.",
		Hint:    "enable TLS on the server, or use --tls=off to accept this",
		Source:  "RFC 3207 §4, RFC 2595 §2.2",
	}
	CauseTLSRefused = &probe.Cause{
		Name: "tls-refused", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server offers STARTTLS and then refuses it.",
		Hint:    "see the server's log: its certificate or key cannot be read, or TLS is not available for now; or use --tls=off to accept this",
		Source:  "RFC 3207 §4",
	}
	CauseOldVersion = &probe.Cause{
		Name: "tls-old-version", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server agreed on a version of TLS only that is too old.",
		Hint:    "enable a newer version of TLS on the server, or lower --tls-min",
		Source:  "RFC 8996",
	}
	CauseWeakCipher = &probe.Cause{
		Name: "tls-weak-cipher", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server agreed on a weak cipher only.",
		Hint:    "enable ECDHE with AES-GCM or ChaCha20 on the server",
		Source:  "RFC 9325 §4.2",
	}
	CauseWeakTLSSignature = &probe.Cause{
		Name: "tls-weak-signature", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The server signs the TLS handshake with SHA-1.",
		Hint:    "update the server's TLS library, or enable signatures with SHA-256 in it",
		Source:  "RFC 9155",
	}
)

// The causes of certificates.
var (
	CauseCertExpired = &probe.Cause{
		Name: "cert-expired", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate's time is over.",
		Hint:    "renew it and reload the server",
		Source:  "RFC 5280 §4.1.2.5",
	}
	CauseCertExpiresSoon = &probe.Cause{
		Name: "cert-expires-soon", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The certificate expires within days.",
		Hint:    "renew it and reload the server",
		Source:  "RFC 5280 §4.1.2.5",
	}
	CauseCertNotYet = &probe.Cause{
		Name: "cert-not-yet-valid", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate is not valid yet.",
		Hint:    "check the clocks of both machines",
		Source:  "RFC 5280 §4.1.2.5",
	}
	CauseClockBehind = &probe.Cause{
		Name: "clock-behind", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "By the clock of this machine a certificate of a public authority is not valid yet; as they issue none in advance, the clock is behind.",
		Hint:    "set the clock of this machine, and have it kept by NTP (timedatectl)",
		Source:  "CA/Browser Forum Baseline Requirements §7.1.2.7",
	}
	CauseCertWrongName = &probe.Cause{
		Name: "cert-wrong-name", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate is for other names than the one that was asked for.",
		Hint:    "use a name the certificate is for, give it with --server-name, or get a certificate for this name",
		Source:  "RFC 6125 §6.4",
	}
	CauseCertNoSAN = &probe.Cause{
		Name: "cert-without-san", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate has its name in the CN alone, which no longer counts.",
		Hint:    "get a certificate with the name as subjectAltName",
		Source:  "RFC 6125 §6.4.4, RFC 9525 §2",
	}
	CauseCertUntrusted = &probe.Cause{
		Name: "cert-untrusted", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "No trusted authority stands behind the certificate.",
		Hint:    "configure the full chain on the server, or trust the authority with --ca-file",
		Source:  "RFC 5280 §6.1",
	}
	CauseCertChain = &probe.Cause{
		Name: "cert-bad-chain", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The chain of certificates does not hold.",
		Hint:    "check the chain that the server sends",
		Source:  "RFC 5280 §6.1",
	}
	CauseCertUsage = &probe.Cause{
		Name: "cert-wrong-usage", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate is not for servers.",
		Hint:    "get a certificate with server authentication",
		Source:  "RFC 5280 §4.2.1.12",
	}
	CauseCertWeak = &probe.Cause{
		Name: "cert-weak", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "A key or a signature on the verified path is weak.",
		Hint:    "make a new key, ECDSA P-256 or RSA with 2048 bits, and get a certificate signed with SHA-256",
		Source:  "NIST SP 800-57, RFC 9155",
	}
	CauseCertMalformed = &probe.Cause{
		Name: "cert-malformed", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The certificate is not made as the standard demands; some clients refuse it.",
		Hint:    "get a new certificate from an authority that makes correct ones",
		Source:  "RFC 5280 §4.1",
	}
	CauseNoAuthorities = &probe.Cause{
		Name: "no-ca-certificates", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This machine has no certificates of authorities, so that no certificate can be verified.",
		Hint:    "install the package ca-certificates, or name the authority with --ca-file",
		Source:  "Go crypto/x509",
	}
	CauseCertUnverifiable = &probe.Cause{
		Name: "cert-unverifiable", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "Go cannot verify this signature; other clients may.",
		Hint:    "see the certificate with openssl s_client, and get one signed with ECDSA or RSA and SHA-256",
		Source:  "Go crypto/x509",
	}
)

// The causes of the log-in.
var (
	CauseWrongCredentials = &probe.Cause{
		Name: "wrong-credentials", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "User name, password or token is wrong, or the account may not log in here.",
		Hint:    "check name, password or token; the server's log says which of them it was",
		Source:  "RFC 4954 §6, RFC 3206 §5, RFC 5530 §3",
	}
	CauseAppPassword = &probe.Cause{
		Name: "app-password-needed", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The account has two-factor sign-in and takes only a password made for an application.",
		Hint:    "make an application password in the account's settings and use that",
		Source:  "Google, Yahoo and Apple accounts",
	}
	CauseTokenNeeded = &probe.Cause{
		Name: "token-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server takes OAuth 2.0 tokens only, and a password was given.",
		Hint:    "give a token with --token-file, --token-env or --token-command",
		Source:  "RFC 7628, Microsoft: basic authentication switched off",
	}
	CauseTokenWrongMailbox = &probe.Cause{
		Name: "token-wrong-mailbox", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The token was accepted, but it is for another mailbox, lacks the scope, or the protocol is off for this mailbox.",
		Hint:    "get a token for this mailbox with the scope of this protocol, and see that the protocol is enabled for it",
		Source:  "Office 365",
	}
	CauseMechanismBroken = &probe.Cause{
		Name: "mechanism-broken", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "A mechanism is offered and refuses a password that another mechanism takes.",
		Hint:    "take the mechanism out of those the server offers, or store passwords in a form that it can use",
		Source:  "RFC 4954 §4; Dovecot: hashed passwords and CRAM-MD5",
	}
	CauseSCRAMCostly = &probe.Cause{
		Name: "scram-too-costly", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "The server asks for more iterations of SCRAM than mailprobe does; other clients may do them.",
		Hint:    "name another mechanism with --auth, or lower the iteration count of the passwords on the server",
		Source:  "RFC 5802 §5.1, RFC 7677 §4",
	}
	CauseAuthServiceDown = &probe.Cause{
		Name: "auth-service-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server cannot verify passwords for now: its authentication service does not answer.",
		Hint:    "not a matter of the password: see whether the server's authentication daemon and its user database run",
		Source:  "RFC 4954 §6, RFC 3206 §4",
	}
	CauseLoginNotOffered = &probe.Cause{
		Name: "login-not-offered", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server offers no log-in here, or none that fits the secret that was given.",
		Hint:    "use the port for users (587, 465), TLS, or another mechanism with --auth",
		Source:  "RFC 4954 §4",
	}
	CauseLoginRequired = &probe.Cause{
		Name: "login-required", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server wants a log-in first.",
		Hint:    "log in with -u",
		Source:  "RFC 4954 §6: 530 5.7.0",
	}
	CauseTLSRequired = &probe.Cause{
		Name: "tls-required", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server wants TLS first.",
		Hint:    "use --tls=require",
		Source:  "RFC 3207 §4: 530 5.7.0; RFC 5530 §3",
	}
	CauseNotConfidential = &probe.Cause{
		Name: "not-confidential", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "Credentials were withheld, since the way to the server is not safe.",
		Hint:    "make the server offer TLS, or permit it with --auth-without-tls",
		Source:  "RFC 8314 §3",
	}
	CauseProtocolDisabled = &probe.Cause{
		Name: "protocol-disabled", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The account may not use this protocol.",
		Hint:    "enable the protocol for the account",
		Source:  "Office 365, Yahoo, GMX, Zoho",
	}
	CauseLoginDisabled = &probe.Cause{
		Name: "login-disabled", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "Log-in is switched off for this account or everywhere on this server.",
		Hint:    "enable the log-in for the account, or see the announcement in the server's words",
		Source:  "RFC 3501 §6.2.3",
	}
	CauseAccountLocked = &probe.Cause{
		Name: "account-locked", Blame: probe.BlameAccount, Status: probe.Warning,
		Meaning: "Too many failures, or the server's suspicion, have locked the account for a time.",
		Hint:    "wait, do not try again and again, and see who tries with a wrong password",
		Source:  "RFC 5530 §3; Courier, Zimbra, GMX",
	}
	CauseAccountDisabled = &probe.Cause{
		Name: "account-disabled", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The account is disabled.",
		Hint:    "enable the account",
		Source:  "RFC 4954 §6",
	}
	CauseWebLoginNeeded = &probe.Cause{
		Name: "web-login-needed", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The provider wants the user to sign in by a web browser first.",
		Hint:    "sign in by a web browser and confirm what it asks",
		Source:  "Gmail: WEBALERT",
	}
	CausePasswordExpired = &probe.Cause{
		Name: "password-expired", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The password or the account has expired.",
		Hint:    "renew the password on the server: programs cannot log in until then",
		Source:  "RFC 5530 §3: EXPIRED",
	}
	CausePasswordTransition = &probe.Cause{
		Name: "password-transition-needed", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The password must be stored anew on the server before this mechanism can be used.",
		Hint:    "log in once by PLAIN over TLS, or set the password again",
		Source:  "RFC 4954 §6: 432 4.7.12",
	}
	CauseNotAuthorized = &probe.Cause{
		Name: "not-authorized", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The password was right, but this user may not do this.",
		Hint:    "check the user name, and the server's rules on who may act for whom",
		Source:  "RFC 5530 §3: AUTHORIZATIONFAILED, NOPERM",
	}
)

// The causes of mailboxes.
var (
	CauseMailboxLocked = &probe.Cause{
		Name: "mailbox-locked", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "The log-in was right, and another session has the mailbox locked.",
		Hint:    "wait until the other session ends; a lock that stays is left over from one that broke off: see who holds it on the server",
		Source:  "RFC 1939 §4, RFC 2449 §8.1.2: IN-USE; RFC 5530 §3: INUSE",
	}
	CauseMailboxMissing = &probe.Cause{
		Name: "mailbox-missing", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "There is no such mailbox on the server.",
		Hint:    "check the name of the mailbox, letter case and hierarchy separator included, and whether it was ever created for this user",
		Source:  "RFC 5530 §3: NONEXISTENT; RFC 3501 §7.1: TRYCREATE",
	}
	CauseMailboxDamaged = &probe.Cause{
		Name: "mailbox-damaged", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "What the server has stored of the mailbox is damaged, or does not agree with itself.",
		Hint:    "the server's administrator must repair the mailbox or rebuild its index: see its log",
		Source:  "RFC 5530 §3: CORRUPTION",
	}
	CauseMailboxDisabled = &probe.Cause{
		Name: "mailbox-disabled", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The mailbox was taken out of service on purpose.",
		Hint:    "ask the server's administrator why, and enable the mailbox",
		Source:  "RFC 3463 §3.3: X.2.1; Courier: sticky bit on the home directory",
	}
	CauseQuotaExceeded = &probe.Cause{
		Name: "quota-exceeded", Blame: probe.BlameAccount, Status: probe.Critical,
		Meaning: "The account has used up the storage that it may use.",
		Hint:    "make room in the mailbox, or raise its quota",
		Source:  "RFC 5530 §3: OVERQUOTA",
	}
	CauseLoginDelay = &probe.Cause{
		Name: "login-delay", Blame: probe.BlameAccount, Status: probe.Warning, Transient: true,
		Meaning: "The server wants more time between two log-ins to this account.",
		Hint:    "check this account less often than its LOGIN-DELAY, or raise the limit for it",
		Source:  "RFC 2449 §8.1.1",
	}
	CauseNoSuchMessage = &probe.Cause{
		Name: "message-missing", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The mailbox has no message of the number that was asked for.",
		Hint:    "give a number that there is, or latest; another session may have removed it a moment ago",
		Source:  "RFC 1939 §5, RFC 3501 §6.4.8",
	}
	CauseUndated = &probe.Cause{
		Name: "message-undated", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The newest message has no date that can be believed, so its age is not known.",
		Hint:    "see the dates of the message with -v",
		Source:  "RFC 5322 §3.6.1, RFC 5321 §4.4, RFC 3501 §2.3.3",
	}
	CauseClockWrong = &probe.Cause{
		Name: "clock-wrong", Blame: probe.BlameServer, Status: probe.Unknown,
		Meaning: "The clock of the server, or of this machine, is wrong.",
		Hint:    "set the clocks of both machines right",
		Source:  "RFC 3501 §2.3.3; Courier: clock skew",
	}
	CauseCommandUnknown = &probe.Cause{
		Name: "command-unknown", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The server does not know the command, or not at this point of the session.",
		Hint:    "see what the server says it can do, and the transcript with -v",
		Source:  "RFC 1939 §3, RFC 3501 §7.1.3",
	}
	CauseLineTooLong = &probe.Cause{
		Name: "line-too-long", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server takes no line as long as the one that was sent, which mostly is a token.",
		Hint:    "get a token with fewer scopes and groups in it, or use IMAP, which takes longer lines",
		Source:  "RFC 2449 §4; Exchange and Office 365",
	}
)

// The causes of the server.
var (
	CauseServerFault = &probe.Cause{
		Name: "server-fault", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server has a fault of its own.",
		Hint:    "not a matter of what was asked: the server's administrator must see its log",
		Source:  "RFC 3463 §3.4: X.3.0, X.3.5; RFC 3206 §4",
	}
	CauseOverloaded = &probe.Cause{
		Name: "overloaded", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server has more to do than it can.",
		Hint:    "see the load of the server; it may pass",
		Source:  "RFC 3463 §3.5: X.4.5",
	}
	CauseMaintenance = &probe.Cause{
		Name: "maintenance", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server says that it is being worked on.",
		Hint:    "wait for the end of the maintenance, or ask its administrator",
		Source:  "RFC 3463 §3.4: X.3.2; RFC 5321 §3.8",
	}
	CauseServiceUnavailable = &probe.Cause{
		Name: "service-unavailable", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server says that it is not available, and not why.",
		Hint:    "see the server's log for the reason",
		Source:  "RFC 5321 §4.2.3: 421",
	}
	CauseDiskFull = &probe.Cause{
		Name: "disk-full", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server's disk or queue is full.",
		Hint:    "make room on the server",
		Source:  "RFC 3463 §3.4: X.3.1; RFC 5321 §4.2.3: 452",
	}
	CauseStoreDown = &probe.Cause{
		Name: "store-down", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "The server cannot reach the place where mail is kept.",
		Hint:    "see whether the mail store behind this server runs",
		Source:  "RFC 3463 §3.3: X.2.0",
	}
	CauseLookupFailed = &probe.Cause{
		Name: "lookup-failed", Blame: probe.BlameServer, Status: probe.Critical, Transient: true,
		Meaning: "A look-up of the server's own failed: a table, a database, a directory or its DNS.",
		Hint:    "see whether the database, directory or resolver that the server asks is up: its log names the table",
		Source:  "Postfix: 451 4.3.0 Temporary lookup failure",
	}
	CauseTooManyConnections = &probe.Cause{
		Name: "too-many-connections", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "Too many connections at once, from this host or for this account.",
		Hint:    "check less often or with fewer at once, or raise the limit on the server",
		Source:  "RFC 3463 §3.8: X.7.0; RFC 5530 §3: LIMIT",
	}
	CauseRateLimited = &probe.Cause{
		Name: "rate-limited", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "Too much in a short time, from this host or for this account.",
		Hint:    "check less often, or raise the limit on the server",
		Source:  "RFC 3463 §3.8",
	}
	CauseBlocklisted = &probe.Cause{
		Name: "blocklisted", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This host's address is on a blocklist or the server blocks it.",
		Hint:    "see why the list has this address and ask for its removal, or exempt this host on the server",
		Source:  "RFC 5782",
	}
	CauseRefusedUnclear = &probe.Cause{
		Name: "refused-unclear", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The server refused, and its words do not say why.",
		Hint:    "see the server's words and its log",
		Source:  "RFC 5321 §4.2.1",
	}
)

// Causes are those that SMTP, POP3 and IMAP have in common.
func Causes() []*probe.Cause {
	return []*probe.Cause{
		CauseRefused, CauseTimeout, CauseConnectFailed,
		CauseAddressDown, CauseReset,
		CauseClosed, CauseWrongProtocol, CauseProtocolError, CauseOutOfStep, CauseTooMuch, CauseMiddlebox,
		CauseInjected, CauseWantsProxy, CauseProxyUnexpected, CauseNothingInCommon, CauseHelloNotSurvived,
		CauseClientCertNeeded, CauseSNINeeded, CauseTLSBroken, CauseTLSUnclear, CauseNoTLSHere, CauseNotOffered,
		CauseTLSRefused, CauseOldVersion, CauseWeakCipher, CauseWeakTLSSignature, CauseCertExpired, CauseCertExpiresSoon, CauseCertNotYet, CauseClockBehind,
		CauseCertWrongName, CauseCertNoSAN, CauseCertUntrusted, CauseCertChain, CauseCertUsage, CauseCertWeak,
		CauseCertMalformed, CauseNoAuthorities, CauseCertUnverifiable, CauseWrongCredentials, CauseAppPassword, CauseTokenNeeded, CauseTokenWrongMailbox,
		CauseMechanismBroken, CauseSCRAMCostly, CauseAuthServiceDown, CauseLoginNotOffered, CauseLoginRequired, CauseTLSRequired,
		CauseNotConfidential, CauseProtocolDisabled, CauseLoginDisabled, CauseAccountLocked, CauseAccountDisabled,
		CauseWebLoginNeeded, CausePasswordExpired, CausePasswordTransition, CauseNotAuthorized, CauseServerFault,
		CauseOverloaded, CauseMaintenance, CauseServiceUnavailable, CauseDiskFull, CauseStoreDown, CauseLookupFailed,
		CauseTooManyConnections, CauseRateLimited, CauseBlocklisted, CauseRefusedUnclear, CauseMailboxLocked,
		CauseMailboxMissing, CauseMailboxDamaged, CauseMailboxDisabled, CauseQuotaExceeded, CauseLoginDelay,
		CauseNoSuchMessage, CauseUndated, CauseClockWrong, CauseCommandUnknown, CauseLineTooLong,
	}
}
