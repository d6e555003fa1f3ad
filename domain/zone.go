package domain

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// zoneStep is the step about the zone file.
const zoneStep = "zone"

// zoneFiles is the file of --zone. How it is read depends on the target if its names are
// relative to one that is not in it.
type zoneFiles struct {
	name      string // the file's, for errors
	data      []byte
	fixed     *dnssec.ZoneFile // where the file itself says what its names are relative to
	published *dnssec.Client   // asks for what is published now

	mu       sync.Mutex
	byOrigin map[string]readZone
}

// readZone is what a file is for one origin.
type readZone struct {
	file *dnssec.ZoneFile
	err  error
}

// prepareZone reads the file of --zone.
func (c *Check) prepareZone() error {
	if c.ZoneFile == "" {
		return nil
	}
	if c.ZoneFile == "-" && c.Message == "-" {
		return probe.OptionErrorf("%s and %s: standard input can be read only once", probe.OptionName("zone"), probe.OptionName("message"))
	}
	data, err := c.readZoneFile()
	if err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("zone"), err)
	}
	z := &c.zones
	z.name, z.data, z.byOrigin = c.ZoneFile, data, map[string]readZone{}
	if c.ZoneFile == "-" {
		z.name = "standard input"
	}
	z.fixed, err = dnssec.ParseZone(bytes.NewReader(data), "", z.name)
	switch {
	case errors.Is(err, dnssec.ErrZoneLimit):
		return probe.OptionErrorf("%s: %w", probe.OptionName("zone"), err)
	case err == nil:
		c.client.AddZone(z.fixed)
	}
	return nil
}

func (c *Check) readZoneFile() ([]byte, error) {
	in, err := c.openFile(c.ZoneFile, "zone")
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, dnssec.MaxZoneFile+1)) // more is an error of ParseZone
}

// zoneOf returns the file as the zone of a domain.
func (c *Check) zoneOf(domain string) (*dnssec.ZoneFile, error) {
	z := &c.zones
	if z.fixed != nil {
		return z.fixed, nil
	}
	origin := originIn(c.ZoneFile, domain)
	z.mu.Lock()
	defer z.mu.Unlock()
	read, ok := z.byOrigin[origin]
	if !ok {
		read.file, read.err = dnssec.ParseZone(bytes.NewReader(z.data), origin, z.name)
		if read.err == nil {
			c.client.AddZone(read.file)
		}
		if len(z.byOrigin) < maxOrigins {
			z.byOrigin[origin] = read
		}
	}
	return read.file, read.err
}

// maxOrigins bounds how many readings of a file are kept.
const maxOrigins = 16

// originIn returns what the names of a file are relative to: the domain, or one above it
// that the file's name has in it, as db.example.org and example.org.zone do.
func originIn(file, domain string) string {
	base := "." + strings.ToLower(filepath.Base(file)) + "."
	for name := domain; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		if strings.Contains(base, "."+name+".") {
			return name
		}
	}
	return domain
}

// checkInZone returns what is wrong with a target for the file of --zone; that the file
// itself cannot be read is for the result to say.
func (c *Check) checkInZone(t probe.Target) error {
	if c.ZoneFile == "" {
		return nil
	}
	domain := plain(t.Host)
	file, err := c.zoneOf(domain)
	if err != nil {
		return nil
	}
	return isIn(file, domain)
}

// isIn returns nil if a domain is in the zone of a file.
func isIn(file *dnssec.ZoneFile, domain string) error {
	if cut := file.Delegated(domain); cut != "" {
		return fmt.Errorf("%s is not in the zone of %s, which delegates %s to others in line %d", domain, file, plain(cut), file.Find(cut, dnssec.TypeNS)[0].Line)
	}
	if !file.Contains(domain) {
		return fmt.Errorf("%s is not in the zone of %s", domain, file)
	}
	return nil
}

// takeFile finds the file that the domain is in. Without it nothing else can be checked.
func (q *inquiry) takeFile(r *probe.Result) error {
	if q.ZoneFile == "" {
		return nil
	}
	var err error
	if q.file, err = q.zoneOf(q.domain); err == nil {
		return nil
	}
	return r.Run(zoneStep, func(s *probe.Step) error {
		s.Group = before
		if errors.Is(err, dnssec.ErrZoneLimit) {
			return probe.Because(CauseZoneUnreadable.As(probe.Unknown), err)
		}
		return probe.Because(CauseZoneUnreadable, err)
	})
}

