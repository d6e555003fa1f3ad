// Package policy reads and evaluates what a domain publishes about its mail: SPF (RFC
// 7208), DMARC (RFC 9989), DKIM keys (RFC 6376), MTA-STS (RFC 8461), TLS reporting (RFC
// 8460), TLSA (RFC 6698, RFC 7672), CAA (RFC 8659), BIMI, and the answers of DNS block
// lists (RFC 5782).
//
// Nothing in it uses the network. Parsers take the text of a record; evaluations that
// need further records ask a DNS, which the caller provides.
package policy
