package suite

import (
	"cmp"
	"hash/fnv"
	"time"
)

// shortestEvery is the shortest interval of an item on its own schedule.
const shortestEvery = time.Second

// every is the time between the turns of an item on its own schedule.
func (i *Item) every() time.Duration {
	return max(cmp.Or(i.Check.Every, usualInterval), shortestEvery)
}

// share returns the part of a time that falls to the item by its name: of many items each
// has another one, and the same in every process.
func (i *Item) share(of time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(i.ID)) // it never fails
	part := float64(mix(h.Sum64())>>11) / (1 << 53)
	return time.Duration(part * float64(of))
}

// mix spreads the bits of a hash: those of FNV of similar names are similar. It is the
// finalizer of SplitMix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// aligned returns the first time, not before another, that is a whole number of intervals
// after 1970 and the item's share.
func (i *Item) aligned(from time.Time) time.Time {
	every := i.every()
	behind := time.Duration((from.UnixNano() - int64(i.share(every))) % int64(every))
	if behind < 0 {
		behind += every
	}
	if behind == 0 {
		return from
	}
	return from.Add(every - behind)
}

// turn returns the first turn of an item, not before a time, given when it ran last. Where
// its window is too short for its interval it has one turn in it, and of whole days the
// windows are counted.
func (i *Item) turn(from, last time.Time) time.Time {
	w := i.Check.Between
	t := i.aligned(from)
	if w.text == "" || !i.byDay() && w.Has(t) {
		return t
	}
	begin, end := w.next(from)
	for limit := from.Add(maxInterval); begin.Before(limit); begin, end = w.next(end) {
		t = i.turnWithin(begin, end, from)
		if !t.IsZero() && (!i.byDay() || i.Due(last, t)) {
			return t
		}
	}
	return begin
}

// turnWithin returns the first turn in a window, not before a time; zero where there is
// none.
func (i *Item) turnWithin(begin, end, from time.Time) time.Time {
	if !i.byDay() && i.aligned(begin).Before(end) {
		if t := i.aligned(later(begin, from)); t.Before(end) {
			return t
		}
		return time.Time{}
	}
	if t := begin.Add(i.share(min(end.Sub(begin), i.every()))); !t.Before(from) {
		return t
	}
	return time.Time{}
}

// byDay reports whether the item has one turn in each of its windows, or in every so many.
func (i *Item) byDay() bool {
	every := i.Check.Every
	return i.Check.Between.text != "" && every >= wholeDay && every%wholeDay == 0
}

// next returns the window that a time is in, or else the next one: its first moment, and
// the first after it.
func (w Window) next(from time.Time) (begin, end time.Time) {
	begin = from.Truncate(time.Minute)
	for limit := begin.Add(maxInterval); !w.Has(begin) && begin.Before(limit); {
		begin = begin.Add(time.Minute)
	}
	day, _ := w.opened(begin)
	same := func(t time.Time) bool { d, in := w.opened(t); return in && d == day }
	for end = begin.Add(time.Minute); same(end); {
		end = end.Add(time.Minute)
	}
	for before := begin.Add(-time.Minute); same(before); before = before.Add(-time.Minute) {
		begin = before
	}
	return begin, end
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// The turns of those that are late, such as all of a new file: so many a second, within
// so long.
const (
	lateEach   = 60 * time.Millisecond
	lateWithin = time.Minute
)

// first returns the turn with which an item of so many begins. It is soon where the last one was
// missed, because nothing ran then, or because the clock was wrong.
func (i *Item) first(now, last time.Time, of int) time.Time {
	due := last.IsZero() || last.After(now)
	if !due {
		next := i.turn(last.Add(i.every()/2), last)
		if !next.Before(now) {
			return next
		}
	}
	if !i.Check.Between.Has(now) {
		return i.turn(now, last)
	}
	return now.Add(i.share(min(i.every(), lateWithin, time.Duration(of)*lateEach)))
}

// following returns the next turn, after now, of an item that began to run at a time.
func (i *Item) following(began, now time.Time) time.Time {
	return i.turn(later(now.Add(1), began.Add(i.every()/2)), began)
}
