package icmp

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestStatsOfKnownSamples(t *testing.T) {
	s := Stats{Sent: 10}
	for i := range 8 {
		s.Add(Reply{Outcome: Received, RTT: []time.Duration{2, 4, 4, 4, 5, 5, 7, 9}[i] * time.Millisecond})
	}
	s.Add(Reply{Outcome: Lost})
	s.Add(Reply{Outcome: Lost})
	s.Add(Reply{Outcome: Late, RTT: 3 * time.Second})
	if s.Avg() != 5*time.Millisecond || s.StdDev() != 2*time.Millisecond {
		t.Errorf("average %s, deviation %s; want 5ms, 2ms", s.Avg(), s.StdDev())
	}
	if s.Min != 2*time.Millisecond || s.Max != 9*time.Millisecond || s.Percentile(50) != 4*time.Millisecond {
		t.Errorf("min %s median %s max %s", s.Min, s.Percentile(50), s.Max)
	}
	if s.Loss() != 20 || s.Lost != 1 || s.Late != 1 {
		t.Errorf("loss %g%%, lost %d, late %d", s.Loss(), s.Lost, s.Late)
	}
}

func TestStatsOfNothing(t *testing.T) {
	var s Stats
	if s.Loss() != 0 || s.Avg() != 0 || s.StdDev() != 0 || s.Percentile(99) != 0 || s.ClockText() != "none" {
		t.Errorf("the zero Stats is not all zero: %+v", s)
	}
}

// Percentiles are exact for few samples and within 1% for many, whatever the
// size of the times.
func TestDigestAgainstSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 100, digestExact, digestExact + 1, 50000} {
		var d digest
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(math.Exp(rng.Float64() * 23)) // 1 ns to 9.7 s
			d.add(all[i])
		}
		slices.Sort(all)
		for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.99, 1} {
			want := all[min(max(int(math.Ceil(q*float64(n))), 1), n)-1]
			got := d.quantile(q)
			off := math.Abs(float64(got-want)) / float64(want)
			if n <= digestExact && got != want || off > 0.01 && (got-want).Abs() > 8 {
				t.Errorf("%d samples, quantile %g: got %s, want %s", n, q, got, want)
			}
		}
	}
}

func TestDigestBounds(t *testing.T) {
	for _, v := range []time.Duration{-1, 0, 1, 1023, 1024, 1 << 41, 1 << 50, math.MaxInt64} {
		if b := bucketOf(v); b < 0 || b >= digestBuckets {
			t.Errorf("bucket of %d is %d", v, b)
		}
	}
}

func FuzzStatsAddUp(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, outcomes []byte) {
		var s Stats
		for _, o := range outcomes {
			switch out := Received + Outcome(o%4); out {
			case Late:
				s.Sent++
				s.Add(Reply{Outcome: Lost})
				s.Add(Reply{Outcome: Late})
			default:
				s.Sent++
				s.Add(Reply{Outcome: out, RTT: time.Duration(o)})
			}
		}
		if s.Sent != s.Received+s.Lost+s.Late+s.Errors {
			t.Errorf("%+v", s)
		}
	})
}

func TestHistogram(t *testing.T) {
	var s Stats
	if s.Histogram(4) != nil {
		t.Error("a histogram of nothing")
	}
	for _, n := range []int{1, digestExact} { // exact, then in buckets
		for range n {
			for _, ms := range []time.Duration{10, 11, 12, 13, 50} {
				s.Add(Reply{Outcome: Received, RTT: ms * time.Millisecond})
			}
		}
		if got := s.Histogram(4); got[0] != s.Received/5*4 || got[1]+got[2] != 0 || got[3] != s.Received/5 {
			t.Errorf("%d samples: %v", s.Received, got)
		}
	}
}
