package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ReportDestination is a destination of DMARC reports, and whether its domain accepts
// them (RFC 9990 §4).
type ReportDestination struct {
	// URI is the destination.
	URI string
	// External is set where it belongs to another organization.
	External bool
	// Authorised reports whether reports may be sent there.
	Authorised bool
	// Name is the name at which an external one would have to say so.
	Name string
	// Err is the error of a look-up that failed.
	Err error
}

// CheckDestinations asks whether the destinations of a record that was found at a domain
// accept its reports.
func CheckDestinations(ctx context.Context, dns DNS, found DMARCFound, uris []string) []ReportDestination {
	var all []ReportDestination
	for _, uri := range uris {
		all = append(all, checkDestination(ctx, dns, found, uri))
	}
	return all
}

func checkDestination(ctx context.Context, dns DNS, found DMARCFound, uri string) ReportDestination {
	d := ReportDestination{URI: uri, Authorised: true}
	address := MailtoAddress(uri)
	host := strings.ToLower(strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "."))
	org, err := OrgDomain(ctx, dns, host)
	if err != nil {
		d.Err = err
		return d
	}
	if strings.EqualFold(org, found.Org) {
		return d
	}
	d.External, d.Name = true, found.From+"._report._dmarc."+host
	texts, err := dns.TXT(ctx, d.Name)
	if err != nil && !errors.Is(err, ErrNoName) {
		d.Err = fmt.Errorf("TXT %s: %w", d.Name, err)
	}
	d.Authorised = slices.ContainsFunc(texts, IsDMARC)
	return d
}
