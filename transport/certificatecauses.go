package transport

import "mailprobe/probe"

// The causes of certificates.
var (
	CauseCertExpired = &probe.Cause{
		Name: "cert-expired", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate has expired.",
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
		Meaning: "The certificate has its name only in the CN, which no longer counts.",
		Hint:    "get a certificate with the name as subjectAltName",
		Source:  "RFC 6125 §6.4.4, RFC 9525 §2",
	}
	CauseCertUntrusted = &probe.Cause{
		Name: "cert-untrusted", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate was not issued by a trusted authority.",
		Hint:    "configure the full chain on the server, or trust the authority with --ca-file",
		Source:  "RFC 5280 §6.1",
	}
	CauseCertChain = &probe.Cause{
		Name: "cert-bad-chain", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate chain is not valid.",
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
		Meaning: "The certificate does not follow the standard; some clients reject it.",
		Hint:    "get a new certificate from an authority that makes correct ones",
		Source:  "RFC 5280 §4.1",
	}
	CauseCertRevoked = &probe.Cause{
		Name: "cert-revoked", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The certificate has been revoked, as the OCSP response says that the server itself sends.",
		Hint:    "get a new certificate with a new key, and reload the server",
		Source:  "RFC 6960 §2.2",
	}
	CauseStapleBad = &probe.Cause{
		Name: "cert-bad-staple", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The OCSP response that the server sends with its certificate does not count.",
		Hint:    "have the server fetch a new one, or send none: see its log and whether it reaches the authority's OCSP responder",
		Source:  "RFC 6066 §8, RFC 6960 §3.2",
	}
	CauseStapleMissing = &probe.Cause{
		Name: "cert-staple-missing", Blame: probe.BlameServer, Status: probe.Warning,
		Meaning: "The certificate is one with must-staple, and the server sends no OCSP response; some clients hang up.",
		Hint:    "switch OCSP stapling on at the server, or get a certificate without must-staple",
		Source:  "RFC 7633 §4.2.3",
	}
	CauseNoAuthorities = &probe.Cause{
		Name: "no-ca-certificates", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "This machine has no CA certificates, so no certificate can be verified.",
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
