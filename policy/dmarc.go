package policy

import (
	"errors"
	"fmt"
	"slices"
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
	// Missing is set where the record has no p=.
	Missing bool
	// PSD is y for a public suffix, n for an organizational domain, u where the record
	// does not say.
	PSD string
	// Testing is t=y, StrictDKIM is adkim=s.
	Testing, StrictDKIM bool
	// RUA and RUF are the destinations of aggregate and of failure reports that are
	// valid "mailto:" URIs.
	RUA, RUF []string
	// Unusable are the faults of the destinations in rua that no report is sent to.
	Unusable []error
	// Invalid are the faults that make receivers ignore the record or a part of its
	// policy.
	Invalid []error
	// Odd are the faults whose tags are ignored, and tags that exist no more.
	Odd []error
	// Void is set where a fault leaves no policy at all.
	Void bool

	uris    int   // the valid ones in rua, of any scheme
	tags    []tag // those that receivers use
	partial bool  // a pct below 100
}

// IsDMARC reports whether a TXT record at _dmarc is a DMARC record: it begins with the tag
// v=DMARC1, in these letters. White space may surround the equals sign, and stand before
// the semicolon (RFC 9989 §4.8).
func IsDMARC(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, _ := strings.Cut(first, "=")
	return strings.TrimRight(name, " \t") == "v" && strings.Trim(value, " \t") == "DMARC1"
}

// ParseDMARC reads a record that IsDMARC.
func ParseDMARC(text string) *DMARC {
	r := &DMARC{Text: text, PSD: "u", Missing: true}
	tags, odd, twice := parseTags(text)
	r.Odd = odd
	for _, t := range tags {
		if faults := len(r.Odd); r.read(&t) && len(r.Odd) == faults || t.name == "rua" || t.name == "ruf" {
			r.tags = append(r.tags, t)
		}
	}
	r.settle(twice)
	return r
}

// read reads a tag. It reports whether receivers use the tag, or may.
func (r *DMARC) read(t *tag) bool {
	switch t.name {
	case "v":
	case "p":
		r.Missing = false
		return r.policy(&r.P, t)
	case "sp":
		return r.policy(&r.SP, t)
	case "np":
		return r.policy(&r.NP, t)
	case "rua":
		r.RUA = r.destinations(t)
	case "ruf":
		r.RUF = r.destinations(t)
	case "fo":
		r.options(t.value)
	case "pct", "rf", "ri":
		r.gone(t)
		return false
	default:
		r.choice(t)
	}
	return true
}

// policy reads p, sp or np.
func (r *DMARC) policy(into *DMARCPolicy, t *tag) bool {
	switch p := DMARCPolicy(strings.ToLower(t.value)); p {
	case DMARCNone, DMARCQuarantine, DMARCReject:
		*into = p
		return true
	}
	r.Invalid = append(r.Invalid, fmt.Errorf("%s=%s is not none, quarantine or reject", t.name, t.value))
	return false
}

// gone notes a tag of RFC 7489 that receivers ignore (RFC 9989 §9, appendix C).
func (r *DMARC) gone(t *tag) {
	why := ""
	if t.name == "pct" && t.value != "100" {
		r.partial = true
		why = ": the policy is for all mail that fails, unless t=y asks for a milder one"
	}
	r.Odd = append(r.Odd, fmt.Errorf("the tag %s exists no more (RFC 9989)%s", t.name, why))
}

// settle says what is left of the policy. Without a valid p, or with an sp or np that is
// not valid, the record is one of p=none if it has a valid rua, and otherwise there is no
// DMARC (RFC 9989 §4.10.1). With a tag that stands twice nothing is valid (RFC 6376 §3.2).
func (r *DMARC) settle(twice []string) {
	bad := r.Missing || len(r.Invalid) > 0
	if bad {
		r.P, r.SP, r.NP = DMARCNone, "", ""
	}
	r.Void = bad && r.uris == 0
	if r.Missing && r.Void {
		r.Invalid = append(r.Invalid, errors.New("there is neither p= nor a valid rua=, so that receivers apply no DMARC"))
	}
	for _, name := range slices.Compact(twice) {
		r.Void, r.PSD = true, "u"
		r.Invalid = append(r.Invalid, fmt.Errorf("the tag %s stands twice, which makes the whole record invalid", name))
	}
}

// choices are what tags with few values take, the default first.
var choices = map[string][]string{
	"adkim": {"r", "s"}, "aspf": {"r", "s"}, "psd": {"u", "y", "n"}, "t": {"n", "y"},
}

// choice reads a tag with few values. Tags that are not known are ignored.
func (r *DMARC) choice(t *tag) {
	values, known := choices[t.name]
	value := strings.ToLower(t.value)
	switch {
	case !known:
	case !slices.Contains(values, value):
		r.Odd = append(r.Odd, fmt.Errorf("%s=%s is not one of %s; %s is used", t.name, t.value, strings.Join(values, ", "), values[0]))
	case t.name == "psd":
		r.PSD = value
	case t.name == "t":
		r.Testing = value == "y"
	case t.name == "adkim":
		r.StrictDKIM = value == "s"
	}
}

// options checks fo: 0 or 1, d and s, each at most once.
func (r *DMARC) options(value string) {
	seen := ""
	for each := range strings.SplitSeq(strings.ToLower(value), ":") {
		each = strings.Trim(each, " \t")
		if len(each) != 1 || !strings.Contains("01ds", each) || strings.Contains(seen, each) {
			r.Odd = append(r.Odd, fmt.Errorf("fo=%s is not made of 0 or 1, d and s; 0 is used", value))
			return
		}
		if seen += each; each == "0" || each == "1" {
			seen += "01" // of which there is one
		}
	}
}

// Corrected returns the record without what receivers ignore, and with the same policy:
// a text of letters, digits and harmless signs. It is empty where nothing is to be
// corrected, or where that is for the domain's owner to decide.
func (r *DMARC) Corrected() string {
	if len(r.Invalid) > 0 || len(r.Odd) == 0 || r.partial {
		return ""
	}
	var parts []string
	for _, t := range r.tags {
		switch t.name {
		case "rua":
			t.value = strings.Join(r.RUA, ",")
		case "ruf":
			t.value = strings.Join(r.RUF, ",")
		}
		if t.value == "" {
			return ""
		}
		parts = append(parts, t.name+"="+t.value)
	}
	text := strings.Join(parts, "; ")
	if strings.Trim(text, harmless) != "" {
		return ""
	}
	return text
}

// harmless are the characters that stand in a zone's text without a meaning of their own.
const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=:;,. @_+-/?&%!"
