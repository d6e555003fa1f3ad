package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// perTime is a rate such as 2/s, as the value of an option. The zero value is none.
type perTime struct {
	count float64
	per   time.Duration
	text  string
}

// rateUnits are what a rate may be per.
var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// Set implements probe.Value.
func (r *perTime) Set(text string) error {
	number, unit, ok := strings.Cut(text, "/")
	if !ok {
		unit = "s"
	}
	count, err := strconv.ParseFloat(number, 64)
	if err != nil || !(count > 0 && count <= 1e6) || rateUnits[unit] == 0 {
		return fmt.Errorf("%q is no rate; a number up to 1000000 for a second, minute or hour would be right, such as 2/s or 30/m", text)
	}
	*r = perTime{count, rateUnits[unit], text}
	return nil
}

// String implements probe.Value.
func (r *perTime) String() string { return r.text }

// perSecond returns how many there may be in a second; 0 where none was set.
func (r *perTime) perSecond() float64 {
	if r.per == 0 {
		return 0
	}
	return r.count / r.per.Seconds()
}
