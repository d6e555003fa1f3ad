package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// The bounds of what an agent sends. A message has at most 1 MiB.
const (
	maxResults  = 1000           // of a batch
	maxResult   = 384 << 10      // bytes of a result, of which an agent sends 300 KiB
	maxParts    = 100            // of a result: exchangers and addresses
	maxSteps    = 500            // of a part
	maxFacts    = 500            // of a step
	maxFixes    = 50             // of a step
	maxText     = 4 << 10        // bytes of a text
	maxAttempts = 100            // of a job
	maxTook     = 24 * time.Hour // of a part and of a step
)

// MaxOffset is how far the clock of an agent may be off: times that are further from the truth
// are of no use, corrected or not.
const MaxOffset = 10 * time.Minute

// Refusal counts the results of a batch that were not taken, by why.
type Refusal map[string]int

// Owned returns the kind of the job of an ID, where it may be the place's.
type Owned func(id string) (kind string, is bool)

// ReadBatch reads a batch strictly: its error refuses all of it, and single results can be
// refused beside it. Times are corrected to the clock of the centre, and texts masked and
// made printable.
func ReadBatch(data []byte, kindOf Owned, mask func(string) string) (all []suite.Delivered, refused Refusal, err error) {
	var b fleet.Batch
	switch err := json.Unmarshal(data, &b); {
	case err != nil:
		return nil, nil, errors.New("it is no batch of results")
	case len(b.Results) > maxResults:
		return nil, nil, fmt.Errorf("it has more than %d results", maxResults)
	case !(math.Abs(b.Offset) <= MaxOffset.Seconds()):
		return nil, nil, fmt.Errorf("the clock of the agent is off by more than %s", probe.FormatSpan(MaxOffset))
	}
	offset, refused := time.Duration(b.Offset*float64(time.Second)), Refusal{}
	for _, r := range b.Results {
		d, err := readResult(r, kindOf, mask, offset)
		if err != nil {
			refused[err.Error()]++
			continue
		}
		all = append(all, d)
	}
	return all, refused, nil
}

var (
	errJob      = errors.New("it is of a job that the place does not have")
	errResult   = errors.New("it is not written as a result")
	errKind     = errors.New("it is of another kind of check than the job")
	errTooLarge = errors.New("it has more bytes, parts, steps or facts than any check")
	errValue    = errors.New("it has a value that none can have")
)

func readResult(r fleet.Result, kindOf Owned, mask func(string) string, offset time.Duration) (d suite.Delivered, err error) {
	kind, is := kindOf(r.Job)
	if !is {
		return d, errJob
	}
	if len(r.Results) > maxResult {
		return d, errTooLarge
	}
	var parts []*probe.Result
	switch err := json.Unmarshal(r.Results, &parts); {
	case err != nil || len(parts) == 0 || slices.Contains(parts, nil):
		return d, errResult
	case len(parts) > maxParts:
		return d, errTooLarge
	case r.Attempts < 0 || r.Attempts > maxAttempts:
		return d, errValue
	}
	for _, p := range parts {
		if p.Check != kind {
			return d, errKind
		}
		if err := judge(p); err != nil {
			return d, err
		}
		p.Start = p.Start.Add(offset)
		tidy(p, mask)
	}
	return suite.Delivered{ID: r.Job, Attempts: r.Attempts, Results: parts}, nil
}

// oldest is before any result.
var oldest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// judge returns an error where a result cannot be that of a check.
func judge(r *probe.Result) error {
	if len(r.Steps) > maxSteps {
		return errTooLarge
	}
	worst := r.Start.Before(oldest) || !within(r.Elapsed) || !isCause(r.Cause) || !areCauses(r.Also)
	for _, s := range r.Steps {
		if len(s.Facts) > maxFacts || len(s.Fix) > maxFixes {
			return errTooLarge
		}
		worst = worst || !within(s.Elapsed) || !isCause(s.Cause) || !areCauses(s.Also)
		for _, f := range s.Facts {
			worst = worst || !factName().MatchString(f.Name)
		}
	}
	if worst {
		return errValue
	}
	return nil
}

func within(d time.Duration) bool { return d >= 0 && d <= maxTook }

var (
	causeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,64}$`) })
	factName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_]{1,64}$`) })
)

func isCause(c *probe.Cause) bool {
	return c == nil || causeName().MatchString(c.Name) && len(c.Blame) <= maxName && report.Clean(string(c.Blame)) == string(c.Blame)
}

// maxName bounds a word.
const maxName = 64

func areCauses(all []*probe.Cause) bool {
	return len(all) <= maxFixes && !slices.ContainsFunc(all, func(c *probe.Cause) bool { return !isCause(c) })
}

// tidy masks the texts of a result, makes them printable and cuts them. What the centre alone
// knows of a check is not taken from an agent.
func tidy(r *probe.Result, mask func(string) string) {
	text := func(s string) string { return cut.Bytes(report.Clean(mask(s)), maxText) }
	r.Name, r.Silenced = "", nil
	r.Target, r.Address, r.Summary = text(r.Target), text(r.Address), text(r.Summary)
	for i := range r.Steps {
		s := &r.Steps[i]
		for _, t := range []*string{&s.Name, &s.Detail, &s.Hint, &s.Item, &s.Address, &s.Group} {
			*t = text(*t)
		}
		for j := range s.Fix {
			s.Fix[j] = text(s.Fix[j])
		}
		for j := range s.Facts {
			f := &s.Facts[j]
			f.Text = text(f.Text)
			if len(f.Unit) > maxName || len(f.Role) > maxName {
				f.Unit, f.Role = "", ""
			}
		}
	}
}
