package transport

import (
	"crypto/x509"
	"slices"
	"sync"
	"time"
)

// verified remembers chains that led to a trust anchor, so that the signatures of a server
// that is checked again and again are verified once. crypto/tls returns the same
// certificates for the same bytes as long as they are kept. A nil verified remembers nothing.
type verified struct {
	mu    sync.Mutex
	known map[*x509.Certificate]verifiedChain // by the leaf
}

// verifiedChain is a chain and its paths to trust anchors.
type verifiedChain struct {
	chain []*x509.Certificate
	paths [][]*x509.Certificate
}

// maxVerified is how many chains are remembered; then all are forgotten.
const maxVerified = 256

// verify is verify, which it calls for chains that are not known.
func (v *verified) verify(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) ([][]*x509.Certificate, []Fault) {
	if v == nil {
		return verify(chain, roots, now)
	}
	if paths := v.find(chain, now); paths != nil {
		return paths, nil
	}
	paths, faults := verify(chain, roots, now)
	if len(paths) > 0 {
		v.keep(verifiedChain{chain, paths})
	}
	return paths, faults
}

// find returns the paths of a chain that is known, if all of them are valid now.
func (v *verified) find(chain []*x509.Certificate, now time.Time) [][]*x509.Certificate {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.known[chain[0]]
	if !ok || !slices.Equal(c.chain, chain) {
		return nil
	}
	for _, path := range c.paths {
		if slices.ContainsFunc(path, func(x *x509.Certificate) bool { return now.Before(x.NotBefore) || now.After(x.NotAfter) }) {
			return nil
		}
	}
	return c.paths
}

func (v *verified) keep(c verifiedChain) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil || len(v.known) >= maxVerified {
		v.known = map[*x509.Certificate]verifiedChain{}
	}
	v.known[c.chain[0]] = c
}
