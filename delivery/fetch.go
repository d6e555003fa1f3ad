package delivery

import (
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
)

// fetchMessage fetches the message.
func (w *walk) fetchMessage(s *probe.Step) error {
	w.box.nextStep()
	begin := time.Now()
	if err := w.box.fetch(w.found[0], &w.received, w.mostReceived()); err != nil {
		return err
	}
	if err := w.checkReceived(); err != nil {
		return err
	}
	size := w.received.Len()
	s.Say(probe.Count(size, "byte"))
	s.Learn(
		probe.Duration("retrieval", time.Since(begin)),
		probe.Number("received_size", float64(size), probe.Bytes),
		probe.Number("grown", float64(size-len(w.text)), probe.Bytes),
	)
	return nil
}

// mostReceived bounds the message as it arrives, in bytes: re-encoded, each byte takes up
// to three.
func (w *walk) mostReceived() int64 { return 4*int64(w.sent.Size) + 2*maxHeader }

// checkReceived returns an error if what was fetched is not the message of the run.
func (w *walk) checkReceived() error {
	if w.ExpectReply {
		return w.checkReply()
	}
	if r, ok := provenRun(parseHeader(w.received.Bytes()), w.key); !ok || r.Token != w.run.Token {
		return probe.Because(CauseWrongMessage, errors.New("what the server gave is not the message whose header it had shown: nothing is deleted"))
	}
	return nil
}

// remove deletes the message and waits for the server's confirmation.
func (w *walk) remove(s *probe.Step) error {
	if left := w.ExpectReply && !w.certain; w.Keep || left {
		said, err := w.leave()
		s.Say(fmt.Sprintf("kept in the mailbox; %q", said))
		if left {
			s.Say("only a reply to the very message, by In-Reply-To or with its proof, is deleted")
		}
		tolerate(s, w.forget())
		return skipUnless(s, err)
	}
	err := w.removeAll(w.found)
	said := ""
	if err == nil {
		said, err = w.leave()
	}
	if errors.Is(err, errMarked) {
		s.RaiseFor(CauseNoUIDPlus, err.Error())
		tolerate(s, w.forget())
		return nil
	}
	if err != nil {
		first, also := causesOf(err, CauseNotDeleted)
		return probe.Because(first.As(probe.Warning), fmt.Errorf("the message may still be in the mailbox: %w", err), also...)
	}
	s.Say(fmt.Sprintf("%q", said))
	tolerate(s, w.finish(w.record))
	return nil
}

// skipUnless marks the step as skipped, unless the session could not be ended.
func skipUnless(s *probe.Step, err error) error {
	if err != nil {
		first, also := causesOf(err, CauseUnreadable)
		return probe.Because(first.As(probe.Warning), err, also...)
	}
	if s.Status == probe.OK {
		s.Status = probe.Skipped
	}
	return nil
}

// removeAll deletes messages whose token and HMAC are right.
func (w *walk) removeAll(found []message) error {
	for _, m := range found {
		w.box.nextStep()
		if err := w.box.remove(m); err != nil {
			return err
		}
	}
	return nil
}
