package pop3check

import (
	"io"
)

// Retr fetches a message and writes it to w, with lines that end in CRLF and the doubled
// dots undone (RFC 1939 §5). It returns the size in octets. More than max octets are
// wire.ErrLimit; what came before is written.
func (s *Session) Retr(w io.Writer, message int, max int64) (int64, error) {
	if _, err := s.command("RETR", message); err != nil {
		return 0, err
	}
	return s.copyBody(w, max)
}

// Top fetches the header and the first lines of a message, as Retr does the whole (RFC
// 1939 §7). Servers need not support it; none marks a message as read for it.
func (s *Session) Top(w io.Writer, message, lines int, max int64) (int64, error) {
	if _, err := s.command("TOP", message, lines); err != nil {
		return 0, err
	}
	return s.copyBody(w, max)
}

// copyBody writes the lines of a body to w and counts their octets, a line end as two
// (RFC 1939 §11).
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
