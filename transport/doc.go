// Package transport brings a session to the point where the server can be spoken
// to: it resolves the name, connects, and makes the TLS handshake, each as a step
// of a check. And it walks the steps of a session, those three and the protocol's
// own, as every protocol wants it: each with its time, up to the one that fails,
// with a goodbye at the end.
//
// TLS is judged here, once for every protocol. The handshake itself accepts any
// certificate, so that the session can be told about; then chain, name, dates,
// key and signature are looked at one by one and every fault is named. Where TLS
// was demanded a fault is Critical. Where it was only preferred it is a Warning,
// as relays go on with what they get (RFC 7435), but no credentials are sent.
package transport
