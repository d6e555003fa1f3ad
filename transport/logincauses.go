package transport

import "mailprobe/probe"

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
		Meaning: "The server only accepts OAuth 2.0 tokens, and a password was given.",
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
		Meaning: "The server asks for more SCRAM iterations than mailprobe does; other clients may do them.",
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
		Hint:    "use TLS, or another mechanism with --auth",
		Source:  "RFC 4954 §4",
	}
	CauseLoginRequired = &probe.Cause{
		Name: "login-required", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server requires a log-in first.",
		Hint:    "log in with -u",
		Source:  "RFC 4954 §6: 530 5.7.0",
	}
	CauseTLSRequired = &probe.Cause{
		Name: "tls-required", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server requires TLS first.",
		Hint:    "use --tls=require",
		Source:  "RFC 3207 §4: 530 5.7.0; RFC 5530 §3",
	}
	CauseNotConfidential = &probe.Cause{
		Name: "not-confidential", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "Credentials were withheld, as the connection to the server is not secure.",
		Hint:    "make the server offer TLS, or permit it with --auth-without-tls",
		Source:  "RFC 8314 §3",
	}
	CauseTLSOff = &probe.Cause{
		Name: "tls-off", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "Credentials were withheld, as --tls=off leaves the connection unencrypted.",
		Hint:    "remove --tls=off, or allow it with --auth-without-tls",
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
		Meaning: "The account is locked for a time, after too many failures or on the server's suspicion.",
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
		Meaning: "The provider requires the user to sign in with a web browser first.",
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
		Meaning: "The password is right, but the user is not authorized to do this.",
		Hint:    "check the user name, and the server's rules on who may act for whom",
		Source:  "RFC 5530 §3: AUTHORIZATIONFAILED, NOPERM",
	}
)
