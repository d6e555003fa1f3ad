package history

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"

	"mailprobe/probe"
)

// Total is the name under which Day.Times has the time of the whole result, next to
// those of its steps.
const Total = probe.TotalFact

// Counts is the number of results by status.
type Counts struct {
	Unknown, Skipped, OK, Warning, Critical int64
	// Refused is the number of warnings in which the server refused what the check is
	// for, such as a recipient or a log-in.
	Refused int64
	// Silenced is the number of results, of any status, within silences and maintenance
	// windows. They are in none of the other numbers.
	Silenced int64
}

// verdict is what is counted of a result.
type verdict struct {
	status            probe.Status
	refused, silenced bool
}

func verdictOf(r *probe.Result) verdict { return verdict{r.Status, r.Refused, r.Silenced != nil} }

// add counts a result.
func (c *Counts) add(v verdict) {
	if v.silenced {
		c.Silenced++
		return
	}
	if v.status == probe.Warning && v.refused {
		c.Refused++
	}
	switch v.status {
	case probe.Skipped:
		c.Skipped++
	case probe.OK:
		c.OK++
	case probe.Warning:
		c.Warning++
	case probe.Critical:
		c.Critical++
	default:
		c.Unknown++
	}
}

// Merge adds other counts.
func (c *Counts) Merge(o Counts) {
	c.Unknown += o.Unknown
	c.Skipped += o.Skipped
	c.OK += o.OK
	c.Warning += o.Warning
	c.Critical += o.Critical
	c.Refused += o.Refused
	c.Silenced += o.Silenced
}

// Total returns the number of all results.
func (c Counts) Total() int64 {
	return c.Unknown + c.Skipped + c.OK + c.Warning + c.Critical + c.Silenced
}

// Up returns the share, from 0 to 1, of results that found the server doing its job (OK,
// or a Warning in which it refused nothing) among those that are OK, Warning or Critical;
// skipped, unknown and silenced ones do not count. known is false if there is none.
func (c Counts) Up() (share float64, known bool) {
	up, all := c.OK+c.Warning-min(c.Refused, c.Warning), c.OK+c.Warning+c.Critical
	if all == 0 {
		return 0, false
	}
	return float64(up) / float64(all), true
}

// Worst returns the worst status that occurred and was not silenced, Unknown if there is no
// result, Skipped if all were silenced.
func (c Counts) Worst() probe.Status {
	switch {
	case c.Critical > 0:
		return probe.Critical
	case c.Warning > 0:
		return probe.Warning
	case c.Unknown > 0 || c.Total() == 0:
		return probe.Unknown
	case c.OK > 0:
		return probe.OK
	}
	return probe.Skipped
}

// Day summarises the results of one series on one day.
type Day struct {
	// Date is the beginning of the day, in UTC.
	Date time.Time
	Counts
	// Times has the times of the results (Total), of each step, and of each fact that
	// is a time, by name.
	Times map[string]*Times
}

// Merge adds the results of another series, or of another day.
func (d *Day) Merge(o Day) {
	d.Counts.Merge(o.Counts)
	for name, t := range o.Times {
		d.times(name).Merge(t)
	}
}

func (d *Day) times(name string) *Times {
	if d.Times == nil {
		d.Times = map[string]*Times{}
	}
	t := d.Times[name]
	if t == nil {
		t = &Times{}
		d.Times[name] = t
	}
	return t
}

// maxNames is the maximum number of names in Day.Times.
const maxNames = 64

// Add adds a result and its times. Only successful steps show how fast a server is:
// steps that failed or were skipped are left out of the times, as is the total of a
// result that failed.
func (d *Day) Add(r *probe.Result) {
	d.Counts.add(verdictOf(r))
	if r.Status == probe.OK || r.Status == probe.Warning {
		d.addElapsed(Total, r.Elapsed)
	}
	for _, s := range r.Steps {
		if s.Item != "" || s.Status != probe.OK && s.Status != probe.Warning {
			continue
		}
		d.addElapsed(s.Name, s.Elapsed)
		for _, f := range s.Facts {
			if isNumber(f) && f.Unit == probe.Seconds && r.Step(f.Name) == nil {
				d.addTime(f.Name, timeOf(*f.Value))
			}
		}
	}
}

// addCompact is Add for a result in its stored form.
func (d *Day) addCompact(v verdict, elapsed time.Duration, shape []shapeStep, numbers []byte) {
	d.Counts.add(v)
	if v.status == probe.OK || v.status == probe.Warning {
		d.addElapsed(Total, elapsed)
	}
	in := numberReader{rest: numbers}
	for _, s := range shape {
		took := in.span()
		well := s.Item == "" && (s.Status == probe.OK || s.Status == probe.Warning)
		if well && in.err == nil {
			d.addElapsed(s.Name, took)
		}
		for _, f := range s.Facts {
			v := in.value(f.Unit)
			isStep := slices.ContainsFunc(shape, func(s shapeStep) bool { return s.Name == f.Name })
			if well && f.Unit == probe.Seconds && !isStep && in.err == nil {
				d.addTime(f.Name, timeOf(v))
			}
		}
	}
}

// timeOf returns the time of a fact, rounded to the microsecond, as it is stored.
func timeOf(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds*1e6)) * time.Microsecond
}

// addElapsed adds the time of a result or of a step, unless it is not known.
func (d *Day) addElapsed(name string, t time.Duration) {
	if micros(t) > 0 {
		d.addTime(name, t)
	}
}

func (d *Day) addTime(name string, t time.Duration) {
	if d.Times[name] != nil || len(d.Times) < maxNames {
		d.times(name).Add(t)
	}
}

// encode returns the times of the day as they are stored.
func (d *Day) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(d.Times)))
	for _, name := range slices.Sorted(maps.Keys(d.Times)) {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = d.Times[name].append(append(b, name...))
	}
	return b
}

// decode reads what encode returned. Damaged parts are left out.
func (d *Day) decode(b []byte) {
	in := numberReader{rest: b}
	for range min(in.uvarint(), maxNames) {
		n := in.uvarint()
		if n > uint64(len(in.rest)) {
			return
		}
		name := string(in.rest[:n])
		in.rest = in.rest[n:]
		t := in.times()
		if in.err != nil {
			return
		}
		*d.times(name) = t
	}
}

const dayLength = 24 * time.Hour

// dayOf returns the number of days (UTC) since 1970.
func dayOf(t time.Time) int64 {
	sec := t.Unix()
	return (sec - ((sec%86400)+86400)%86400) / 86400
}

// dateOf is the inverse of dayOf.
func dateOf(day int64) time.Time { return time.Unix(day*86400, 0).UTC() }
