package history

import (
	"encoding/binary"
	"math"
	"time"

	"mailprobe/internal/sketch"
)

// Times sums up many times: exactly how many, the shortest, the average and the
// longest, and percentiles good to 2.5 percent. The zero value is none.
type Times struct {
	// Count is how many there are, Sum all together, Min the shortest, Max the
	// longest.
	Count         int64
	Sum, Min, Max time.Duration

	sketch sketch.Sketch
}

// Average is the mean, 0 of none.
func (t *Times) Average() time.Duration {
	if t.Count == 0 {
		return 0
	}
	return t.Sum / time.Duration(t.Count)
}

// Add adds a time.
func (t *Times) Add(d time.Duration) {
	d = max(d, 0)
	if t.Count == 0 || d < t.Min {
		t.Min = d
	}
	t.Max = max(t.Max, d)
	t.Count++
	t.Sum += d
	t.sketch.Add(d)
}

// Merge adds all times of another.
func (t *Times) Merge(other *Times) {
	if other.Count == 0 {
		return
	}
	if t.Count == 0 || other.Min < t.Min {
		t.Min = other.Min
	}
	t.Max = max(t.Max, other.Max)
	t.Count += other.Count
	t.Sum += other.Sum
	t.sketch.Merge(&other.sketch)
}

// Percentile returns the time that p percent are not above, p from 0 to 100; 0 of
// none.
func (t *Times) Percentile(p float64) time.Duration {
	rank := int64(math.Ceil(p / 100 * float64(t.Count)))
	switch {
	case t.Count == 0:
		return 0
	case rank <= 1:
		return t.Min
	case rank >= t.Count:
		return t.Max
	}
	return min(max(t.sketch.Rank(rank), t.Min), t.Max)
}

// append writes the times, to the microsecond.
func (t *Times) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.Count))
	for _, d := range [...]time.Duration{t.Sum, t.Min, t.Max} {
		b = binary.AppendUvarint(b, micros(d))
	}
	b = binary.AppendUvarint(b, uint64(len(t.sketch.Buckets())))
	last := int64(0)
	for _, k := range t.sketch.Buckets() {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(k.Power-last)), uint64(k.Count))
		last = k.Power
	}
	return b
}

// times reads what append wrote.
func (r *numberReader) times() Times {
	t := Times{Count: int64(r.uvarint() & math.MaxInt64), Sum: r.span(), Min: r.span(), Max: r.span()}
	buckets := make([]sketch.Bucket, r.buckets())
	last := int64(0)
	for i := range buckets {
		last += int64(r.uvarint() % (sketch.MaxPower + 1))
		buckets[i] = sketch.Bucket{Power: last, Count: int64(r.uvarint() & math.MaxInt64)}
	}
	t.sketch = sketch.Of(buckets)
	return t
}

// buckets reads how many buckets follow.
func (r *numberReader) buckets() uint64 {
	n := r.uvarint()
	if n > sketch.MaxPower {
		r.rest, r.err = nil, errNumbers
		return 0
	}
	return n
}
