package history

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// Times sums up many times: exactly how many, the shortest, the average and the
// longest, and percentiles good to 2.5 percent. The zero value is none.
type Times struct {
	// Count is how many there are, Sum all together, Min the shortest, Max the
	// longest.
	Count         int64
	Sum, Min, Max time.Duration

	// buckets count the times of each power of base, in microseconds.
	buckets []bucket
}

type bucket struct {
	power int64 // the times in it are in (base^(power-1), base^power]
	count int64
}

// base is the width of a bucket. The middle of one is within 2.5 percent of all in
// it.
const base = 1.05

// maxPower is that of the longest time there can be, some 292,000 years.
const maxPower = 900

var logBase = math.Log(base)

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
	p := power(d)
	i, found := slices.BinarySearchFunc(t.buckets, p, func(b bucket, p int64) int { return int(b.power - p) })
	if !found {
		t.buckets = slices.Insert(t.buckets, i, bucket{power: p})
	}
	t.buckets[i].count++
}

func power(d time.Duration) int64 {
	us := d.Seconds() * 1e6
	if us <= 1 {
		return 0
	}
	return int64(math.Ceil(math.Log(us) / logBase))
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
	t.buckets = merge(t.buckets, other.buckets)
}

// merge adds up buckets, both in order of their powers.
func merge(a, b []bucket) []bucket {
	sum := make([]bucket, 0, max(len(a), len(b))+4)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].power < b[0].power:
			sum, a = append(sum, a[0]), a[1:]
		case a[0].power > b[0].power:
			sum, b = append(sum, b[0]), b[1:]
		default:
			sum = append(sum, bucket{a[0].power, a[0].count + b[0].count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(sum, a...), b...)
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
	for _, b := range t.buckets {
		if rank -= b.count; rank <= 0 {
			return min(max(b.middle(), t.Min), t.Max)
		}
	}
	return t.Max
}

// middle is the time that is as far from either end of the bucket, as a ratio.
func (b bucket) middle() time.Duration {
	if b.power <= 0 {
		return time.Microsecond
	}
	return time.Duration(math.Exp(float64(b.power)*logBase) * 2 / (base + 1) * float64(time.Microsecond))
}

// append writes the times, to the microsecond.
func (t *Times) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.Count))
	for _, d := range [...]time.Duration{t.Sum, t.Min, t.Max} {
		b = binary.AppendUvarint(b, micros(d))
	}
	b = binary.AppendUvarint(b, uint64(len(t.buckets)))
	last := int64(0)
	for _, k := range t.buckets {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(k.power-last)), uint64(k.count))
		last = k.power
	}
	return b
}

// times reads what append wrote.
func (r *numberReader) times() Times {
	t := Times{Count: int64(r.uvarint() & math.MaxInt64), Sum: r.span(), Min: r.span(), Max: r.span()}
	t.buckets = make([]bucket, r.buckets())
	last := int64(0)
	for i := range t.buckets {
		last += int64(r.uvarint() % (maxPower + 1))
		t.buckets[i] = bucket{last, int64(r.uvarint() & math.MaxInt64)}
	}
	return t
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
