package pop3check

import (
	"time"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// learnAge learns the age of the newest message from its header.
func (w *walk) learnAge(s *probe.Step, m Message, head *search.Start) {
	if !w.isNewest(m) {
		return
	}
	at, ok := search.ParseHeader(head.Text).Received(time.Now())
	if !ok {
		if w.judgesAge() {
			s.RaiseFor(transport.CauseUndated, "its header has no date to be believed, neither in Received nor in Date")
		}
		return
	}
	transport.LearnAge(s, at)
}

// isAfter reports whether a message with a header reached the server later than another
// one; false if unknown.
func isAfter(head, other search.Header, now time.Time) bool {
	mine, ok := head.Received(now)
	theirs, known := other.Received(now)
	return ok && known && mine.After(theirs)
}
