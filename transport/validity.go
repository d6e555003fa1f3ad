package transport

import (
	"crypto/x509"
	"fmt"
	"slices"

	"mailprobe/probe"
)

// ChainDaysLeft is the fact that holds the days until the first certificate of the best
// verified path expires.
const ChainDaysLeft = "chain_days_left"

// describePath reports when the verified path of a server's certificate ends, if an issuer
// expires before the certificate does, or if somebody asks. The path that lasts longest
// counts, so that an expired cross-signed issuer that nobody needs is no fault.
func (l *Link) describePath(s *probe.Step, paths [][]*x509.Certificate) {
	first := firstToExpire(paths)
	if first == nil || first == paths[0][0] && !l.probe.Judges(ChainDaysLeft) {
		return
	}
	of := "the certificate"
	if first != paths[0][0] {
		of = fmt.Sprintf("the certificate of issuer %q", first.Subject)
	}
	left := daysLeft(ChainDaysLeft, of, first.NotAfter)
	left.Unjudged = left.Unjudged || l.byTLSA() || first == paths[0][0] // then cert_days_left speaks
	s.Learn(left)
}

// firstToExpire returns the certificate with which the longest lasting path ends, the leaf
// before an issuer that ends at the same time; nil without a path.
func firstToExpire(paths [][]*x509.Certificate) (last *x509.Certificate) {
	for _, path := range paths {
		first := slices.MinFunc(path, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		if last == nil || first.NotAfter.After(last.NotAfter) {
			last = first
		}
	}
	return last
}
