package delivery

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/probe"
)

// crowd is a mailbox to which others come and from which others take.
type crowd struct {
	mailbox
	messages []message // newest first
	headers  map[string][]byte
	broken   string // the message whose header cannot be read
	opened   int
	looks    map[string]int
}

var errGone = errors.New("somebody else has expunged it")

func (c *crowd) open(context.Context, *probe.Result) (mailbox, error) {
	c.opened++
	return c, nil
}

func (c *crowd) pace() time.Duration           { return 0 }
func (c *crowd) nextStep()                     {}
func (c *crowd) close()                        {}
func (c *crowd) leave() (string, error)        { return "", nil }
func (c *crowd) since(mark) ([]message, error) { return c.messages, nil }

func (c *crowd) header(m message) ([]byte, error) {
	c.looks[m.id]++
	if m.id == c.broken {
		return nil, errGone
	}
	return c.headers[m.id], nil
}

// A message that cannot be read does not take along the one that was found before
// it in the same look.
func TestFoundBeforeAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, key := newRun(time.Now()), []byte("key")
		c := &crowd{
			messages: []message{{id: "own"}, {id: "other"}}, broken: "other", looks: map[string]int{},
			headers: map[string][]byte{"own": draft{}.compose(r, key, "bob@example.org", "alice@example.net")},
		}
		w := &walk{
			Check: &Check{fetch: &side{prefix: "fetch"}, door: c, key: key},
			ctx:   t.Context(), result: &probe.Result{}, run: r, looked: map[string]bool{},
		}
		v := &watch{walk: w, until: time.Now().Add(time.Minute), pause: firstWait}
		if err := v.wait(); err != nil {
			t.Fatal(err)
		}
		if len(w.found) != 1 || w.found[0].id != "own" || w.box == nil {
			t.Errorf("found %v in the session %v", w.found, w.box)
		}
		if c.opened != 2 || c.looks["other"] != 1 || len(v.failed) != 1 {
			t.Errorf("%d sessions, looks %v, failures %q", c.opened, c.looks, v.failed)
		}
		w.shut()
	})
}
