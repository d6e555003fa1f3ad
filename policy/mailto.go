package policy

import (
	"fmt"
	"net/url"
	"strings"

	"mailprobe/internal/cut"
)

// destinations are those of a list of URIs to which reports can be sent, which is by mail
// alone (RFC 9989 §4.7).
func (r *DMARC) destinations(t *tag) (valid []string) {
	for uri := range strings.SplitSeq(t.value, ",") {
		uri = withoutSize(strings.Trim(uri, " \t"))
		var fault error
		switch {
		case MailtoAddress(uri) != "":
			valid = append(valid, uri)
		case isOtherURI(uri):
			fault = fmt.Errorf("%s: no report is sent to %s, as it is not a mailto: URI", t.name, quoted(uri))
		default:
			fault = fmt.Errorf("%s: %s is not a URI such as mailto:dmarc@example.org", t.name, quoted(uri))
			r.Odd = append(r.Odd, fault)
		}
		if t.name != "rua" {
			continue
		}
		if fault != nil {
			r.Unusable = append(r.Unusable, fault)
		}
		if fault == nil || isOtherURI(uri) {
			r.uris++
		}
	}
	return valid
}

// withoutSize cuts the size limit off, such as !10m, which receivers ignore (RFC 9989
// §4.8, obs-dmarc-uri).
func withoutSize(uri string) string {
	bare, size, found := strings.Cut(uri, "!")
	if number := strings.TrimRight(size, "kmgtKMGT"); found && len(size)-len(number) <= 1 && number != "" && strings.Trim(number, "0123456789") == "" {
		return bare
	}
	return uri
}

// isOtherURI reports whether a text is a URI of another scheme than mailto.
func isOtherURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Scheme != "mailto" && u.Host+u.Opaque+u.Path != "" && isPrintable(text)
}

// isPrintable reports whether a text has printable ASCII alone, and no blanks.
func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

// MailtoAddress returns the address of a "mailto:" URI, empty where it has none (RFC
// 6068 §2).
func MailtoAddress(uri string) string {
	scheme, rest, ok := strings.Cut(uri, ":")
	rest, _, _ = strings.Cut(rest, "?")
	at := strings.LastIndexByte(rest, '@')
	if !ok || !strings.EqualFold(scheme, "mailto") || at < 1 || !isPrintable(rest) || strings.HasPrefix(rest, "//") {
		return ""
	}
	local, err := url.PathUnescape(rest[:at])
	domain, domainErr := url.PathUnescape(rest[at+1:])
	if err != nil || domainErr != nil || !isLocalPart(local) || !isMailDomain(domain) {
		return ""
	}
	return local + "@" + domain
}

// isLocalPart reports whether a text is a local part without quotes (RFC 5321 §4.1.2).
func isLocalPart(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~."
	return text != "" && len(text) <= 64 && strings.Trim(text, letters) == "" &&
		!strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".") && !strings.Contains(text, "..")
}

// isMailDomain reports whether a text is a domain of two labels or more, in the letters of
// hosts.
func isMailDomain(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return isName(text) && strings.Trim(text, letters) == ""
}

// quoted is a text from DNS as a part of a message, cut where it is long.
func quoted(text string) string {
	const most = 80
	return cut.Quoted(text, most)
}
