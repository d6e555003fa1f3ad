package show

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// The facts about a certificate.
const (
	certEnds    = "cert_not_after"
	certDays    = "cert_days_left"
	certSubject = "cert_subject"
	certIssuer  = "cert_issuer"
)

// The days left below which a certificate is marked, as in the checks.
const (
	soonDays   = 14
	urgentDays = 3
	fullDays   = 90 // the days of a full bar
)

// Certificate is the certificate of one server.
type Certificate struct {
	Name, Target, Subject, Issuer string
	Ends, Left                    string
	Status                        probe.Status
	Bar                           int // percent of fullDays
	Marked                        bool
	Days                          float64 // that are left
}

// Certificates returns the certificates of the last results, sorted by the days left.
func Certificates(checks []Check, now time.Time) []Certificate {
	var all []Certificate
	for _, c := range checks {
		for _, prefix := range certPrefixes(c.Latest) {
			if cert, ok := certificateOf(c, prefix, now); ok {
				all = append(all, cert)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Certificate) int { return int(math.Copysign(1, a.Days-b.Days)) })
	return all
}

// certPrefixes returns what the names of facts about certificates begin with: nothing where
// there is one server, "x1_" for the first of several.
func certPrefixes(r *probe.Result) (all []string) {
	for _, f := range r.Facts() {
		for _, name := range []string{certEnds, certDays} {
			if prefix, ok := strings.CutSuffix(f.Name, name); ok && !slices.Contains(all, prefix) {
				all = append(all, prefix)
			}
		}
	}
	return all
}

func certificateOf(c Check, prefix string, now time.Time) (Certificate, bool) {
	ends, ok := certEnd(c.Latest, prefix)
	if !ok {
		return Certificate{}, false
	}
	text := func(name string) string {
		f, _ := c.Latest.Fact(prefix + name)
		return report.Clean(f.Text)
	}
	days := ends.Sub(now).Hours() / 24
	return Certificate{
		Name: report.Clean(c.Name), Target: report.Clean(strings.TrimSpace(c.Target + " " + strings.TrimSuffix(prefix, "_"))), Subject: text(certSubject), Issuer: text(certIssuer),
		Ends: ends.UTC().Format("2 Jan 2006"), Left: daysLeft(days), Status: certStatus(days), Marked: certStatus(days) != probe.OK, Days: days,
		Bar: int(min(max(days/fullDays, 0), 1) * 100),
	}, true
}

// certEnd returns when the certificate in a result expires.
func certEnd(r *probe.Result, prefix string) (time.Time, bool) {
	if f, ok := r.Fact(prefix + certEnds); ok {
		if t, err := time.Parse(time.RFC3339, f.Text); err == nil {
			return t, true
		}
	}
	if f, ok := r.Fact(prefix + certDays); ok && f.Value != nil && math.Abs(*f.Value) < 1e5 {
		return r.Start.Add(time.Duration(*f.Value * 24 * float64(time.Hour))), true
	}
	return time.Time{}, false
}

func certStatus(days float64) probe.Status {
	switch {
	case days < urgentDays:
		return probe.Critical
	case days < soonDays:
		return probe.Warning
	}
	return probe.OK
}

func daysLeft(days float64) string {
	n := int(math.Floor(days))
	switch {
	case n == 1:
		return "1 day"
	case n >= 0:
		return fmt.Sprintf("%d days", n)
	}
	return "expired"
}
