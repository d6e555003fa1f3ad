// Package transport brings a session to the point where the server can be spoken
// to: it resolves the name, connects, and makes the TLS handshake, each as a step
// of a check. And it walks the steps of a session, those three and the protocol's
// own, as every protocol wants it: each with its time, up to the one that fails,
// with a goodbye at the end.
//
// A session that breaks, without a verdict of the server's, gets its cause here: a
// table says what broke, where, and what is behind it. So do failed connections and
// handshakes.
//
// TLS is judged here, once for every protocol. The handshake itself accepts any
// certificate, so that the session can be reported; then name, dates, path, keys and
// signatures are looked at one by one and every fault is named. Where TLS was demanded
// a fault is as bad as its cause. Where it was only preferred it is a Warning, as
// relays go on with what they get (RFC 7435). Credentials are withheld for faults of the
// certificate, for an old version and for a broken cipher, each permitted by a flag of
// its own.
package transport
