package domain

import (
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/internal/cut"
	"mailprobe/policy"
	"mailprobe/probe"
)

// textKind is a sort of text that stands in TXT records, as tags with semicolons between
// them.
type textKind struct {
	name    string // in messages
	version string // what the text begins with
	tags    []string
	at      string // the names that it stands at have this in them, after a dot at the beginning
}

var textKinds = []textKind{
	{"DMARC record", "v=DMARC1", []string{"p", "sp", "np", "rua", "ruf", "adkim", "aspf", "fo", "t", "psd", "pct", "ri", "rf"}, "._dmarc."},
	{"DKIM key", "v=DKIM1", []string{"v", "p", "k", "h", "t", "s", "n"}, "._domainkey."},
	{"TLSRPT record", "v=TLSRPTv1", []string{"rua"}, "._smtp._tls."},
	{"MTA-STS record", "v=STSv1", []string{"id"}, "._mta-sts."},
	{"BIMI record", "v=BIMI1", []string{"l", "a", "avp"}, "._bimi."},
}

// kindOf returns the sort of a text, by what it begins with; of DKIM keys, which need no
// version, by its name.
func kindOf(name, text string) (textKind, bool) {
	for _, k := range textKinds {
		begins := len(text) >= len(k.version) && strings.EqualFold(text[:len(k.version)], k.version)
		if begins || k.at == "._domainkey." && strings.Contains("."+name, k.at) {
			return k, true
		}
	}
	return textKind{}, false
}

// beginsTag reports whether a text begins with one of the tags and a value.
func (k textKind) beginsTag(text string) bool {
	name, value, ok := strings.Cut(text, "=")
	return ok && value != "" && value[0] != '=' && slices.Contains(k.tags, strings.ToLower(strings.Trim(name, " \t")))
}

// texts judges TXT records by how they are written.
func (l *lint) texts() {
	for _, r := range l.file.Records {
		text, ok := r.Data.(dnssec.TXT)
		if !ok || !l.file.Contains(r.Name) {
			continue
		}
		if r.LongestString > maxString {
			l.instead(r, writable(r.Name, text.Join()), CauseZoneTextLong, "a string of %d bytes in the TXT of %s; it can have %d", r.LongestString, plain(r.Name), maxString)
		}
		l.judgeCut(r, text.Join())
		l.judgeJoined(r, text)
	}
}

// judgeCut finds a text that a semicolon outside of quotes ends. Such a semicolon touches
// the text, or the text has only one tag.
func (l *lint) judgeCut(r dnssec.ZoneRecord, text string) {
	k, ok := kindOf(r.Name, text)
	if !ok || !k.beginsTag(r.Comment) || !r.Glued && strings.Contains(text, ";") {
		return
	}
	whole := strings.TrimRight(text, "; ") + "; " + strings.Trim(strings.ReplaceAll(r.Comment, `"`, ""), " \t")
	l.instead(r, writable(r.Name, whole), CauseZoneTextCut, "the %s at %s ends at a semicolon that is not in quotes: what counts is %q", k.name, plain(r.Name), shorten(text))
}

// judgeJoined finds strings that are joined without what was meant to be between them. One
// of 255 bytes ends where it must.
func (l *lint) judgeJoined(r dnssec.ZoneRecord, text dnssec.TXT) {
	if len(text) < 2 {
		return
	}
	if spaced := strings.Join(text, " "); policy.IsSPF(spaced) {
		if _, err := policy.ParseSPF(spaced); err == nil && isMisjoined(text) {
			l.instead(r, writable(r.Name, strings.Join(strings.Fields(spaced), " ")), CauseZoneTextJoined, "the strings of the SPF record of %s are joined without a blank: %q", plain(r.Name), shorten(text.Join()))
		}
		return
	}
	k, ok := kindOf(r.Name, text.Join())
	if !ok {
		return
	}
	for i, right := range text[1:] {
		left := strings.TrimRight(text[i], " \t")
		if left != "" && !strings.HasSuffix(left, ";") && len(text[i]) < maxString && k.beginsTag(right) {
			l.instead(r, writable(r.Name, withSemicolons(k, text)), CauseZoneTextJoined, "the strings of the %s at %s are joined without a semicolon: %q", k.name, plain(r.Name), shorten(text.Join()))
			return
		}
	}
}

