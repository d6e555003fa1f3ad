package history

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// timed is a time that a day sums up, and its name.
type timed struct {
	name string
	took time.Duration
}

// timesOf returns the times of a result that count for its day. Only what went well
// says how fast a server is: steps that failed or were not tried have no part in the
// times, and neither has the whole time of such a result.
func timesOf(r *probe.Result) []timed {
	all := make([]timed, 0, 16)
	if r.Status == probe.OK || r.Status == probe.Warning {
		all = append(all, timed{Total, r.Elapsed})
	}
	for _, s := range r.Steps {
		if s.Item != "" || s.Status != probe.OK && s.Status != probe.Warning {
			continue
		}
		all = append(all, timed{s.Name, s.Elapsed})
		for _, f := range s.Facts {
			if isNumber(f) && f.Unit == probe.Seconds && r.Step(f.Name) == nil {
				all = append(all, timed{f.Name, time.Duration(*f.Value * float64(time.Second))})
			}
		}
	}
	return all
}

// addEncoded adds times to those of a day in the form that Day.encode writes, without
// reading them all into memory: every run does it for every check. It is false where
// the form is damaged, or a name comes twice or is one too many. It sorts added.
func addEncoded(day []byte, added []timed) (sum []byte, ok bool) {
	slices.SortFunc(added, func(a, b timed) int { return strings.Compare(a.name, b.name) })
	w := dayWriter{in: numberReader{rest: day}, out: make([]byte, 0, len(day)+128)}
	if len(day) > 0 {
		w.left = w.in.uvarint()
	}
	w.next()
	for i, t := range added {
		if i > 0 && added[i-1].name == t.name {
			return nil, false
		}
		for w.has && w.name < t.name {
			w.keep()
		}
		w.add(t)
	}
	for w.has {
		w.keep()
	}
	if w.in.err != nil || w.names > maxNames {
		return nil, false
	}
	return append(binary.AppendUvarint(make([]byte, 0, len(w.out)+2), w.names), w.out...), true
}

// dayWriter copies the times of a day, name by name in their order.
type dayWriter struct {
	in    numberReader
	left  uint64 // names that are still to be read
	name  string // the next one, if there is any
	has   bool
	out   []byte
	names uint64 // that were written
}

// next reads the next name.
func (w *dayWriter) next() {
	if w.has = w.left > 0 && w.in.err == nil; !w.has {
		return
	}
	w.left--
	n := w.in.uvarint()
	if n > uint64(len(w.in.rest)) {
		w.in.err, w.has = errNumbers, false
		return
	}
	w.name, w.in.rest = string(w.in.rest[:n]), w.in.rest[n:]
}

func (w *dayWriter) begin(name string) {
	w.names++
	w.out = append(binary.AppendUvarint(w.out, uint64(len(name))), name...)
}

// keep copies the times of the next name.
func (w *dayWriter) keep() {
	w.begin(w.name)
	before := w.in.rest
	w.in.skip(4)
	w.in.skip(2 * w.in.buckets())
	w.out = append(w.out, before[:len(before)-len(w.in.rest)]...)
	w.next()
}

// add writes the times of a name with one more, which is the first of them where the
// name is not the next one.
func (w *dayWriter) add(t timed) {
	w.begin(t.name)
	var times Times
	if !w.has || w.name != t.name {
		times.Add(t.took)
		w.out = times.append(w.out)
		return
	}
	times.Count, times.Sum, times.Min, times.Max = int64(w.in.uvarint()&math.MaxInt64), w.in.span(), w.in.span(), w.in.span()
	times.Add(t.took) // into a bucket of its own, which is put among those that there are
	w.out = times.appendHead(w.out)
	w.addBucket(times.buckets[0].power)
	w.next()
}

// addBucket copies buckets and counts one more of a power.
func (w *dayWriter) addBucket(power int64) {
	n, all := w.in.buckets(), w.in.rest
	var last, below, at, count int64 // powers and their bucket's count
	offset, begin, end, found := 0, 0, 0, false
	for range n {
		p, np := binary.Uvarint(all[offset:])
		c, nc := binary.Uvarint(all[offset+max(np, 0):])
		if np <= 0 || nc <= 0 {
			w.in.err = errNumbers
			return
		}
		here := offset
		offset += np + nc
		if last += int64(p); !found && last >= power {
			begin, end, found, below, at, count = here, offset, true, last-int64(p), last, int64(c)
		}
	}
	if !found {
		begin, end, below = offset, offset, last
	}
	if found && at == power {
		w.out = appendBucket(append(binary.AppendUvarint(w.out, n), all[:begin]...), power-below, count+1)
	} else {
		w.out = appendBucket(append(binary.AppendUvarint(w.out, n+1), all[:begin]...), power-below, 1)
		if found {
			w.out = appendBucket(w.out, at-power, count)
		}
	}
	w.out = append(w.out, all[end:offset]...)
	w.in.rest = all[offset:]
}

// appendBucket writes by how much a bucket's power is above the one before, and its
// count.
func appendBucket(b []byte, above, count int64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(above)), uint64(count))
}

// skip reads so many numbers.
func (r *numberReader) skip(n uint64) {
	for range n {
		r.uvarint()
	}
}

// buckets reads how many buckets follow.
func (r *numberReader) buckets() uint64 {
	n := r.uvarint()
	if n > maxPower {
		r.rest, r.err = nil, errNumbers
		return 0
	}
	return n
}
