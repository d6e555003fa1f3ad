package icmp

import (
	"fmt"
	"math"
	"time"

	"mailprobe/internal/sketch"
)

// Stats sums up the replies of one target. The zero value is ready for use.
// Sent is always Received + Lost + Late + Errors once no probe is in flight.
type Stats struct {
	Sent     int // probes, those that could not be sent included
	Received int // right answers in time
	Lost     int // no answer at all
	Late     int // right answers after the wait was over
	Errors   int // probes that could not be sent or met an ICMP error

	Duplicates int // further answers to an answered probe
	Reordered  int // received answers that a later probe's answer overtook
	Cut        int // received answers that were shorter than their request
	Corrupted  int // packets with altered or missing bytes
	Foreign    int // right bytes from another address

	Min, Max time.Duration // round-trip times of the received
	Jitter   time.Duration // mean difference between one round trip and the next
	Queued   time.Duration // mean of what the received spent in this machine before they left it; part of their round trips
	MaxQueue time.Duration // the longest of that
	TTL      int           // of the last answer received, 0 if not known
	Clock    Clock         // the least exact clock a round trip was measured with, see ClockText
	LastErr  error         // the last failure, nil without Errors

	// Samples takes the round trip of each probe by its number, as far as it is long;
	// those that are not answered stay as they are.
	Samples []time.Duration

	mean, m2  float64 // Welford's running mean and sum of squares, in ns
	Last      time.Duration
	CutTo     int // octets of the last answer that was cut
	jitterSum time.Duration
	queuedSum time.Duration
	clocks    [MonotonicClock + 1]int
	trips     sketch.Sketch
}

// Round trips are kept as they are up to exactTrips, and then in buckets whose ends grow
// by tripRatio.
const (
	exactTrips = 4096
	tripRatio  = 1.016
)

// Add books one reply.
func (s *Stats) Add(r Reply) {
	switch r.Outcome {
	case Received:
		if int64(len(s.Samples)) > r.Seq {
			s.Samples[r.Seq] = r.RTT
		}
		s.Received++
		if r.Revived {
			s.Lost--
		}
		s.addRTT(r)
	case Lost:
		s.Lost++
	case Late:
		s.Late++
		s.Lost--
	case Failed:
		s.Errors++
		if r.Revived {
			s.Lost--
		}
		s.LastErr = r.Err
	case Duplicate:
		s.Duplicates++
	case Corrupted:
		s.Corrupted++
	case Foreign:
		s.Foreign++
	}
}

func (s *Stats) addRTT(r Reply) {
	if r.Reordered {
		s.Reordered++
	}
	if r.Cut {
		s.Cut++
		s.CutTo = r.Size
	}
	if s.Received == 1 || r.RTT < s.Min {
		s.Min = r.RTT
	}
	s.Max = max(s.Max, r.RTT)
	s.TTL = r.TTL
	s.Clock = max(s.Clock, r.Clock)
	s.clocks[r.Clock]++
	delta := float64(r.RTT) - s.mean
	s.mean += delta / float64(s.Received)
	s.m2 += delta * (float64(r.RTT) - s.mean)
	if s.Received > 1 {
		s.jitterSum += (r.RTT - s.Last).Abs()
		s.Jitter = s.jitterSum / time.Duration(s.Received-1)
	}
	s.Last = r.RTT
	s.queuedSum += r.Queued
	s.Queued = s.queuedSum / time.Duration(s.Received)
	s.MaxQueue = max(s.MaxQueue, r.Queued)
	if s.Received == 1 {
		s.trips = sketch.Sketch{Ratio: tripRatio, Exact: exactTrips}
	}
	s.trips.Add(r.RTT)
}

// Brief returns a copy without what percentiles are made of. It can be read while
// the original changes.
func (s *Stats) Brief() Stats {
	b := *s
	b.trips, b.Samples = sketch.Sketch{}, nil
	return b
}

// Loss returns the share of probes without a right answer in time, in percent
// from 0 to 100. Of no probes at all it is 0.
func (s *Stats) Loss() float64 {
	if s.Sent == 0 {
		return 0
	}
	return 100 * float64(s.Sent-s.Received) / float64(s.Sent)
}

// Avg returns the arithmetic mean of the round-trip times, 0 without any.
func (s *Stats) Avg() time.Duration { return time.Duration(math.Round(s.mean)) }

// StdDev returns the population standard deviation of the round-trip times.
func (s *Stats) StdDev() time.Duration {
	if s.Received == 0 {
		return 0
	}
	return time.Duration(math.Sqrt(s.m2 / float64(s.Received)))
}

// ClockText names the clock that most round trips were measured with and, if not
// all were, how many: "kernel, 9 of 10". It is "none" without any. The first answer
// may lack a stamp: Linux gives them to what it receives only some milliseconds
// after the first socket has asked for any.
func (s *Stats) ClockText() string {
	var most Clock
	for c := KernelClock; c <= MonotonicClock; c++ {
		if s.clocks[c] > s.clocks[most] {
			most = c
		}
	}
	if s.clocks[most] == s.Received {
		return most.String()
	}
	return fmt.Sprintf("%s, %d of %d", most, s.clocks[most], s.Received)
}

// Measured returns how many round trips were measured with a clock.
func (s *Stats) Measured(c Clock) int { return s.clocks[c] }

// Percentile returns the round-trip time that p percent of the received did
// not exceed (nearest rank). It is exact for the first 4,096 answers and
// within 1% beyond.
func (s *Stats) Percentile(p float64) time.Duration {
	d := s.trips.Rank(int64(math.Ceil(p / 100 * float64(s.Received))))
	return min(max(d, s.Min), s.Max)
}

// withdraw takes n probes out of the books that were sent but whose end nobody
// waited for.
func (s *Stats) withdraw(n int) { s.Sent -= n }

// Histogram counts the round-trip times in n spans of equal width between
// the shortest and the longest; it is empty without any.
func (s *Stats) Histogram(n int) []int {
	if s.Received == 0 || n < 1 {
		return nil
	}
	spans := make([]int, n)
	width := float64(s.Max-s.Min)/float64(n) + 1
	s.trips.Each(func(d time.Duration, count int64) {
		i := int(float64(d-s.Min) / width)
		spans[min(max(i, 0), n-1)] += int(count)
	})
	return spans
}
