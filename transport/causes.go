package transport

import "mailprobe/probe"

// SessionCauses returns those causes of Causes that a connection and its TLS give.
func SessionCauses() []*probe.Cause {
	return []*probe.Cause{
		CauseRefused, CauseTimeout, CauseConnectFailed,
		CauseAddressDown, CauseReset,
		CauseClosed, CauseWrongProtocol, CauseProtocolError, CauseOutOfStep, CauseTooMuch, CauseMiddlebox,
		CauseInjected, CauseWantsProxy, CauseProxyUnexpected, CauseNothingInCommon, CauseHelloNotSurvived,
		CauseClientCertNeeded, CauseSNINeeded, CauseTLSBroken, CauseTLSUnclear, CauseNoTLSHere, CauseNotOffered,
		CauseTLSRefused, CauseOldVersion, CauseWeakCipher, CauseWeakTLSSignature, CauseCertExpired, CauseCertExpiresSoon, CauseCertNotYet, CauseClockBehind,
		CauseCertWrongName, CauseCertNoSAN, CauseCertUntrusted, CauseCertChain, CauseCertUsage, CauseCertWeak,
		CauseCertMalformed, CauseNoAuthorities, CauseCertUnverifiable,
	}
}

// Causes returns the causes that SMTP, POP3 and IMAP share.
func Causes() []*probe.Cause {
	return append(SessionCauses(),
		CauseWrongCredentials, CauseAppPassword, CauseTokenNeeded, CauseTokenWrongMailbox,
		CauseMechanismBroken, CauseSCRAMCostly, CauseAuthServiceDown, CauseLoginNotOffered, CauseLoginRequired, CauseTLSRequired,
		CauseNotConfidential, CauseTLSOff, CauseProtocolDisabled, CauseLoginDisabled, CauseAccountLocked, CauseAccountDisabled,
		CauseWebLoginNeeded, CausePasswordExpired, CausePasswordTransition, CauseNotAuthorized, CauseServerFault,
		CauseOverloaded, CauseMaintenance, CauseServiceUnavailable, CauseDiskFull, CauseStoreDown, CauseLookupFailed,
		CauseTooManyConnections, CauseRateLimited, CauseBlocklisted, CauseRefusedUnclear, CauseMailboxLocked,
		CauseMailboxMissing, CauseMailboxDamaged, CauseMailboxDisabled, CauseQuotaExceeded, CauseLoginDelay,
		CauseNoSuchMessage, CauseUndated, CauseClockWrong, CauseCommandUnknown, CauseLineTooLong, CauseCommandRefused, CauseClearTextAccepted,
	)
}
