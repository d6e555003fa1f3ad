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

// Percentiles are exact for few round trips and within 1% for many.
func TestPercentile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 100, exactTrips, exactTrips + 1, 50000} {
		var s Stats
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(1000 * math.Exp(rng.Float64()*16)) // 1 us to 8.9 s
			s.Add(Reply{Outcome: Received, RTT: all[i]})
		}
		slices.Sort(all)
		for _, p := range []float64{0, 1, 50, 95, 99, 100} {
			want, got := all[max(int(math.Ceil(p/100*float64(n))), 1)-1], s.Percentile(p)
			if off := math.Abs(float64(got-want)) / float64(want); n <= exactTrips && got != want || off > 0.01 {
				t.Errorf("%d round trips, percentile %g: got %s, want %s", n, p, got, want)
			}
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
	for _, n := range []int{1, exactTrips} { // exact, then in buckets
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
