// Package sketch sums up any number of durations in little memory, so that percentiles
// can be asked for. A sketch counts how many durations fall in each of many buckets,
// whose ends grow by a ratio, as DDSketch does (Masson, Rim and Lee, 2019): so a
// percentile is wrong by a bounded share of itself, and sketches can be merged.
package sketch

import (
	"math"
	"slices"
	"time"
)

// DefaultRatio is that of a Sketch without one.
const DefaultRatio = 1.05

// longest is a little less than the longest Duration.
const longest = 1<<63 - 1<<10

// MaxPower bounds Bucket.Power for DefaultRatio: the longest Duration, some 292 years,
// has a power of 754.
const MaxPower = 900

// A Sketch sums up durations. The zero value is empty and ready for use.
type Sketch struct {
	// Ratio is that of the upper end of a bucket to its lower end, above 1; 0 for
	// DefaultRatio. A percentile above a microsecond is within (Ratio-1)/2 of the true
	// one.
	Ratio float64
	// Exact is how many durations are kept as they are before they go to buckets.
	Exact int

	exact   []time.Duration
	buckets []Bucket // by their power
}

// A Bucket counts the durations in (Ratio^(Power-1), Ratio^Power], in microseconds. All
// up to one microsecond have the power 0.
type Bucket struct {
	Power, Count int64
}

// Of returns a sketch of DefaultRatio with the given buckets, ordered by their power.
func Of(buckets []Bucket) Sketch { return Sketch{buckets: buckets} }

// Buckets returns the buckets by their power, without the durations kept as they are.
func (s *Sketch) Buckets() []Bucket { return s.buckets }

func (s *Sketch) ratio() float64 {
	if s.Ratio == 0 {
		return DefaultRatio
	}
	return s.Ratio
}

// Add adds a duration; one below 0 counts as 0.
func (s *Sketch) Add(d time.Duration) {
	if len(s.buckets) == 0 && len(s.exact) < s.Exact {
		s.exact = append(s.exact, d)
		return
	}
	for _, e := range s.exact {
		s.count(e)
	}
	s.exact = nil
	s.count(d)
}

func (s *Sketch) count(d time.Duration) {
	p := s.power(d)
	i, end := 0, len(s.buckets)
	for i < end {
		if middle := (i + end) / 2; s.buckets[middle].Power < p {
			i = middle + 1
		} else {
			end = middle
		}
	}
	if i == len(s.buckets) || s.buckets[i].Power != p {
		s.buckets = slices.Insert(s.buckets, i, Bucket{Power: p})
	}
	s.buckets[i].Count++
}

func (s *Sketch) power(d time.Duration) int64 {
	us := d.Seconds() * 1e6
	if us <= 1 {
		return 0
	}
	return int64(math.Ceil(math.Log(us) / math.Log(s.ratio())))
}

// Merge adds the buckets of another sketch of the same ratio.
func (s *Sketch) Merge(other *Sketch) { s.buckets = merge(s.buckets, other.buckets) }

// merge adds up buckets, both in order of their powers.
func merge(a, b []Bucket) []Bucket {
	sum := make([]Bucket, 0, max(len(a), len(b))+4)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Power < b[0].Power:
			sum, a = append(sum, a[0]), a[1:]
		case a[0].Power > b[0].Power:
			sum, b = append(sum, b[0]), b[1:]
		default:
			sum = append(sum, Bucket{a[0].Power, a[0].Count + b[0].Count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(sum, a...), b...)
}

// Rank returns the duration that stands at a place in order, from 1 for the shortest; the
// longest where the place is behind it, and 0 of no durations.
func (s *Sketch) Rank(place int64) time.Duration {
	place = max(place, 1)
	if len(s.exact) > 0 {
		return slices.Sorted(slices.Values(s.exact))[min(place, int64(len(s.exact)))-1]
	}
	for i, b := range s.buckets {
		if place -= b.Count; place <= 0 || i == len(s.buckets)-1 {
			return s.middle(b)
		}
	}
	return 0
}

// middle is the time that is as far from either end of the bucket, as a ratio.
func (s *Sketch) middle(b Bucket) time.Duration {
	if b.Power <= 0 {
		return time.Microsecond
	}
	r := s.ratio()
	return time.Duration(min(math.Exp(float64(b.Power)*math.Log(r))*2/(r+1)*float64(time.Microsecond), longest))
}

// Each calls f with the durations in no order: each that is kept as it is, then the
// middle of each bucket with how many fell into it.
func (s *Sketch) Each(f func(d time.Duration, n int64)) {
	for _, d := range s.exact {
		f(d, 1)
	}
	for _, b := range s.buckets {
		f(s.middle(b), b.Count)
	}
}
