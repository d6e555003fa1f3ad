package pop3check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailprobe/transport"
	"mailprobe/wire"
)

// Maildrop is the answer to STAT.
type Maildrop struct {
	// Messages is their number, Octets the size of all in bytes.
	Messages int
	Octets   int64
}

// Scan is one message in the answer to LIST, a scan listing in the words of RFC 1939.
type Scan struct {
	// Number is the message's number in this session, from 1.
	Number int
	// Octets is its size in bytes.
	Octets int64
}

// UniqueID is one message in the answer to UIDL.
type UniqueID struct {
	// Number is the message's number in this session, from 1.
	Number int
	// ID identifies the message across sessions.
	ID string
}

// maxUniqueID is how many characters a unique id may have (RFC 1939 §7).
const maxUniqueID = 70

// Limits of a listing, in bytes: as many as STAT lets expect, else as many as
// there could be.
const (
	maxListing = 32 << 20 // of a few hundred thousand messages
	anyListing = 64 << 10 // of any answer, even of an empty maildrop
	perMessage = 128      // more than a number and a unique id
	likely     = 1 << 20  // as many messages as room is made for before they are listed
)

// listingLimit returns how many bytes a listing may have.
func (s *Session) listingLimit() int64 {
	if !s.counted {
		return maxListing
	}
	return min(maxListing, anyListing+perMessage*int64(s.messages))
}

// Stat sends STAT, which counts the messages and their octets (RFC 1939 §5).
func (s *Session) Stat() (Maildrop, error) {
	reply, err := s.command("STAT")
	if err != nil {
		return Maildrop{}, err
	}
	drop, ok := tidily(s, reply.Text, parseMaildrop)
	if !ok {
		return drop, transport.Malformed("the answer to STAT", reply.Line, `"+OK MESSAGES OCTETS" with two numbers (RFC 1939 §5)`)
	}
	s.messages, s.counted = drop.Messages, true
	return drop, nil
}

// List sends LIST, for the size of every message, in the order of their numbers (RFC 1939 §5).
func (s *Session) List() ([]Scan, error) {
	return list(s, "LIST", parseScan, `a message's number and its size in octets (RFC 1939 §5)`)
}

// UIDL sends UIDL, for the unique id of every message, in the order of their numbers (RFC
// 1939 §7). Servers need not support it.
func (s *Session) UIDL() ([]UniqueID, error) {
	return list(s, "UIDL", parseUniqueID, uniqueIDLine)
}

const uniqueIDLine = "a message's number and a unique id of 1 to 70 printable characters (RFC 1939 §7)"

// numbersOfUIDL is UIDL without keeping the ids, which take most memory.
func (s *Session) numbersOfUIDL() ([]Scan, error) {
	parse := func(line string) (Scan, bool) {
		u, ok := parseUniqueID(line)
		return Scan{Number: u.Number}, ok
	}
	return list(s, "UIDL", parse, uniqueIDLine)
}

// UIDLOf sends UIDL for one message (RFC 1939 §7).
func (s *Session) UIDLOf(message int) (string, error) {
	reply, err := s.command("UIDL", message)
	if err != nil {
		return "", err
	}
	if s.Conn.Buffered() > 0 { // what may look like an answer introduces a listing
		return s.pick(message)
	}
	u, ok := tidily(s, reply.Text, parseUniqueID)
	if !ok || u.Number != message {
		return "", transport.Malformed("the answer to UIDL", reply.Line, `"+OK", the message's number and its unique id (RFC 1939 §7)`)
	}
	return u.ID, nil
}

// pick reads the listing of a server that answers a question about one message with all,
// and returns that one.
func (s *Session) pick(message int) (string, error) {
	id := ""
	err := s.lines("UIDL", s.listingLimit(), func(line string) error {
		if u, ok := tidily(s, line, parseUniqueID); ok && u.Number == message {
			id = u.ID
		}
		return nil
	})
	if err == nil && id == "" {
		err = transport.Malformed("the answer to UIDL", strconv.Itoa(message), "a line with that number (RFC 1939 §7)")
	}
	return id, err
}

