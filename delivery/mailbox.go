package delivery

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
)

// mailbox is an open mailbox, accessed by POP3 or IMAP. It is not safe for concurrent
// use.
type mailbox interface {
	// count returns the number of messages.
	count() int
	// room returns how many bytes the quota leaves, less than 0 if unknown.
	room() (int64, error)
	// mark returns the current state of the mailbox, for since.
	mark() (mark, error)
	// since returns the messages that came after a mark, newest first, and then those of
	// each mailbox for junk. With an empty mark, or one of another protocol, it returns all.
	since(mark) ([]message, error)
	// showsHeaders reports whether a header can be read without a new session.
	showsHeaders() bool
	// header reads a message's header without leaving a trace.
	header(message) ([]byte, error)
	// received returns when a message came into the mailbox, by the server's clock; zero if
	// there is no date that can be read.
	received(message, search.Header) (time.Time, error)
	// peek reads at most maxPeek bytes of a message without leaving a trace.
	peek(message) ([]byte, error)
	// fetch reads a whole message of up to max bytes.
	fetch(m message, to io.Writer, max int64) error
	// remove deletes a message. It is gone once leave has confirmed it.
	remove(message) error
	// leave ends the session and returns the server's answer. After remove, an error
	// means that the message may still exist.
	leave() (string, error)
	// close closes the connection; without leave before it nothing is deleted.
	close()
	// pace returns the time that the server demands between two log-ins, 0 for none.
	pace() time.Duration
	// nextStep renews the time limit.
	nextStep()
}

// mark is a state of a mailbox, in a form of its protocol. It is kept in the state
// directory.
type mark string

// message is a message in an open mailbox.
type message struct {
	// id is the same in every session.
	id string
	// number is that of this session.
	number uint32
	// size is in bytes, 0 where it is not known.
	size int64
	// junk is the mailbox for junk that it is in; empty for the one to arrive in.
	junk string
}

// newest returns at most so many messages of each mailbox.
func newest(all []message, most int) []message {
	counts := map[string]int{}
	return slices.DeleteFunc(all, func(m message) bool {
		counts[m.junk]++
		return counts[m.junk] > most
	})
}

// maxPeek bounds how much of a delivery status notification is read, in bytes.
const maxPeek = 128 << 10

// errReopen means that only a new session can go on.
var errReopen = errors.New("the session had to be broken off")

// errMarked is returned by leave if the server could only mark the message.
var errMarked = errors.New("the message is marked as deleted and goes when somebody expunges the mailbox: the server cannot remove one message alone (it lacks UIDPLUS, RFC 4315)")

// door opens a mailbox, as often as needed.
type door interface {
	// open logs in and records that in r.
	open(ctx context.Context, r *probe.Result) (mailbox, error)
}
