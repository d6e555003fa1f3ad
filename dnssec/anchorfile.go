package dnssec

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// maxAnchorFile is how much of a file of anchors is read.
const maxAnchorFile = 1 << 20

// ParseAnchors reads trust anchors: DNSKEY or DS records in the format of zones (RFC
// 1035 §5.1), as unbound-anchor, ldns and Debian's /usr/share/dns/root.key have them, or
// the statements in which named.conf and unbound.conf hold them. Anchors of algorithms or
// digests that are not known are left out, unless there are no others. The error names
// the line or the record.
func ParseAnchors(r io.Reader) ([]Anchor, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxAnchorFile))
	if err != nil {
		return nil, err
	}
	text, err := anchorLines(strings.TrimPrefix(string(raw), "\ufeff"))
	if err != nil {
		return nil, err
	}
	var anchors []Anchor
	var unknown error
	parser := dns.NewZoneParser(strings.NewReader(text), ".", "")
	parser.SetDefaultTTL(0)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		a, err := newAnchor(rr)
		switch {
		case errors.Is(err, errUnknown):
			unknown = err
		case err != nil:
			return nil, err
		default:
			anchors = append(anchors, a)
		}
	}
	switch err := parser.Err(); {
	case err != nil:
		return nil, fmt.Errorf("trust anchors: %s", strings.TrimPrefix(err.Error(), "dns: "))
	case len(anchors) > 0:
		return anchors, nil
	case unknown != nil:
		return nil, unknown
	}
	return nil, errors.New("no trust anchor: DNSKEY or DS records are wanted, one a line")
}

// errUnknown: an anchor that is right, and no use here.
var errUnknown = errors.New("it cannot be used here")

func newAnchor(rr dns.RR) (Anchor, error) {
	zone := canonical(rr.Header().Name)
	rr.Header().Name = zone
	switch rr := rr.(type) {
	case *dns.DNSKEY:
		return Anchor{zone: zone, key: rr}, checkKey(rr, fmt.Sprintf("the key %d of %s", rr.KeyTag(), show(zone)))
	case *dns.DS:
		return Anchor{zone: zone, ds: rr}, checkDS(rr, fmt.Sprintf("the DS %d of %s", rr.KeyTag, show(zone)))
	}
	return Anchor{}, fmt.Errorf("a trust anchor is a DNSKEY or DS record, not %s", Type(rr.Header().Rrtype))
}

// checkKey returns why a key is no anchor.
func checkKey(k *dns.DNSKEY, what string) error {
	switch {
	case k.Flags&dns.REVOKE != 0:
		return fmt.Errorf("%s is revoked (RFC 5011 §2.1)", what)
	case !isZoneKey(k):
		return fmt.Errorf("%s is no zone key: its flags are %d and its protocol %d (RFC 4034 §2.1)", what, k.Flags, k.Protocol)
	case !isKnownAlgorithm(k.Algorithm):
		return fmt.Errorf("%s is of algorithm %d: %w", what, k.Algorithm, errUnknown)
	case newPublicKey(k).verifies == nil:
		return fmt.Errorf("%s cannot be read as one of algorithm %d: is it whole?", what, k.Algorithm)
	}
	return nil
}

// digestBytes are the lengths of digests (RFC 4034 §5.1.4, RFC 4509, RFC 6605 §2).
var digestBytes = map[uint8]struct {
	name  string
	bytes int
}{dns.SHA1: {"SHA-1", 20}, dns.SHA256: {"SHA-256", 32}, dns.SHA384: {"SHA-384", 48}}

// checkDS returns why a DS is no anchor.
func checkDS(ds *dns.DS, what string) error {
	raw, err := hex.DecodeString(ds.Digest)
	kind, known := digestBytes[ds.DigestType]
	switch {
	case err != nil:
		return fmt.Errorf("%s has a digest that is not hexadecimal", what)
	case !known:
		return fmt.Errorf("%s is by digest type %d: %w", what, ds.DigestType, errUnknown)
	case len(raw) != kind.bytes:
		return fmt.Errorf("%s has a digest of %d bytes, while %s has %d", what, len(raw), kind.name, kind.bytes)
	case !isKnownAlgorithm(ds.Algorithm):
		return fmt.Errorf("%s is for algorithm %d: %w", what, ds.Algorithm, errUnknown)
	}
	return nil
}

// The patterns are compiled when a file needs them, and not at every start of a program.
var (
	unboundOption  = pattern(`(?m)^\s*trust-anchor:\s*"([^"\n]*)"`)
	namedStatement = pattern(`(?:trust-anchors|managed-keys|trusted-keys)\s*\{([^}]*)\}`)
	namedComment   = pattern(`(?s)"[^"]*"|/\*.*?\*/|(?://|#)[^\n]*`)
	namedEntry     = pattern(`^\s*"?([^\s"]+)"?\s+(?:(?:static|initial)-(key|ds)\s+)?(\d+)\s+(\d+)\s+(\d+)\s+"([^"]*)"\s*$`)
)

func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// anchorLines returns the records of a file as lines of a zone.
func anchorLines(text string) (string, error) {
	begin := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(begin, "<"):
		return "", errors.New("this is XML: trust anchors are wanted as DNSKEY or DS records, one a line, such as unbound-anchor writes")
	case strings.HasPrefix(begin, "-----BEGIN"):
		return "", errors.New("this is PEM: trust anchors are DNSKEY or DS records, one a line")
	}
	if options := unboundOption().FindAllStringSubmatch(text, -1); options != nil {
		lines := ""
		for _, option := range options {
			lines += option[1] + "\n"
		}
		return lines, nil
	}
	if !strings.Contains(text, "{") || !namedStatement().MatchString(text) {
		return text, nil
	}
	return namedLines(text)
}

// namedLines returns the anchors of a named.conf (trust-anchors, managed-keys and
// trusted-keys) as lines of a zone.
func namedLines(text string) (string, error) {
	text = namedComment().ReplaceAllStringFunc(text, func(part string) string {
		if strings.HasPrefix(part, `"`) {
			return part
		}
		return " "
	})
	lines := ""
	for _, statement := range namedStatement().FindAllStringSubmatch(text, -1) {
		for entry := range strings.SplitSeq(statement[1], ";") {
			if strings.TrimSpace(entry) == "" {
				continue
			}
			f := namedEntry().FindStringSubmatch(entry)
			if f == nil {
				return "", fmt.Errorf("trust anchors: %.60q is not what named.conf has in trust-anchors", strings.TrimSpace(entry))
			}
			kind := "DNSKEY"
			if f[2] == "ds" {
				kind = "DS"
			}
			lines += strings.Join([]string{f[1], "IN", kind, f[3], f[4], f[5], strings.Join(strings.Fields(f[6]), "")}, " ") + "\n"
		}
	}
	return lines, nil
}
