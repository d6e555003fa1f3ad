package centre

import (
	"fmt"
	"sync"
	"time"
)

// tellEvery is how often the same thing is told again, with how often it has happened.
const tellEvery = time.Hour

// maxTold bounds the things that are remembered; strangers choose their number.
const maxTold = 1000

// told tells each thing once, and counts it.
type told struct {
	warn func(error)
	mu   sync.Mutex
	all  map[string]*times
}

type times struct {
	since time.Time
	again int // how often it has happened since it was told
}

// tell tells something under a key, unless it was told within the hour.
func (t *told) tell(key string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	last := t.all[key]
	switch {
	case last == nil && len(t.all) >= maxTold:
		t.forget(now)
		if len(t.all) >= maxTold {
			return
		}
	case last != nil && now.Sub(last.since) < tellEvery:
		last.again++
		return
	case last != nil && last.again > 0:
		err = fmt.Errorf("%w (%d more times within the last hour)", err, last.again)
	}
	if t.all == nil {
		t.all = map[string]*times{}
	}
	t.all[key] = &times{since: now}
	t.warn(err)
}

func (t *told) forget(now time.Time) {
	for key, last := range t.all {
		if now.Sub(last.since) >= tellEvery {
			delete(t.all, key)
		}
	}
}
