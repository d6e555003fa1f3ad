package history

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"mailprobe/probe"
)

// slowly is daySum.add by way of a whole Day.
func slowly(times []byte, r *probe.Result) []byte {
	var d Day
	d.decode(times)
	d.Add(r)
	return d.encode()
}

// timing makes a result of steps with times, which may fail.
func timing(random *rand.Rand, names int) *probe.Result {
	took := func() time.Duration {
		return time.Duration(random.Int64N(int64([]time.Duration{time.Microsecond, time.Millisecond, time.Hour}[random.IntN(3)])))
	}
	r := &probe.Result{Status: probe.Status(random.IntN(5)), Elapsed: took()}
	for range random.IntN(6) {
		s := probe.Step{Name: fmt.Sprint("step", random.IntN(names)), Status: probe.Status(random.IntN(5)), Elapsed: took()}
		s.Learn(probe.Duration(fmt.Sprint("fact", random.IntN(names)), took()), probe.Number("size", 5, probe.Bytes))
		r.Steps = append(r.Steps, s)
	}
	return r
}

// TestAddEncoded: what is added to the encoded form is to the byte what is added to
// the day, whatever comes in whichever order.
func TestAddEncoded(t *testing.T) {
	for _, names := range []int{1, 3, 20, 60} {
		random := rand.New(rand.NewPCG(1, uint64(names)))
		var sum daySum
		var want []byte
		for i := range 500 {
			r := timing(random, names)
			sum.add(r)
			if want = slowly(want, r); !bytes.Equal(sum.times, want) {
				t.Fatalf("%d names, result %d: %x, want %x", names, i, sum.times, want)
			}
		}
		if names > 3 && sum.Total() != 500 {
			t.Errorf("%d results are counted", sum.Total())
		}
	}
}

// TestAddEncodedFast: what an ordinary check adds needs no other way.
func TestAddEncodedFast(t *testing.T) {
	var times []byte
	for i := range 100 {
		r := result(begin.Add(time.Duration(i)*time.Minute), probe.OK)
		r.Elapsed = time.Duration(i) * time.Millisecond
		var ok bool
		if times, ok = addEncoded(times, timesOf(r)); !ok {
			t.Fatalf("result %d", i)
		}
	}
}

// FuzzAddEncoded: what is damaged does no harm, and what is not is added to as slowly.
func FuzzAddEncoded(f *testing.F) {
	f.Add([]byte{1, 1, 'a', 1, 5, 5, 5, 1, 33, 1}, int64(time.Millisecond))
	f.Fuzz(func(t *testing.T, day []byte, took int64) {
		var d Day
		d.decode(day)
		if !bytes.Equal(d.encode(), day) {
			day = d.encode()
		}
		added := []timed{{"a", time.Duration(took)}, {"b", time.Second}}
		got, ok := addEncoded(day, added)
		if !ok {
			return
		}
		for _, a := range added {
			d.addTime(a.name, a.took)
		}
		if want := d.encode(); !bytes.Equal(got, want) {
			t.Errorf("%x and %d: %x, want %x", day, took, got, want)
		}
	})
}
