package suite

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// item makes one with an interval and a window.
func item(t *testing.T, id string, every time.Duration, between string) *Item {
	t.Helper()
	check := &Check{Settings: Settings{Every: every}}
	if between != "" {
		if err := check.Between.UnmarshalText([]byte(between)); err != nil {
			t.Fatal(err)
		}
	}
	return &Item{ID: id, Check: check}
}

// turns are those of an item for some time, each run at once.
func turns(i *Item, from time.Time, during time.Duration) (all []time.Time) {
	for next := i.turn(from, time.Time{}); next.Before(from.Add(during)); next = i.following(next, next) {
		all = append(all, next)
	}
	return all
}

// TestTurnsSpread: turns are an interval apart, are the same whenever they are asked for,
// and those of similar names are spread over the interval.
func TestTurnsSpread(t *testing.T) {
	from := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	var each [10]int
	for n := range 1000 {
		i := item(t, fmt.Sprint("check-", n), time.Minute, "")
		all := turns(i, from, 10*time.Minute)
		if len(all) != 10 || !i.turn(from.Add(7*time.Minute), time.Time{}).Equal(all[7]) {
			t.Fatalf("%s: %v", i.ID, all)
		}
		each[all[0].Sub(from)*10/time.Minute]++
	}
	if least, most := slices.Min(each[:]), slices.Max(each[:]); least < 70 || most > 130 {
		t.Errorf("of 1000 checks each tenth of the interval has %v", each)
	}
}

// TestTurnsInWindows: every turn is in the window, a window that is shorter than the
// interval has one, and of whole days the windows are counted.
func TestTurnsInWindows(t *testing.T) {
	from := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		every   time.Duration
		between string
		want    int // in a week
	}{
		{0, "08:00-18:00", 7 * 120},
		{time.Hour, "mon-fri 08:00-18:00", 50},
		{time.Hour, "03:00-03:10", 7},
		{time.Hour, "sat 23:55-00:05", 1},
		{24 * time.Hour, "03:00-04:00", 7},
		{24 * time.Hour, "mon-fri 00:00-24:00", 5},
		{48 * time.Hour, "22:00-06:00", 4},
		{7 * 24 * time.Hour, "wed 03:00-04:00", 1},
	} {
		for n := range 20 {
			i := item(t, fmt.Sprint("c", n), c.every, c.between)
			all := turns(i, from, 7*24*time.Hour)
			// From a time within a window another one may have begun before.
			if len(all) < c.want-1 || len(all) > c.want+1 {
				t.Errorf("every %s between %s: %d turns in a week, want %d: %v", c.every, c.between, len(all), c.want, all)
			}
			for _, at := range all {
				if !i.Check.Between.Has(at) {
					t.Errorf("every %s between %s: a turn at %s", c.every, c.between, at)
				}
			}
		}
	}
}

// TestTurnNights: a check of every day in a window of the night has one turn in each, also
// where the clock is set.
func TestTurnNights(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2026-03-26", "2026-10-22"} {
		from, err := time.ParseInLocation(time.DateOnly, day, berlin)
		if err != nil {
			t.Fatal(err)
		}
		from = from.Add(12 * time.Hour)
		for _, window := range []string{"02:00-03:00", "02:00-02:30", "01:30-02:30", "23:30-02:30"} {
			if all := turns(item(t, "a", 24*time.Hour, window), from, 7*24*time.Hour); len(all) != 7 {
				t.Errorf("%s from %s: %v", window, day, all)
			}
		}
	}
}

// TestFirstTurn: after a restart an item keeps its turn; one that was missed is made up
// for, within a minute, and so is that of a time still to come.
func TestFirstTurn(t *testing.T) {
	i := item(t, "a", time.Hour, "")
	turn := i.turn(time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC), time.Time{})
	for _, c := range []struct {
		last, now time.Duration // from the turn
		want      time.Duration // at most
	}{
		{0, time.Minute, time.Hour},
		{0, 59 * time.Minute, time.Hour},
		{-time.Hour, time.Minute, 2 * time.Minute},
		{-100 * time.Hour, 0, time.Minute},
		{time.Hour, 0, time.Minute},
	} {
		first := i.first(turn.Add(c.now), turn.Add(c.last), 1000)
		if got := first.Sub(turn); got > c.want || c.want == time.Hour && got != c.want || got < c.now {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if now := turn.Add(time.Minute); i.first(now, time.Time{}, 2).Sub(now) > time.Second {
		t.Error("a check of few that never ran waits")
	}
}
