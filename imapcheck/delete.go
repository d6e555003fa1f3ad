package imapcheck

import (
	"errors"
)

// ErrNoUIDPlus is returned by Expunge if the server does not offer UIDPLUS: a plain
// EXPUNGE would also remove what others have marked.
var ErrNoUIDPlus = errors.New("the server does not offer UIDPLUS (RFC 4315), so one message alone cannot be removed")

// Delete sets the flag \Deleted of a message, which Expunge then removes (RFC 3501
// §6.4.6). The mailbox must have been opened by Select.
func (s *Session) Delete(uid uint32) (Reply, error) {
	return s.command("UID STORE").run(decimal(uid), `+FLAGS.SILENT (\Deleted)`)
}

// Expunge removes one message that has the flag \Deleted (RFC 4315 §2.1). It asks for the
// capabilities first if they are unknown.
func (s *Session) Expunge(uid uint32) (Reply, error) {
	if s.offered == nil {
		if _, err := s.Capability(); err != nil {
			return Reply{}, err
		}
	}
	if !s.offered.Has(capUIDPlus) && !s.offered.Has(capRev2) {
		return Reply{}, ErrNoUIDPlus
	}
	return s.command("UID EXPUNGE").run(decimal(uid))
}
