package delivery

import (
	"context"
	"strings"
	"time"

	"mailprobe/probe"
)

// half says which halves of a delivery a run does.
type half int

const (
	whole   half = iota // it sends, and waits for the message
	sends               // it sends, and leaves the message to a later run
	judges              // it judges the messages of the runs before
	inTurns             // it judges those, and then sends
)

// prepareHalves determines which halves the run does. One that is due again before a
// message has had its time does not wait for it.
func (c *Check) prepareHalves() error {
	send, judge := probe.OptionName("send-only"), probe.OptionName("judge")
	switch {
	case c.SendOnly && c.Judge:
		return probe.OptionErrorf("%s and %s exclude each other: one run sends, and a later one judges what came of it; without either, one run does both", send, judge)
	case c.SendOnly:
		c.half = sends
	case c.Judge:
		c.half = judges
	case c.options.Interval > 0 && c.options.Interval < c.options.Timeout:
		c.half = inTurns
	}
	return nil
}

func (c *Check) isWhole() bool { return c.half == whole }

func (c *Check) isSending() bool { return c.half != judges }

func (c *Check) isJudging() bool { return c.half == judges || c.half == inTurns }

// isLeftOut reports whether a fact is learned by another run only: what is learned of a
// message that arrived, and of the server that takes it.
func (w *walk) isLeftOut(fact string) bool {
	switch side, _, ofSide := strings.Cut(fact, "_"); {
	case ofSide && side == "via":
		return !w.isSending()
	case fact == "missing" || fact == "oldest_missing":
		return w.half == sends
	case ofSide && side == "fetch" || fact == "messages":
		return false
	}
	return true
}

// shortRun is the time that a run in turns has at least.
const shortRun = time.Minute

// bound limits a run in turns, which must end before the next one.
func (c *Check) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.half != inTurns {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, min(c.options.Timeout, max(c.options.Interval, shortRun)))
}

// openFor is how long a run that does all by itself leaves messages alone that another
// one has yet to judge.
const openFor = 24 * time.Hour

// mayJudge reports whether the run looks for the message of a record.
func (w *walk) mayJudge(r record) bool {
	return !r.Open || w.isJudging() || time.Since(r.Sent) > openFor
}
