package suite

import "sync"

// watchers are the subscribers of a scheduler.
type watchers struct {
	mu  sync.Mutex
	all map[chan Change]bool
}

// maxBehind is how many changes a subscriber may be behind.
const maxBehind = 128

func (w *watchers) add() (changes <-chan Change, cancel func()) {
	c := make(chan Change, maxBehind)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[chan Change]bool{}
	}
	w.all[c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.remove(c)
	}
}

func (w *watchers) remove(c chan Change) {
	if w.all[c] {
		delete(w.all, c)
		close(c)
	}
}

// publish sends a change to all who keep up.
func (w *watchers) publish(change Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- change:
		default:
			w.remove(c)
		}
	}
}