// withSemicolons joins strings with a semicolon before those that begin with a tag.
func withSemicolons(k textKind, text dnssec.TXT) string {
	whole := text[0]
	for _, right := range text[1:] {
		if k.beginsTag(right) {
			whole = strings.TrimRight(whole, "; \t") + "; " + strings.TrimLeft(right, " \t")
			continue
		}
		whole += right
	}
	return whole
}

// isMisjoined reports whether the strings of an SPF record lack blanks: joined they are no
// valid record, or a string begins with what is a whole term.
func isMisjoined(text dnssec.TXT) bool {
	if _, err := policy.ParseSPF(text.Join()); err != nil {
		return true
	}
	for i, right := range text[1:] {
		left := text[i]
		if left == "" || right == "" || strings.HasSuffix(left, " ") || strings.HasPrefix(right, " ") || len(left) >= maxString {
			continue
		}
		term, _, _ := strings.Cut(right, " ")
		if isWholeTerm(strings.ToLower(term)) {
			return true
		}
	}
	return false
}

// isWholeTerm reports whether a word can hardly be the end of another: it has a qualifier
// or a value.
func isWholeTerm(term string) bool {
	bare := strings.TrimLeft(term, "+-~?")
	name, value, ok := strings.Cut(bare, ":")
	if !ok {
		name, value, ok = strings.Cut(bare, "=")
		ok = ok && (name == "redirect" || name == "exp")
	}
	switch name {
	case "all", "a", "mx", "ptr":
		return ok && value != "" || len(term) == len(bare)+1
	case "include", "ip4", "ip6", "exists", "redirect", "exp":
		return ok && value != ""
	}
	return false
}

// severalTexts judges names with two records of a sort that they can have one of.
func (l *lint) severalTexts() {
	type key struct{ name, kind string }
	first := map[key]dnssec.ZoneRecord{}
	for _, r := range l.file.Records {
		text, ok := r.Data.(dnssec.TXT)
		if !ok || !l.file.Contains(r.Name) {
			continue
		}
		sort, cause := singleKind(r.Name, text.Join())
		if sort == "" {
			continue
		}
		one, ok := first[key{r.Name, sort}]
		switch {
		case !ok:
			first[key{r.Name, sort}] = r
		case one.Data.(dnssec.TXT).Join() != text.Join():
			l.add(r.Line, cause, "a second %s at %s, beside that of line %d", sort, plain(r.Name), one.Line)
		}
	}
}

// singleKind returns the sort of a text that a name can have one of, and the cause of a
// second one.
func singleKind(name, text string) (string, *probe.Cause) {
	if policy.IsSPF(text) {
		return "SPF record", CauseZoneTextTwice
	}
	k, ok := kindOf(name, text)
	switch {
	case !ok || !strings.Contains("."+name, k.at):
		return "", nil
	case k.at == "._smtp._tls.":
		return k.name, CauseZoneTextTwice.As(probe.Warning)
	}
	return k.name, CauseZoneTextTwice
}

// writable is a TXT record to publish; nothing if the name is none for a record, or the
// text has bytes that would have to be escaped.
func writable(name, text string) string {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	if !isHost(strings.TrimPrefix(plain(name), "*.")) {
		return ""
	}
	return txtRecord(plain(name), text)
}

// maxQuoted is how much of a text is quoted.
const maxQuoted = 60

func shorten(text string) string {
	if len(text) > maxQuoted {
		return cut.Prefix(text, maxQuoted) + cut.Mark
	}
	return text
}
