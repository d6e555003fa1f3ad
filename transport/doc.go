// Package transport implements what checks of SMTP, POP3 and IMAP share.
//
// A Link resolves the name of a server, connects, makes the TLS handshake and logs in,
// each as a step of the check, and walks the steps of a session: each has the time that
// is left, the first that fails ends the walk, and a goodbye follows in any case.
// Refusal, ProtocolError, Capabilities and Exchange are common to the sessions of the
// three protocols; what a protocol does in its own way is its Dialect.
//
// Causes are found by tables. A Table says what a refusal means, by step, codes and
// words; others say what a broken session, a failed connection and a failed handshake
// mean.
//
// TLS is judged here for every protocol. The handshake accepts any certificate, so that
// the session can be reported; then name, dates, path, keys and signatures are checked
// one by one, and every fault is reported. If TLS was demanded, a fault is as bad as its
// cause; if it was only preferred it is a Warning, as relays deliver in any case (RFC
// 7435). Credentials are withheld for faults of the certificate, an old version and a
// broken cipher; a flag of its own permits each.
//
// Where DANE is asked for, TLSA records decide about the certificate instead of names and
// authorities (RFC 7672). TLSA and Host are what DNS says of them, validated by package
// dnssec, also for checks without a session; Resolver and Lookup give its errors causes.
package transport
