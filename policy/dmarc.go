package policy

import (
	"fmt"
	"net/url"
	"strings"
)

// DMARCPolicy is what a domain asks receivers to do with mail that fails.
type DMARCPolicy string

// The policies, the mildest first.
const (
	DMARCNone       DMARCPolicy = "none"
	DMARCQuarantine DMARCPolicy = "quarantine"
	DMARCReject     DMARCPolicy = "reject"
)

// lowered is the policy one step milder, which t=y asks for (RFC 9989 §4.7).
func (p DMARCPolicy) lowered() DMARCPolicy {
	if p == DMARCReject {
		return DMARCQuarantine
	}
	return DMARCNone
}

// DMARC is a DMARC policy record (RFC 9989 §4.7).
type DMARC struct {
	// Text is the record as it stands in DNS.
	Text string
	// P, SP and NP are the policies for the domain, for its subdomains, and for those
	// that do not exist; empty where the record does not say or says nothing valid.
	P, SP, NP DMARCPolicy
	// PSD is y for a public suffix, n for an organizational domain, u where the record
	// does not say.
	PSD string
	// Testing is t=y.
	Testing bool
	// RUA and RUF are the destinations of aggregate and of failure reports that are
	// valid "mailto:" URIs.
	RUA, RUF []string
	// Invalid are the faults that make receivers ignore the record or a part of its
	// policy.
	Invalid []error
	// Odd are the faults whose tags are ignored, and tags that exist no more.
	Odd []error
	// Void is set where a fault leaves no policy at all.
	Void bool
}

// IsDMARC reports whether a TXT record at _dmarc is a DMARC record: its first tag is
// v=DMARC1, in these letters (RFC 9989 §4.8).
func IsDMARC(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, _ := strings.Cut(first, "=")
	return strings.Trim(name, " \t") == "v" && strings.Trim(value, " \t") == "DMARC1"
}

// ParseDMARC reads a record that IsDMARC.
func ParseDMARC(text string) *DMARC {
	r := &DMARC{Text: text, PSD: "u"}
	tags, odd, twice := parseTags(text)
	r.Odd = odd
	for _, name := range twice {
		r.Invalid = append(r.Invalid, fmt.Errorf("the tag %s stands twice", name))
	}
	bad := false // of p, sp or np
	for _, t := range tags {
		switch t.name {
		case "v":
		case "p":
			bad = !r.policy(&r.P, t) || bad
		case "sp":
			bad = !r.policy(&r.SP, t) || bad
		case "np":
			bad = !r.policy(&r.NP, t) || bad
		case "rua":
			r.RUA = r.destinations(t)
		case "ruf":
			r.RUF = r.destinations(t)
		default:
			r.other(t)
		}
	}
	if bad { // §4.7: with a usable rua it is as if p=none were all
		r.P, r.SP, r.NP = DMARCNone, "", ""
	}
	r.Void = bad && len(r.RUA) == 0 || len(twice) > 0
	return r
}

func (r *DMARC) policy(into *DMARCPolicy, t tag) bool {
	switch p := DMARCPolicy(strings.ToLower(t.value)); p {
	case DMARCNone, DMARCQuarantine, DMARCReject:
		*into = p
		return true
	}
	r.Invalid = append(r.Invalid, fmt.Errorf("%s=%s is not none, quarantine or reject", t.name, t.value))
	return false
}

// values are those that tags with few values take, the default first.
var values = map[string][]string{
	"adkim": {"r", "s"}, "aspf": {"r", "s"}, "psd": {"u", "y", "n"}, "t": {"n", "y"},
}

// other reads the tags that are ignored where they are wrong.
func (r *DMARC) other(t tag) {
	switch t.name {
	case "pct", "rf", "ri":
		r.Odd = append(r.Odd, fmt.Errorf("the tag %s exists no more (RFC 9989)", t.name))
		return
	case "fo":
		for _, each := range strings.Split(t.value, ":") {
			if !strings.Contains("01ds", strings.ToLower(strings.TrimSpace(each))) || strings.TrimSpace(each) == "" {
				r.Odd = append(r.Odd, fmt.Errorf("fo=%s is not made of 0, 1, d and s", t.value))
			}
		}
		return
	}
	right, known := values[t.name]
	if !known {
		return // unknown tags are ignored
	}
	value := strings.ToLower(t.value)
	for _, v := range right {
		if v == value {
			if t.name == "psd" {
				r.PSD = v
			}
			r.Testing = r.Testing || t.name == "t" && v == "y"
			return
		}
	}
	r.Odd = append(r.Odd, fmt.Errorf("%s=%s is not one of %s; %s is used", t.name, t.value, strings.Join(right, ", "), right[0]))
}

// destinations are the valid ones of a list of URIs.
func (r *DMARC) destinations(t tag) (valid []string) {
	for _, uri := range strings.Split(t.value, ",") {
		uri = strings.Trim(uri, " \t")
		if bare, size, ok := strings.Cut(uri, "!"); ok {
			r.Odd = append(r.Odd, fmt.Errorf("the size %q after %s is ignored (RFC 9989)", size, bare))
			uri = bare
		}
		if MailtoAddress(uri) == "" {
			r.Odd = append(r.Odd, fmt.Errorf("%s: %q is not a URI such as mailto:dmarc@example.org", t.name, uri))
			continue
		}
		valid = append(valid, uri)
	}
	return valid
}

// MailtoAddress returns the address of a "mailto:" URI, empty where it has none.
func MailtoAddress(uri string) string {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || !strings.EqualFold(scheme, "mailto") {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	address, err := url.PathUnescape(rest)
	at := strings.LastIndexByte(address, '@')
	if err != nil || at < 1 || !isName(address[at+1:]) || strings.ContainsAny(address, " ,<>\r\n\t\"") {
		return ""
	}
	return address
}
