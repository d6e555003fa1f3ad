package icmp

// An outlet is the way of events from the lanes of a sweep to its caller, who returns
// the memory.
type outlet struct {
	events chan []Reply // from the lanes to the caller
	free   chan []Reply // and back, emptied
}

func newOutlet(lanes int) *outlet {
	return &outlet{events: make(chan []Reply, lanes), free: make(chan []Reply, 2*lanes)}
}

// recycle keeps the memory of events for others.
func (o *outlet) recycle(evs []Reply) {
	select {
	case o.free <- evs[:0]:
	default:
	}
}

// spare returns memory for events, nil if there is none.
func (o *outlet) spare() []Reply {
	select {
	case evs := <-o.free:
		return evs
	default:
		return nil
	}
}
