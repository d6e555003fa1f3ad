package pop3check

import (
	"io"
)

// Retr fetches a message and writes it to w, lines ending in CRLF, the doubled
// dots undone (RFC 1939 §5). It returns the message's size in octets. More than
// max octets are wire.ErrLimit; what came before is written.
func (s *Session) Retr(w io.Writer, message int, max int64) (int64, error) {
	if _, err := s.command("RETR", message); err != nil {
		return 0, err
	}
	return s.copyBody(w, max)
}

// Top fetches a message's header and the first lines of its body, as Retr does
// the whole (RFC 1939 §7). Servers need not know it; those that mark what was
// read do not do so for it.
func (s *Session) Top(w io.Writer, message, lines int, max int64) (int64, error) {
	if _, err := s.command("TOP", message, lines); err != nil {
		return 0, err
	}
	return s.copyBody(w, max)
}

// copyBody writes the lines of a body to w and counts their octets. RFC 1939 §11:
// a line end counts as two.
func (s *Session) copyBody(w io.Writer, max int64) (octets int64, err error) {
	err = s.body(max, func(piece []byte, end bool) error {
		if end {
			piece = append(piece[:len(piece):len(piece)], '\r', '\n')
		}
		n, err := w.Write(piece)
		octets += int64(n)
		return err
	})
	return octets, err
}
