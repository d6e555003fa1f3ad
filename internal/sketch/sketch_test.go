package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// shapes are distributions of times as they are measured.
var shapes = map[string]func(*rand.Rand) float64{
	"log-normal":  func(r *rand.Rand) float64 { return 2e7 * math.Exp(r.NormFloat64()) },
	"uniform":     func(r *rand.Rand) float64 { return 1e6 + 9e8*r.Float64() },
	"two peaks":   func(r *rand.Rand) float64 { return []float64{3e5, 4e10}[r.IntN(2)] * (1 + r.Float64()/10) },
	"exponential": func(r *rand.Rand) float64 { return 2e3 + 1e8*r.ExpFloat64() },
}

// Every percentile is within half of what the ratio is above 1, of the true one.
func TestAccuracy(t *testing.T) {
	for _, ratio := range []float64{1.016, DefaultRatio} {
		for name, next := range shapes {
			r := rand.New(rand.NewPCG(1, 2))
			s := Sketch{Ratio: ratio}
			all := make([]time.Duration, 50_000)
			for i := range all {
				all[i] = time.Duration(next(r))
				s.Add(all[i])
			}
			slices.Sort(all)
			worst := 0.0
			for _, p := range []float64{0.1, 1, 25, 50, 75, 95, 99, 99.9} {
				place := int64(math.Ceil(p / 100 * float64(len(all))))
				want, got := all[place-1], s.Rank(place)
				worst = max(worst, math.Abs(float64(got-want))/float64(want))
			}
			if worst > (ratio-1)/2+1e-6 {
				t.Errorf("ratio %g, %s: a percentile is wrong by %.2f%%", ratio, name, 100*worst)
			}
			if len(s.Buckets()) > 1000 {
				t.Errorf("ratio %g, %s: %d buckets", ratio, name, len(s.Buckets()))
			}
		}
	}
}

// As long as there are few, they are kept as they are; then none gets lost.
func TestExact(t *testing.T) {
	s := Sketch{Exact: 100}
	for i := 100; i > 0; i-- {
		s.Add(time.Duration(i) * time.Millisecond)
	}
	if got := s.Rank(37); got != 37*time.Millisecond || len(s.Buckets()) != 0 {
		t.Errorf("the 37th of 100 is %s, in %d buckets", got, len(s.Buckets()))
	}
	s.Add(time.Second)
	count := int64(0)
	s.Each(func(_ time.Duration, n int64) { count += n })
	if off := s.Rank(37).Seconds()/0.037 - 1; count != 101 || math.Abs(off) > 0.025 {
		t.Errorf("%d of 101 are left, the 37th is %s", count, s.Rank(37))
	}
}

func TestMergeAndEdges(t *testing.T) {
	var none, a, b, both Sketch
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		both.Add(d)
		if i%3 == 0 {
			a.Add(d)
		} else {
			b.Add(d)
		}
	}
	a.Merge(&b)
	if !slices.Equal(a.Buckets(), both.Buckets()) {
		t.Error("two sketches merged are not the one of both")
	}
	if none.Rank(1) != 0 {
		t.Errorf("of nothing: %s", none.Rank(1))
	}
	none.Add(-time.Second)
	none.Add(math.MaxInt64)
	if got := none.Rank(5); none.Buckets()[1].Power > MaxPower || got.Hours() < 2e6 {
		t.Errorf("%+v, %s", none.Buckets(), got)
	}
}

func BenchmarkAdd(b *testing.B) {
	s := Sketch{Ratio: 1.016}
	for i := range b.N {
		s.Add(time.Duration(i%100_000) * time.Microsecond)
	}
}
