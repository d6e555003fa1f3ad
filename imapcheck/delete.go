package imapcheck

import (
	"errors"
)

// ErrNoUIDPlus is what Expunge returns where the server does not offer UIDPLUS: a
// plain EXPUNGE would remove what others have marked, too.
var ErrNoUIDPlus = errors.New("the server does not offer UIDPLUS (RFC 4315), so one message alone cannot be removed")

// Delete sets the flag \Deleted of a message; Expunge removes it (RFC 3501
// §6.4.6). The mailbox must have been opened by Select.
func (s *Session) Delete(uid uint32) (Reply, error) {
	return s.command("UID STORE").run(decimal(uid), `+FLAGS.SILENT (\Deleted)`)
}

// Expunge removes a message that has the flag \Deleted, and no other (RFC 4315
// §2.1). Where it is not known what the server offers it is asked first.
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
