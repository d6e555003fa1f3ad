package transport

import "mailprobe/probe"

// The causes of TLS.
var (
	CauseNothingInCommon = &probe.Cause{
		Name: "tls-nothing-in-common", Blame: probe.BlameMailprobe, Status: probe.Unknown,
		Meaning: "The server offers nothing in TLS that Go's TLS supports; other clients may connect.",
		Hint:    "enable TLS 1.3, or an ECDHE suite with AES-GCM and a key of RSA or ECDSA, on the server",
		Source:  "RFC 8446 §4.1.1; Go crypto/tls",
	}
	CauseHelloNotSurvived = &probe.Cause{
		Name: "tls-hello-not-survived", Blame: probe.BlameNetwork, Status: probe.Warning,
		Meaning: "A ClientHello with a post-quantum key share fails and a smaller one succeeds: something cannot handle one of more than one packet.",
		Hint:    "update the server's TLS library or the firewall on the way; clients with post-quantum key exchange fail here",
		Source:  "RFC 8446 §4.1.2; draft-ietf-tls-hybrid-design",
	}
	CauseClientCertNeeded = &probe.Cause{
		Name: "client-cert-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server requires a client certificate.",
		Hint:    "give one with --client-cert and --client-key",
		Source:  "RFC 8446 §4.3.2, §6.2",
	}
	CauseSNINeeded = &probe.Cause{
		Name: "sni-needed", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "The server does not know the name that the client asked for.",
		Hint:    "give the name it has a certificate for with --server-name",
		Source:  "RFC 6066 §3",
	}
	CauseTLSBroken = &probe.Cause{
		Name: "tls-broken", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The TLS handshake fails at the server.",
		Hint:    "look into the server's log for the other half of this error",
		Source:  "RFC 8446 §6.2",
	}
	CauseTLSUnclear = &probe.Cause{
		Name: "tls-handshake-failed", Blame: probe.BlameUnclear, Status: probe.Unknown,
		Meaning: "The TLS handshake failed, and the errors of the two sides do not show whose fault it is.",
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
	CauseClearTextAccepted = &probe.Cause{
		Name: "clear-text-accepted", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server accepts mail or a log-in in clear text where it should demand TLS.",
		Hint:    "make the server demand TLS first (Postfix: smtpd_tls_security_level=encrypt and smtpd_tls_auth_only=yes; Dovecot: disable_plaintext_auth=yes or auth_allow_cleartext=no)",
		Source:  "RFC 3207 §4, RFC 4954 §4, RFC 8314 §3.3, §4.1",
	}
	CauseTLSRefused = &probe.Cause{
		Name: "tls-refused", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server offers STARTTLS and then refuses it.",
		Hint:    "see the server's log: its certificate or key cannot be read, or TLS is not available for now; or use --tls=off to accept this",
		Source:  "RFC 3207 §4",
	}
	CauseOldVersion = &probe.Cause{
		Name: "tls-old-version", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server only agreed on a version of TLS that is too old.",
		Hint:    "enable a newer version of TLS on the server, or lower --tls-min",
		Source:  "RFC 8996",
	}
	CauseWeakCipher = &probe.Cause{
		Name: "tls-weak-cipher", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server only agreed on a weak cipher.",
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
