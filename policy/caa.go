package policy

import (
	"errors"
	"fmt"
	"strings"
)

// CAA is a CAA record (RFC 8659 §4.1).
type CAA struct {
	// Critical is set where an authority that does not know the tag must not issue.
	Critical bool
	// Tag is the property, in lower case: issue, issuewild, iodef, issuemail ...
	Tag string
	// Value is its value.
	Value string
}

// DeniesAll reports whether the records of a name permit no authority to issue a
// certificate for it: none of its issue properties names one, and there are such
// properties (RFC 8659 §4.2). Those for wildcards and for S/MIME do not count.
func DeniesAll(records []CAA) bool {
	issue := 0
	for _, r := range records {
		if !strings.EqualFold(r.Tag, "issue") {
			if r.Critical && !knownCAA(r.Tag) {
				return true
			}
			continue
		}
		if namesAuthority(r.Value) {
			return false
		}
		issue++
	}
	return issue > 0
}

// namesAuthority reports whether the value of an issue property names an authority. One
// that is malformed names none (RFC 8659 §4.2).
func namesAuthority(value string) bool {
	authority, parameters, _ := strings.Cut(value, ";")
	for label := range strings.SplitSeq(strings.Trim(authority, " \t"), ".") {
		if label == "" || strings.Trim(label, labelLetters) != "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	for parameter := range strings.SplitSeq(parameters, ";") {
		tag, value, found := strings.Cut(strings.Trim(parameter, " \t"), "=")
		if tag = strings.TrimRight(tag, " \t"); tag == "" && !found {
			continue
		}
		if !found || tag == "" || strings.Trim(tag, labelLetters) != "" || !isPrintable(strings.Trim(value, " \t")) {
			return false
		}
	}
	return true
}

// labelLetters are those of a label of a host.
const labelLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func knownCAA(tag string) bool {
	switch strings.ToLower(tag) {
	case "issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone":
		return true
	}
	return false
}

// BIMI is a BIMI assertion record (draft-brand-indicators-for-message-identification).
type BIMI struct {
	// Logo and Evidence are https URLs of an image and of a certificate for it; both
	// empty where the domain declines to take part.
	Logo, Evidence string
}

// IsBIMI reports whether a TXT record at default._bimi is a BIMI record.
func IsBIMI(text string) bool { return isVersioned(text, "BIMI1") }

// ParseBIMI reads a record that IsBIMI.
func ParseBIMI(text string) (BIMI, error) {
	tags, _, twice := parseTags(text)
	if len(twice) > 0 {
		return BIMI{}, fmt.Errorf("the tag %s stands twice", twice[0])
	}
	logo, ok := get(tags, "l")
	evidence, _ := get(tags, "a")
	b := BIMI{Logo: logo, Evidence: evidence}
	switch {
	case !ok:
		return b, errors.New("there is no l=")
	case logo != "" && !isHTTPS(logo):
		return b, fmt.Errorf("l=%s is not an https URL", logo)
	case evidence != "" && !strings.EqualFold(evidence, "self") && !isHTTPS(evidence):
		return b, fmt.Errorf("a=%s is not an https URL", evidence)
	}
	return b, nil
}