// lintZone is the work of the steps that recordZone makes.
func (q *inquiry) lintZone(ctx context.Context, _ *probe.Step) error {
	q.lint(ctx)
	return nil
}

// findZoneFaults looks for what the author of a zone file gets wrong.
func (q *inquiry) findZoneFaults(ctx context.Context) *lint {
	l := &lint{inquiry: q, ctx: ctx, better: map[recordKey]string{}}
	for _, rule := range []func(*lint){
		(*lint).apex, (*lint).serial, (*lint).owners, (*lint).aliases, (*lint).targets, (*lint).delegations,
		(*lint).hidden, (*lint).sets, (*lint).texts, (*lint).severalTexts, (*lint).signatures,
	} {
		rule(l)
	}
	slices.SortStableFunc(l.faults, func(a, b zoneFault) int {
		if a.cause.Status != b.cause.Status {
			return map[bool]int{true: -1, false: 1}[a.cause.Status.Worse(b.cause.Status)]
		}
		return cmp.Compare(a.line, b.line)
	})
	return l
}

// lint is the search for faults of a zone file.
type lint struct {
	*inquiry
	ctx        context.Context
	faults     []zoneFault          // the worst first, and then as the file has them
	better     map[recordKey]string // empty for records that should not be there
	serialText string
	looked     int // names asked for that may lack a dot
}

// zoneFault is something wrong in a line of the file; 0 stands for the whole file.
type zoneFault struct {
	line   int
	cause  *probe.Cause
	text   string
	record *dnssec.ZoneRecord // for which there is a better one
}

// add records a fault.
func (l *lint) add(line int, cause *probe.Cause, format string, args ...any) {
	l.faults = append(l.faults, zoneFault{line: line, cause: cause, text: fmt.Sprintf(format, args...)})
}

// maxShown is how many faults a result names.
const maxShown = 30

// recordZone makes a step of each fault; the first has the facts as well.
func (q *inquiry) recordZone(ctx context.Context, r *probe.Result, pending <-chan outcome) {
	o := (<-pending).whole()
	l := q.lint(ctx)
	proposed := map[string]bool{}
	for i := range min(max(len(l.faults), 1), maxShown) {
		_ = r.Run(probe.Numbered(zoneStep, i), func(s *probe.Step) error {
			s.Group, s.Took = before, max(o.took, 1)
			if i == 0 {
				l.describe(s)
			}
			if i < len(l.faults) {
				l.report(s, l.faults[i], proposed)
			}
			return nil
		})
	}
}

// describe adds what the file is.
func (l *lint) describe(s *probe.Step) {
	s.Learn(probe.Text("zone", plain(l.file.Apex)), probe.Number("zone_records", float64(len(l.file.Records)), probe.None))
	if l.serialText != "" {
		s.Learn(probe.Text("zone_serial", l.serialText))
	}
	s.Learn(probe.Number("zone_faults", float64(len(l.faults)), probe.None))
	text := fmt.Sprintf("%s, %s", l.file, probe.Count(len(l.file.Records), "record"))
	if len(l.faults) > 0 {
		text += ", " + probe.Count(len(l.faults), "fault")
	}
	if len(l.faults) > maxShown {
		text += fmt.Sprintf(" of which %d are shown", maxShown)
	}
	s.Say(text)
}

// report puts a fault into a step, with the records to have instead.
func (l *lint) report(s *probe.Step, f zoneFault, proposed map[string]bool) {
	text := f.text
	if f.line > 0 {
		text = fmt.Sprintf("line %d: %s", f.line, text)
	}
	s.RaiseFor(f.cause, text)
	if f.record == nil {
		return
	}
	for _, line := range l.proposal(*f.record) {
		if !proposed[line] {
			proposed[line] = true
			s.Fix = append(s.Fix, line)
		}
	}
}

// trustOf is what is known of an answer's signatures: of one that is to be signed nothing.
func trustOf(a dnssec.Answer) dnssec.Status {
	if a.Assumed {
		return dnssec.Indeterminate
	}
	return a.Status
}

// judgeUnsigned judges a file without signatures whose zone has a DS above it.
func (q *inquiry) judgeUnsigned(s *probe.Step) error {
	const text = "not published yet: the file has no signatures, so that none are checked; the zone above has a DS, so the zone must be signed before it is published"
	if q.requires("dnssec") {
		return probe.Because(CauseZoneUnsigned, errors.New(text))
	}
	s.Say(text)
	return nil
}
