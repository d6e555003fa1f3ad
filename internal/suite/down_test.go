package suite

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// TestDownNeeds: how many places must see a check fail, by rule and by how many of them have
// seen it at all.
func TestDownNeeds(t *testing.T) {
	for _, c := range []struct {
		rule          string
		fresh, places int
		want          int
	}{
		{"", 3, 3, 2}, {"majority", 3, 3, 2}, {"majority", 4, 4, 3}, {"majority", 5, 5, 3},
		{"majority", 2, 3, 2}, {"majority", 1, 3, 2}, {"majority", 0, 3, 2}, {"majority", 1, 1, 1}, {"majority", 2, 2, 2},
		{"all", 3, 3, 3}, {"all", 2, 3, 2}, {"all", 1, 3, 2}, {"all", 1, 1, 1},
		{"any", 3, 3, 1}, {"any", 0, 3, 1}, {"ANY", 2, 2, 1},
		{"2 of 3", 3, 3, 2}, {"2 of 3", 1, 3, 2}, {"2", 5, 5, 2}, {"3", 2, 5, 3}, {"1", 3, 3, 1},
	} {
		var d Down
		if c.rule != "" {
			if err := d.UnmarshalText([]byte(c.rule)); err != nil {
				t.Errorf("%s: %v", c.rule, err)
			}
		}
		if got := d.needed(c.fresh, c.places); got != c.want {
			t.Errorf("%q with %d of %d fresh: %d, want %d", c.rule, c.fresh, c.places, got, c.want)
		}
	}
	for _, wrong := range []string{"", "0", "-1", "most", "2of3", "3 of 2", "2 of", "of 3", "2 of 3 of 4", "1e3"} {
		if err := new(Down).UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}

// seen makes a share of words: the place, the status or what it lacks, and the cause.
func seen(words string) share {
	part := strings.Fields(words)
	s := share{place: part[0], fresh: true}
	cause := &probe.Cause{Name: "full"}
	if len(part) > 2 {
		cause = &probe.Cause{Name: part[2]}
	}
	r := &probe.Result{Check: "fake", Summary: "look: " + cause.Name, Elapsed: 2 * time.Second}
	switch part[1] {
	case "ok":
		r.Status, cause = probe.OK, nil
	case "warning":
		r.Status = probe.Warning
	case "down":
		r.Status = probe.Critical
	case "skipped":
		r.Status = probe.Skipped
	case "unknown":
		r.Status = probe.Unknown
	case "stale": // it was down
		r.Status, s.fresh, s.why = probe.Critical, false, "the last result is old"
	case "silent":
		r.Status, s.fresh, s.why, s.cause = probe.Critical, false, "silent", CauseAgentSilent
	case "refused":
		r, s.fresh, s.why, s.cause = nil, false, "not allowed", CauseNotAllowed
	case "never":
		r, s.fresh, s.why = nil, false, "no result yet"
	}
	if s.result = r; r != nil {
		r.Cause = cause
		r.Steps = []probe.Step{{Name: "look", Status: r.Status, Cause: cause, Facts: []probe.Fact{probe.Number("loss", 0.5, probe.None)}}}
	}
	return s
}

// TestVerdict holds the verdict to what the places see, rule by rule.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		rule, shares string
		want         string // status, cause, further causes
		says         string // part of the summary
	}{
		// Everybody sees the same.
		{"", "fra ok, nyc ok, lon ok", "OK", "OK from fra, nyc, lon"},
		{"", "fra down, nyc down, lon down", "CRITICAL full", "down from fra, nyc, lon (3 of 3 places): look: full"},
		// Majority.
		{"", "fra down, nyc ok, lon ok", "WARNING partly-down", "down from fra (1 of 3 places): look: full"},
		{"", "fra down, nyc down, lon ok", "CRITICAL full", "down from fra, nyc (2 of 3 places)"},
		{"majority", "fra down, nyc ok", "WARNING partly-down", "(1 of 2 places)"},
		{"majority", "fra down, nyc down", "CRITICAL full", "(2 of 2 places)"},
		{"majority", "fra down", "CRITICAL full", "(1 of 1 place)"},
		// All, any, numbers.
		{"all", "fra down, nyc down, lon ok", "WARNING partly-down", "2 of 3"},
		{"all", "fra down, nyc down, lon down", "CRITICAL full", ""},
		{"any", "fra down, nyc ok, lon ok", "CRITICAL full", "1 of 3"},
		{"2 of 3", "fra down, nyc ok, lon ok", "WARNING partly-down", ""},
		{"2 of 3", "fra down, nyc down, lon ok", "CRITICAL full", ""},
		{"3", "fra down, nyc down, lon ok", "WARNING partly-down", ""},
		// What is not known is never down, and lowers what is needed only of relative rules.
		{"", "fra down, nyc stale, lon stale", "WARNING partly-down", "; not known from nyc, lon"},
		{"", "fra down, nyc down, lon silent", "CRITICAL full", "2 of 3"},
		{"", "fra down, nyc down, lon never, ams never, ber never", "CRITICAL full", "2 of 5"},
		{"all", "fra down, nyc silent, lon refused", "WARNING partly-down", ""},
		{"all", "fra down, nyc down, lon silent", "CRITICAL full", ""},
		{"2 of 3", "fra down, nyc silent, lon silent", "WARNING partly-down", ""},
		{"3", "fra down, nyc down, lon stale", "WARNING partly-down", ""},
		{"any", "fra stale, nyc silent, lon unknown", "UNKNOWN no-witness", "no place has seen it: fra: the last result is old; nyc: silent; lon: look: full"},
		{"", "fra stale, nyc stale, lon stale", "UNKNOWN no-witness", ""},
		{"", "fra ok, nyc silent, lon refused", "OK", "OK from fra; not known from nyc, lon"},
		{"", "fra ok, nyc unknown", "OK", "not known from nyc"},
		{"", "fra unknown resolver-failed, nyc unknown resolver-failed", "UNKNOWN resolver-failed", "fra: look: resolver-failed"},
		{"", "fra refused", "UNKNOWN not-allowed", "no place has seen it: fra: not allowed"},
		{"", "fra refused, nyc refused", "UNKNOWN not-allowed", ""},
		{"", "fra refused, nyc silent", "UNKNOWN no-witness", ""},
		{"", "fra silent, nyc silent", "UNKNOWN no-witness", ""},
		{"", "fra never", "UNKNOWN no-witness", "no result yet"},
		// A witness that is lost is no recovery, and no failure where nobody sees it.
		{"", "was down: fra down, nyc silent", "CRITICAL full", "still down from fra (1 of 2 places): look: full; not known now from nyc, which saw it down"},
		{"", "was down: fra down refused, nyc silent", "CRITICAL refused full", ""},
		{"2 of 3", "was down: fra down, nyc stale, lon ok", "CRITICAL full", "still down from fra"},
		{"2 of 3", "was down: fra silent, nyc silent, lon ok", "CRITICAL full", "not seen to be up again: not known now from fra, nyc, which saw it down"},
		{"", "was down: fra silent, nyc silent, lon unknown", "UNKNOWN no-witness", ""},
		{"", "was down: fra silent, nyc silent", "UNKNOWN no-witness", ""},
		{"", "was down: fra ok, nyc silent", "OK", "OK from fra; not known from nyc"},
		{"", "was down: fra ok, nyc ok, lon silent", "OK", ""},
		{"", "was down: fra down, nyc ok, lon never", "WARNING partly-down", ""},
		{"", "was down: fra down, nyc ok, lon ok, ams silent", "WARNING partly-down", ""},
		{"any", "was down: fra silent, nyc ok", "CRITICAL full", "not seen to be up again"},
		{"", "fra down, nyc silent, lon silent", "WARNING partly-down", ""},
		// Warnings.
		{"", "fra warning slow, nyc ok", "WARNING slow", "WARNING from fra (1 of 2 places): look: slow"},
		{"", "fra warning slow, nyc warning old, lon warning old", "WARNING old slow", ""},
		{"", "fra down, nyc warning slow, lon ok", "WARNING partly-down", ""},
		// The most frequent cause comes first, and the others are named.
		{"", "fra down full, nyc down refused, lon down refused", "CRITICAL refused full", ""},
		{"", "fra down full, nyc down refused", "CRITICAL full refused", "down from fra, nyc (2 of 2 places): fra: look: full; nyc: look: refused"},
		// Skipped, as what it depends on is down at each place.
		{"", "fra skipped, nyc skipped", "SKIPPED dependency-down", "skipped at fra, nyc (2 of 2 places)"},
		{"", "fra skipped, nyc ok", "OK", "OK from nyc"},
		{"", "fra skipped, nyc down, lon ok", "WARNING partly-down", ""},
	} {
		var rule Down
		if c.rule != "" {
			if err := rule.UnmarshalText([]byte(c.rule)); err != nil {
				t.Fatal(err)
			}
		}
		var shares []share
		of, wasDown := strings.CutPrefix(c.shares, "was down: ")
		for words := range strings.SplitSeq(of, ", ") {
			shares = append(shares, seen(words))
		}
		i := &Item{ID: "mx", Check: &Check{Name: "mx"}}
		r := conclude(i, rule, wasDown, shares, time.Now())
		words := []string{r.Status.String()}
		for _, cause := range append([]*probe.Cause{r.Cause}, r.Also...) {
			if cause != nil {
				words = append(words, cause.Name)
			}
		}
		if got := strings.Join(words, " "); got != c.want || !strings.Contains(r.Summary, c.says) {
			t.Errorf("%q: %s\n%s: %s\nwant %s: %s", c.rule, c.shares, got, r.Summary, c.want, c.says)
		}
		if len(r.Steps) != len(shares) {
			t.Errorf("%s: %d steps", c.shares, len(r.Steps))
		}
		if wrong := r.Wrong(); r.Status == probe.Critical && strings.Contains(of, " down") && (len(wrong) == 0 || wrong[0].Status != probe.Critical) {
			t.Errorf("%s: the step of the verdict is not critical", c.shares)
		}
	}
}

// TestVerdictSteps: each place is a step with its time, its numbers and its reason.
func TestVerdictSteps(t *testing.T) {
	r := conclude(&Item{ID: "mx", Check: &Check{Name: "mx"}}, Down{}, false, []share{seen("fra down"), seen("ny-2 silent")}, time.Now())
	fra, ny := r.Steps[0], r.Steps[1]
	if fra.Name != "place-fra" || fra.Item != "place" || fra.Elapsed != 2*time.Second || len(fra.Facts) != 1 || fra.Detail != "look: full" {
		t.Errorf("%+v", fra)
	}
	if ny.Name != "place-ny-2" || ny.Status != probe.Unknown || !ny.Cause.Is(CauseAgentSilent) || ny.Elapsed != 0 || len(ny.Facts) != 0 || ny.Hint == "" || !ny.Aside {
		t.Errorf("%+v", ny)
	}
	if r.Elapsed != 2*time.Second {
		t.Errorf("took %s", r.Elapsed)
	}
}
