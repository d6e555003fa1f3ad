package dnssec

import (
	"strings"

	"github.com/miekg/dns"
)

// Anchor is a key that is trusted without proof (RFC 4033 §2), as a DNSKEY or DS record.
type Anchor struct {
	zone string
	key  *dns.DNSKEY // either
	ds   *dns.DS
}

// String returns the anchor as a line of a zone.
func (a Anchor) String() string {
	if a.key != nil {
		return a.key.String()
	}
	return a.ds.String()
}

// rootAnchors are the root's keys that IANA publishes (root-anchors.xml): that of 2017
// and that of 2024.
const rootAnchors = `
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
`

// RootAnchors returns the root's keys that IANA publishes, tags 20326 and 38696.
func RootAnchors() []Anchor {
	anchors, err := ParseAnchors(strings.NewReader(rootAnchors))
	if err != nil {
		panic(err) // the text above is wrong
	}
	return anchors
}

func byZone(anchors []Anchor) map[string][]Anchor {
	if len(anchors) == 0 {
		anchors = RootAnchors()
	}
	zones := map[string][]Anchor{}
	for _, a := range anchors {
		zones[a.zone] = append(zones[a.zone], a)
	}
	return zones
}

// anchorAbove returns the nearest zone with an anchor that a name is in, or nothing.
func (c *Client) anchorAbove(name string) string {
	for {
		if _, ok := c.anchors[name]; ok {
			return name
		}
		if name == "." {
			return ""
		}
		name = parentOf(name)
	}
}

// matches reports whether a key is the anchor.
func (a Anchor) matches(k *dns.DNSKEY) bool {
	if a.key != nil {
		return a.key.Algorithm == k.Algorithm && a.key.Protocol == k.Protocol && a.key.Flags&^dns.SEP == k.Flags&^dns.SEP && a.key.PublicKey == k.PublicKey
	}
	return isDigestOf(a.ds, k)
}
