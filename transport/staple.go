package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/ocsp"

	"mailprobe/probe"
)

// The extensions that are about revocation and certificate transparency.
var (
	oidFeatures = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}       // RFC 7633 §4
	oidSCTs     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2} // RFC 6962 §3.3, in a certificate
	oidOCSPSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5} // RFC 6962 §3.3, in an OCSP response
	statusWords = map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}
)

// judgeStaple reports the OCSP response that the server staples to its certificate (RFC
// 6066 §8) and the time stamps of certificate transparency logs, and returns the faults of
// the response. Nobody else is asked whether the certificate has been revoked.
func (l *Link) judgeStaple(s *probe.Step, state *tls.ConnectionState, paths [][]*x509.Certificate) (faults []Fault) {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	var response *ocsp.Response
	switch {
	case len(state.OCSPResponse) > 0:
		response, faults = readStaple(state.OCSPResponse, leaf, issuerOf(state.PeerCertificates, paths), time.Now())
		learnStaple(s, response, faults)
	case demandsStaple(leaf):
		faults = []Fault{{"staple-missing", "the certificate demands an OCSP response with it (must-staple), and the server sends none", CauseStapleMissing}}
	}
	if n := countSCTs(state, leaf, response); n > 0 {
		s.Learn(probe.Text("scts", strconv.Itoa(n)).As(probe.Identifier))
	}
	return faults
}

// learnStaple learns what an OCSP response says: good, revoked or unknown; "stale" and
// "invalid" if it does not count, "unverified" if nobody knows the issuer.
func learnStaple(s *probe.Step, r *ocsp.Response, faults []Fault) {
	switch {
	case r == nil && len(faults) == 0:
		s.Learn(probe.Text("ocsp_status", "unverified"))
		return
	case r == nil:
		s.Learn(probe.Text("ocsp_status", "invalid"))
		return
	case len(faults) > 0 && faults[0].Name == "bad-staple" && r.Status != ocsp.Unknown:
		s.Learn(probe.Text("ocsp_status", "stale"))
	default:
		s.Learn(probe.Text("ocsp_status", statusWords[r.Status]))
	}
	if !r.NextUpdate.IsZero() {
		s.Learn(probe.Text("ocsp_next_update", r.NextUpdate.UTC().Format(time.RFC3339)).As(probe.Moment))
	}
}

// issuerOf returns the issuer of the first certificate of a chain: that of a verified path,
// or else one that the server sent and that has signed it; nil for none.
func issuerOf(chain []*x509.Certificate, paths [][]*x509.Certificate) *x509.Certificate {
	if len(paths) > 0 && len(paths[0]) > 1 {
		return paths[0][1]
	}
	for _, c := range chain {
		if bytes.Equal(c.RawSubject, chain[0].RawIssuer) && chain[0].CheckSignatureFrom(c) == nil {
			return c
		}
	}
	return nil
}

// readStaple reads an OCSP response and returns its faults. Only one that the issuer has
// signed says anything about a certificate; without an issuer it is not known who has.
func readStaple(der []byte, leaf, issuer *x509.Certificate, now time.Time) (*ocsp.Response, []Fault) {
	bad := func(format string, args ...any) []Fault {
		return []Fault{{"bad-staple", "the OCSP response of the server " + fmt.Sprintf(format, args...), CauseStapleBad}}
	}
	if issuer == nil {
		return nil, nil
	}
	r, err := ocsp.ParseResponseForCert(der, leaf, issuer)
	switch {
	case err != nil:
		return nil, bad("is not one for its certificate: %v", err)
	case r.Status == ocsp.Revoked:
		return r, []Fault{{"revoked", "the certificate was revoked on " + r.RevokedAt.UTC().Format(day) + ", as the server's own OCSP response says", CauseCertRevoked}}
	case !r.NextUpdate.IsZero() && now.After(r.NextUpdate):
		return r, bad("is out of date since %s", r.NextUpdate.UTC().Format(day))
	case now.Before(r.ThisUpdate):
		return r, bad("is not valid before %s", r.ThisUpdate.UTC().Format(day))
	case r.Status == ocsp.Unknown:
		return r, bad("says that its authority does not know the certificate")
	}
	return r, nil
}

// demandsStaple reports whether a certificate is one with must-staple (RFC 7633 §4.2.1).
func demandsStaple(leaf *x509.Certificate) bool {
	const statusRequest = 5 // the TLS extension
	var features []int
	_, err := asn1.Unmarshal(valueOf(leaf.Extensions, oidFeatures), &features)
	return err == nil && slices.Contains(features, statusRequest)
}

// valueOf returns the value of an extension, nil for none.
func valueOf(all []pkix.Extension, id asn1.ObjectIdentifier) []byte {
	for _, e := range all {
		if e.Id.Equal(id) {
			return e.Value
		}
	}
	return nil
}

// countSCTs returns how many different signed certificate timestamps there are, in the
// handshake, the certificate and its OCSP response (RFC 6962 §3.3). Their signatures are not
// verified.
func countSCTs(state *tls.ConnectionState, leaf *x509.Certificate, response *ocsp.Response) int {
	all := slices.Concat(state.SignedCertificateTimestamps, listedSCTs(valueOf(leaf.Extensions, oidSCTs)))
	if response != nil {
		all = append(all, listedSCTs(valueOf(response.Extensions, oidOCSPSCTs))...)
	}
	seen := map[string]bool{}
	for _, sct := range all {
		seen[string(sct)] = true
	}
	return len(seen)
}

// listedSCTs reads the value of an extension: a DER octet string of a list in which each
// item, and the whole, follows its length in two bytes. What is malformed ends it.
func listedSCTs(value []byte) (scts [][]byte) {
	var list []byte
	if rest, err := asn1.Unmarshal(value, &list); err != nil || len(rest) > 0 {
		return nil
	}
	list, ok := cutVector(&list)
	for ok && len(list) > 0 {
		var sct []byte
		if sct, ok = cutVector(&list); ok {
			scts = append(scts, sct)
		}
	}
	return scts
}

// cutVector cuts a vector with a length of two bytes from the front of b.
func cutVector(b *[]byte) (vector []byte, ok bool) {
	if len(*b) < 2 {
		return nil, false
	}
	n := int((*b)[0])<<8 | int((*b)[1])
	if len(*b) < 2+n {
		return nil, false
	}
	vector, *b = (*b)[2:2+n], (*b)[2+n:]
	return vector, true
}