// tidily parses a line; if that fails, again with single spaces between its words, which
// is recorded.
func tidily[E any](s *Session, line string, parse func(string) (E, bool)) (E, bool) {
	e, ok := parse(line)
	if ok {
		return e, true
	}
	e, ok = parse(strings.Join(strings.Fields(line), " "))
	if ok && s.untidy == "" {
		s.untidy = line
	}
	return e, ok
}

// entry is a line of a listing.
type entry interface{ number() int }

func (s Scan) number() int     { return s.Number }
func (u UniqueID) number() int { return u.Number }

// list asks for a listing of the whole maildrop and parses its lines.
func list[E entry](s *Session, verb string, parse func(string) (E, bool), want string) ([]E, error) {
	if _, err := s.command(verb); err != nil {
		return nil, err
	}
	all := make([]E, 0, min(s.messages, likely))
	err := s.lines(verb, s.listingLimit(), func(line string) error {
		e, ok := tidily(s, line, parse)
		if !ok {
			return transport.Malformed("a line of "+verb, line, want)
		}
		all = append(all, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b E) int { return cmp.Compare(a.number(), b.number()) })
	return all, once(verb, all)
}

// once returns an error if a message is listed twice.
func once[E entry](verb string, all []E) error {
	for i := 1; i < len(all); i++ {
		if n := all[i].number(); n == all[i-1].number() {
			return transport.Malformed("a message number of "+verb, strconv.Itoa(n), "one that comes only once (RFC 1939 §5)")
		}
	}
	return nil
}

// lines reads a body to its end and calls take with each line. It continues after take's
// first error, which it returns, so that the session stays in step.
func (s *Session) lines(verb string, max int64, take func(line string) error) error {
	var line []byte
	var fault error
	err := s.body(max, func(piece []byte, end bool) error {
		if fault == nil {
			line = append(line, piece...)
		}
		switch {
		case fault != nil:
		case len(line) > wire.MaxLine:
			fault = transport.Malformed("a line of "+verb, string(line), fmt.Sprintf("one of at most %d bytes (RFC 1939 §3)", wire.LegalLine))
		case end:
			fault = take(string(line))
			line = line[:0]
		}
		return nil
	})
	return cmp.Or(err, fault)
}

// parseMaildrop reads "MESSAGES OCTETS". More may follow after a space (RFC 1939 §5).
func parseMaildrop(text string) (Maildrop, bool) {
	messages, rest, ok := cutNumber(text, 31)
	octets, _, _ := strings.Cut(rest, " ")
	size, err := strconv.ParseUint(octets, 10, 63)
	return Maildrop{int(messages), int64(size)}, ok && err == nil
}

// parseScan reads "NUMBER OCTETS". More may follow after a space (RFC 1939 §5).
func parseScan(line string) (Scan, bool) {
	number, rest, ok := cutNumber(line, 31)
	octets, _, _ := strings.Cut(rest, " ")
	size, err := strconv.ParseUint(octets, 10, 63)
	return Scan{int(number), int64(size)}, ok && number > 0 && err == nil
}

// parseUniqueID reads "NUMBER ID".
func parseUniqueID(line string) (UniqueID, bool) {
	number, id, ok := cutNumber(line, 31)
	odd := strings.ContainsFunc(id, func(r rune) bool { return r < '!' || r > '~' })
	return UniqueID{int(number), id}, ok && number > 0 && !odd && 0 < len(id) && len(id) <= maxUniqueID
}

// cutNumber cuts a number of at most so many bits, and the space after it, off a line.
func cutNumber(line string, bits int) (n uint64, rest string, ok bool) {
	digits, rest, ok := strings.Cut(line, " ")
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, rest, ok && err == nil
}
