package pop3check

import (
	"errors"

	"mailprobe/search"
	"mailprobe/wire"
)

// headSize is the room for a status line of TOP, in bytes.
const headSize = wire.LegalLine

// Heads sends TOP for the headers of many messages and calls take with each, which is valid
// during the call only. Up to ahead commands are sent before the first answer is there: 1
// where the server does not offer PIPELINING (RFC 2449 §6.6). limit is how many octets a
// header may have. A message that the server refuses is given to refused, whose error ends
// all. Nothing is recorded.
func (s *Session) Heads(numbers []int, ahead int, limit func(number int) int64, take func(number int, head []byte), refused func(*Refusal) error) error {
	if err := s.inTurn("TOP"); err != nil {
		return search.Unquoted(err)
	}
	h := &heads{Session: s, limit: limit, take: take, refused: refused}
	return search.Unquoted(s.Conn.Withhold(len(numbers)*headSize, func() error { return h.run(numbers, max(ahead, 1)) }))
}

// heads is a run of many TOP.
type heads struct {
	*Session
	limit   func(int) int64
	take    func(int, []byte)
	refused func(*Refusal) error
}

// run keeps between half as many commands and all of them on their way, so that the server
// always has some to answer.
func (h *heads) run(numbers []int, ahead int) error {
	head := &search.Start{Max: search.MaxHeader}
	sent := 0
	for i, number := range numbers {
		if sent-i <= ahead/2 {
			more := min(ahead-(sent-i), len(numbers)-sent)
			if err := h.ask(numbers[sent : sent+more]); err != nil {
				return err
			}
			sent += more
		}
		head.Reset()
		err := h.read(head, number)
		if h.owed = h.owed || sent > i+1; err != nil {
			return err
		}
	}
	return nil
}

// ask sends TOP for messages, in one go.
func (h *heads) ask(numbers []int) error {
	for _, number := range numbers {
		if err := h.Conn.Queue("TOP %d 0", number); err != nil {
			return err
		}
	}
	h.owed = h.owed || len(numbers) > 0
	return h.Conn.Flush()
}

// read reads the answer for one message.
func (h *heads) read(head *search.Start, number int) error {
	_, err := h.reply("TOP")
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return h.refused(refusal)
	case err != nil:
		return err
	}
	if _, err := h.copyBody(head, h.limit(number)); err != nil {
		return err
	}
	h.take(number, head.Text)
	return nil
}
