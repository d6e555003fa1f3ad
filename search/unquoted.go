package search

import (
	"errors"
	"fmt"

	"mailprobe/transport"
	"mailprobe/wire"
)

// Unquoted returns an error without what the server sent where that does not follow the
// protocol: it may be a header of a message that does not match.
func Unquoted(err error) error {
	var fault *transport.ProtocolError
	if !errors.As(err, &fault) {
		return err
	}
	hidden := transport.Malformed(fault.Where, "a line that may be of a message", fault.Want)
	if errors.Is(err, wire.ErrOutOfStep) {
		return fmt.Errorf("%w: %w", wire.ErrOutOfStep, hidden)
	}
	return hidden
}
