package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ReportDestination is a destination of DMARC reports, and whether its domain accepts
// them (RFC 9990 §4).
type ReportDestination struct {
	// URI is the destination; Host is its domain.
	URI, Host string
	// External is set where it belongs to another organization.
	External bool
	// Authorised reports whether reports may be sent there.
	Authorised bool
	// Name is the name at which an external one has to say so.
	Name string
	// Instead are the destinations that the record at Name replaces this one by.
	Instead []string
	// Err is the error of a look-up that failed.
	Err error
}

// CheckDestination asks whether a destination, a valid "mailto:" URI, accepts the reports
// of the record that was found.
func CheckDestination(ctx context.Context, dns DNS, found DMARCFound, uri string) ReportDestination {
	d := ReportDestination{URI: uri, Host: ReportHost(uri), Authorised: true}
	org, err := OrgDomain(ctx, dns, d.Host)
	if err != nil {
		d.Err = err
		return d
	}
	if org == found.owner() {
		return d
	}
	d.External, d.Name = true, ReportName(found.From, d.Host)
	d.Authorised, d.Err = d.ask(ctx, dns)
	return d
}

// ReportHost is the domain of a valid "mailto:" URI.
func ReportHost(uri string) string {
	address := MailtoAddress(uri)
	return canonical(address[strings.LastIndexByte(address, '@')+1:])
}

// ReportName is the name at which a host accepts the reports of a record that was found at
// a domain, if it is of another organization.
func ReportName(domain, host string) string { return domain + "._report._dmarc." + host }

// owner is the organizational domain of the name that the record was found at. That of a
// public suffix is the suffix.
func (f DMARCFound) owner() string {
	if f.From == f.Org || strings.HasSuffix(f.From, "."+f.Org) {
		return f.Org
	}
	return f.From
}

// ask reports whether there is a record that accepts reports. One that replaces the
// destination by one at another host accepts none.
func (d *ReportDestination) ask(ctx context.Context, dns DNS) (accepts bool, err error) {
	if len(d.Name) > maxName {
		return false, nil
	}
	texts, err := dns.TXT(ctx, d.Name)
	if err != nil && !errors.Is(err, ErrNoName) {
		return false, fmt.Errorf("TXT %s: %w", d.Name, err)
	}
	elsewhere := false
	for _, text := range texts {
		if !IsDMARC(text) {
			continue
		}
		accepts = true
		for _, uri := range ParseDMARC(text).RUA {
			elsewhere = elsewhere || ReportHost(uri) != d.Host
			d.Instead = append(d.Instead, uri)
		}
	}
	return accepts && !elsewhere, nil
}
