package imapcheck

import (
	"slices"
	"strings"
	"time"
)

// Query selects messages: those that match everything that is set.
type Query struct {
	// Header is the name of a header field, and Value what it must contain, in any letter
	// case. Without Header every message matches.
	Header, Value string
	// From is the lowest UID to return; 0 for all.
	From uint32
	// Since is the day, in the server's time zone, before which no message came; zero for
	// all (INTERNALDATE).
	Since time.Time
}

// Search returns the UIDs of matching messages in the selected mailbox, in ascending
// order (RFC 3501 §6.4.8).
func (s *Session) Search(q Query) ([]uint32, error) {
	var found []uint32
	c := s.command("UID SEARCH")
	c.maxLine = maxSearchLine
	c.onData = func(d *data) error {
		uids, ok := readSearch(d)
		if !ok {
			return d.bad("a list of UIDs (RFC 3501 §7.2.5)")
		}
		found = append(found, uids...)
		return nil
	}
	if _, err := c.run(append(s.compact(q), q.arguments()...)...); err != nil {
		return nil, err
	}
	// RFC 3501 §6.4.8: "n:*" always has the highest UID in it.
	found = slices.DeleteFunc(found, func(uid uint32) bool { return uid < q.From })
	slices.Sort(found)
	return slices.Compact(found), nil
}

// maxSearchLine bounds the line with the UIDs, in bytes: of a hundred thousand messages.
const maxSearchLine = 768 << 10

// compact asks for ranges of UIDs, where most of a mailbox may match and the server can
// (RFC 4731).
func (s *Session) compact(q Query) []any {
	if q.Since.IsZero() || !s.offered.Has(capExtended) && !s.offered.Has(capRev2) {
		return nil
	}
	return []any{"RETURN (ALL)"}
}

// arguments returns the arguments of SEARCH (RFC 3501 §6.4.4).
func (q Query) arguments() []any {
	var all []any
	if !isASCII(q.Value) {
		all = append(all, "CHARSET UTF-8")
	}
	if q.From > 0 {
		all = append(all, "UID "+decimal(q.From)+":*")
	}
	if q.Header != "" {
		all = append(all, "HEADER", text(q.Header), text(q.Value))
	}
	if !q.Since.IsZero() {
		all = append(all, "SINCE "+q.Since.Format("2-Jan-2006"))
	}
	if len(all) == 0 {
		all = append(all, "ALL")
	}
	return all
}

// readSearch reads the UIDs of a SEARCH response, or of ESEARCH, which replaces it in
// IMAP4rev2 (RFC 9051 §7.3.4). Other responses have none.
func readSearch(d *data) (uids []uint32, ok bool) {
	if d.numbered || d.name != "SEARCH" && d.name != "ESEARCH" {
		return nil, true
	}
	all, ok := d.values()
	if !ok {
		return nil, false
	}
	if d.name == "ESEARCH" {
		return readExtended(all)
	}
	for _, v := range all {
		if v.kind == listKind { // RFC 7162 §3.1.5: (MODSEQ n)
			continue
		}
		n, ok := v.number()
		if !ok || n == 0 {
			return nil, false
		}
		uids = append(uids, n)
	}
	return uids, true
}

// readExtended reads `(TAG "A1") UID ALL 2,10:11` (RFC 4731 §3.1).
func readExtended(all []value) (uids []uint32, ok bool) {
	at := slices.IndexFunc(all, func(v value) bool { return v.kind == atomKind && strings.EqualFold(v.text, "ALL") })
	if at < 0 {
		return nil, true
	}
	if at+1 == len(all) {
		return nil, false
	}
	return expand(all[at+1].text)
}

// maxFound bounds how many UIDs a set may stand for.
const maxFound = 1 << 20

// expand returns the UIDs of a set such as "2,10:11" (RFC 3501 §9: sequence-set).
func expand(set string) (uids []uint32, ok bool) {
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		if !isRange {
			to = from
		}
		first, ok := value{text: from}.number()
		last, ok2 := value{text: to}.number()
		first, last = min(first, last), max(first, last)
		if !ok || !ok2 || first == 0 || int(last-first)+len(uids) >= maxFound {
			return nil, false
		}
		for n := first; ; n++ {
			uids = append(uids, n)
			if n == last {
				break
			}
		}
	}
	return uids, true
}
