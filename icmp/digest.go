package icmp

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

const (
	digestExact   = 4096 // samples kept as they are
	digestSubBits = 7    // 128 buckets per power of two: 0.8% wide
	digestMinBits = 10   // everything under 1,024 ns falls in 8 ns buckets
	digestMaxBits = 42   // 4,398 s; longer times fall in the last bucket
	digestBuckets = (digestMaxBits - digestMinBits + 1) << digestSubBits
)

// A digest answers for percentiles of a stream of durations in bounded memory:
// every sample up to digestExact, a histogram with logarithmic buckets beyond.
// The zero value is empty.
type digest struct {
	exact   []time.Duration // nil once buckets is in use
	buckets []uint32
	total   uint64
}

func (d *digest) add(v time.Duration) {
	d.total++
	if d.buckets == nil && len(d.exact) < digestExact {
		d.exact = append(d.exact, v)
		return
	}
	if d.buckets == nil {
		d.buckets = make([]uint32, digestBuckets)
		for _, e := range d.exact {
			d.buckets[bucketOf(e)]++
		}
		d.exact = nil
	}
	d.buckets[bucketOf(v)]++
}

// quantile returns the sample of rank ceil(q*n), 0 when there is none.
func (d *digest) quantile(q float64) time.Duration {
	if d.total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(d.total)))
	rank = min(max(rank, 1), d.total)
	if d.buckets == nil {
		return slices.Sorted(slices.Values(d.exact))[rank-1]
	}
	for i, n := range d.buckets {
		if rank <= uint64(n) {
			return bucketMiddle(i)
		}
		rank -= uint64(n)
	}
	return bucketMiddle(digestBuckets - 1)
}

// bucketOf returns the index of the bucket that v falls in.
func bucketOf(v time.Duration) int {
	u := uint64(max(v, 0))
	if u >= 1<<digestMaxBits {
		return digestBuckets - 1
	}
	if u < 1<<digestMinBits {
		return int(u >> (digestMinBits - digestSubBits))
	}
	top := bits.Len64(u) - 1
	sub := int(u>>(top-digestSubBits)) & (1<<digestSubBits - 1)
	return (top-digestMinBits+1)<<digestSubBits + sub
}

// bucketMiddle returns the duration halfway through bucket i.
func bucketMiddle(i int) time.Duration {
	octave, sub := i>>digestSubBits, i&(1<<digestSubBits-1)
	if octave == 0 {
		width := 1 << (digestMinBits - digestSubBits)
		return time.Duration(sub*width + width/2)
	}
	shift := octave + digestMinBits - 1 - digestSubBits
	low := (1<<digestSubBits + sub) << shift
	return time.Duration(low + 1<<shift/2)
}

// each calls f with samples in no order: each of its own while they are kept
// exactly, else the middle of a bucket with how many fell into it.
func (d *digest) each(f func(v time.Duration, n int)) {
	for _, v := range d.exact {
		f(v, 1)
	}
	for i, n := range d.buckets {
		if n > 0 {
			f(bucketMiddle(i), int(n))
		}
	}
}
