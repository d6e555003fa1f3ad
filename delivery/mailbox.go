package delivery

import (
	"context"
	"errors"
	"io"
	"time"

	"mailprobe/probe"
)

// mailbox is a mailbox that somebody has logged in to, by POP3 or IMAP. It is
// for one goroutine.
type mailbox interface {
	// count is how many messages there are.
	count() int
	// room is how many bytes its quota leaves, less than 0 where that is not told.
	room() (int64, error)
	// mark returns how the mailbox is now, for since.
	mark() (mark, error)
	// since returns the messages that were not there at a mark, newest first. With
	// an empty mark, or one of another protocol, all are new.
	since(mark) ([]message, error)
	// showsHeaders reports whether a header can be read without a new session.
	showsHeaders() bool
	// header reads a message's header, which leaves no trace.
	header(message) ([]byte, error)
	// peek reads a message to at most maxPeek bytes, which leaves no trace.
	peek(message) ([]byte, error)
	// fetch reads a whole message of up to max bytes.
	fetch(m message, to io.Writer, max int64) error
	// remove deletes a message. It is gone when leave has confirmed it.
	remove(message) error
	// leave ends the session and returns what the server said to it. After remove
	// an error tells that the message may still be there.
	leave() (string, error)
	// close ends the connection; without leave before it nothing is deleted.
	close()
	// pace is the time the server wants between two log-ins, 0 for none named.
	pace() time.Duration
	// nextStep gives what follows the time of one step.
	nextStep()
}

// mark is how a mailbox was at a time, for its protocol to read. It is kept in the
// state directory.
type mark string

// message is a message in an open mailbox.
type message struct {
	// id is the same in every session.
	id string
	// number is that of this session.
	number uint32
	// size is in bytes, 0 where it is not known.
	size int64
}

// maxPeek is how much of a delivery status notification is read, in bytes.
const maxPeek = 128 << 10

// errReopen is what a mailbox returns that can go on only in a new session.
var errReopen = errors.New("the session had to be broken off")

// errMarked is what leave returns where all was done that can be.
var errMarked = errors.New("the message is marked as deleted and goes when somebody expunges the mailbox: the server cannot remove one message alone (it lacks UIDPLUS, RFC 4315)")

// door is how to come to a mailbox, as often as need be.
type door interface {
	// open logs in. What it does is recorded in r.
	open(ctx context.Context, r *probe.Result) (mailbox, error)
}
