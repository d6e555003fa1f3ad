// Package dnssec looks names up in DNS and validates the answers: a stub resolver that
// asks a resolver, and checks for itself what it is told.
//
// # DNSSEC
//
// A signed zone has a pair of keys, or a few. The public ones stand in the zone as
// DNSKEY records, and each set of records of one name and type comes with a signature,
// an RRSIG record, which holds for some days or weeks (RFC 4034). That the keys are the
// zone's own is said by the zone above: it has a digest of one of them, the DS record,
// which it signs in turn. So a chain of trust leads from the root, whose keys every
// validator knows, its trust anchors, to each signed zone:
//
//	anchor -> DNSKEY of . -> DS of org -> DNSKEY of org -> DS of example.org -> ... -> MX
//
// That there is no record is signed too. NSEC records lead from each name of a zone to
// the next and list the types it has: so a name between the two does not exist, and a
// type that is not listed neither (RFC 4035 §5.4). NSEC3 records do the same with hashes
// of the names (RFC 5155). Where a DS is denied so, the chain of trust ends, and all
// below is insecure: as good as DNS ever was. Where a DS is there, all below must be
// signed, or the answer has been altered. An answer is therefore one of four things (RFC 4035
// §4.3): Secure, Insecure, Bogus, or Indeterminate if what would decide could not be had.
//
// # A stub that validates
//
// Most programs trust the AD bit of their resolver, that is the resolver and the way to
// it. This package does not. It sets CD, so that the resolver hands out what is bogus
// too, and DO, so that it hands out signatures, and follows the chain of trust by
// itself. So it can say what is wrong with a zone, and until when all is well, where a
// resolver says SERVFAIL. It differs from a resolver in one point: what it asks may have
// been altered on the way, by a resolver that is old, or that answers some names by
// itself. So an answer is Bogus only if a signature, a DS or a denial is there and
// contradicts it. Where proof is merely missing, the resolver is asked again, now
// without CD. If it fails it validates and is of the same opinion: Bogus. If it answers
// the finding is Indeterminate, with words that blame the resolver.
//
// A resolver that answers SERVFAIL in spite of CD is not believed to speak of dead
// servers: the keys and the SOA of the zone may show that it is bogus. What resolvers
// say of the reason (RFC 8914) stands beside the finding, in Answer.EDE.
//
// # Use
//
//	client := dnssec.New(dnssec.Options{Servers: []string{"192.0.2.53"}})
//	answer, err := client.Lookup(ctx, "example.org", dnssec.TypeMX)
//	if err != nil { ... }           // no answer came
//	if answer.Failed() { ... }      // an answer that says nothing of the name
//	for _, mx := range dnssec.All[dnssec.MX](answer.Records) { ... }
//	fmt.Println(answer.Status, answer.Why)
//
// The zero Client asks the system's resolvers. One client is for many goroutines: each
// name and type is asked for once, and keys are kept. With the first question to a
// domain the links of its chain of trust are asked for at the same time, so that
// validation costs no more round trips.
//
// A zone that is not published yet is read by ParseZone; with Client.AddZone look-ups see it
// as it will be.
//
// LookupNetIP, LookupMX and some more are like the methods of net.Resolver, with
// *net.DNSError for what fails.
//
// Algorithms are those of RFC 8624: RSA with SHA-256 and SHA-512, ECDSA P-256 and P-384,
// Ed25519, and, unless Options say otherwise, RSA with SHA-1. What is signed by no
// algorithm that is known is Insecure (RFC 4035 §5.2), and so is a denial of NSEC3 with
// more than 100 iterations (RFC 9276).
//
// All that comes from the network may be hostile. Memory, signature checks, hashes,
// queries and time have bounds for each answer; none is exceeded whatever the answers are.
package dnssec
