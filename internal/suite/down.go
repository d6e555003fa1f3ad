package suite

import (
	"fmt"
	"strconv"
	"strings"
)

// Down is how many places must see a check fail before it is down. The zero value is
// majority.
type Down struct {
	text string
	rule string // one of the words; empty for a number
	k    int    // of "2" and "2 of 3"
	of   int    // of "2 of 3", else 0
}

// The words for a rule that is relative to how many places have a fresh result.
const (
	downMajority = "majority"
	downAll      = "all"
	downAny      = "any"
)

// UnmarshalText reads "majority", "all", "any", "2" or "2 of 3".
func (d *Down) UnmarshalText(text []byte) error {
	word := strings.ToLower(strings.TrimSpace(string(text)))
	*d = Down{text: word}
	switch word {
	case downMajority, downAll, downAny:
		d.rule = word
		return nil
	}
	number, of, both := strings.Cut(word, " of ")
	var errK, errOf error
	d.k, errK = strconv.Atoi(number)
	if both {
		d.of, errOf = strconv.Atoi(of)
	}
	if errK != nil || errOf != nil || d.k < 1 || both && d.of < d.k {
		return fmt.Errorf("%q is none of majority, all, any, a number of places such as 2, or 2 of 3", text)
	}
	return nil
}

// String returns the rule as it was written.
func (d Down) String() string {
	if d.text == "" {
		return downMajority
	}
	return d.text
}

// fault returns why the rule does not fit a number of places, or nothing.
func (d Down) fault(places int) string {
	switch {
	case d.of != 0 && d.of != places:
		return fmt.Sprintf("down: %s: the check is run from %d places, so it would be %d of %d", d, places, min(d.k, places), places)
	case d.k > places:
		return fmt.Sprintf("down: %s: the check is run from %d places, and would never be down", d, places)
	}
	return ""
}

// needed is how many places must see the check fail, given how many have a fresh result of
// all that run it. One of several is never enough, unless the rule says so.
func (d Down) needed(fresh, places int) int {
	switch {
	case d.k > 0:
		return d.k
	case d.rule == downAny:
		return 1
	case d.rule == downAll:
		return max(fresh, min(2, places))
	}
	return max(fresh/2+1, min(2, places))
}
