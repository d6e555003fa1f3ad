package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// tlsrpt judges where senders report failures of TLS to.
func (q *inquiry) tlsrpt(ctx context.Context, s *probe.Step) error {
	name := "_smtp._tls." + q.domain
	texts, err := q.text(ctx, name, func(text string) bool { return strings.Contains(strings.ToLower(text), "tlsrpt") })
	records := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !policy.IsTLSRPT(text) })
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil
	case len(records) == 1:
		return q.judgeTLSRPT(ctx, s, name, records[0])
	case len(records) > 1:
		s.RaiseFor(CauseTLSRPTInvalid, fmt.Sprintf("%s has %d records, so that none of them counts", name, len(records)))
	case len(texts) > 0:
		s.RaiseFor(CauseTLSRPTInvalid, fmt.Sprintf("the text at %s is no record for reports on TLS, which begins with v=TLSRPTv1; in these letters: %s", name, quoted(texts[0])))
	}
	return q.noTLSRPT(ctx, s, name, len(texts) == 0)
}

// noTLSRPT ends the step where there is nothing that senders can use. The record to
// publish is for a name that has none.
func (q *inquiry) noTLSRPT(ctx context.Context, s *probe.Step, name string, empty bool) error {
	if q.requires("tlsrpt") && empty {
		q.propose(ctx, s, name, "v=TLSRPTv1; rua=mailto:postmaster@"+q.domain)
	}
	if empty || q.requires("tlsrpt") {
		return q.absent(s, "tlsrpt", "there is no record at "+name+" that senders can use")
	}
	return nil
}

// judgeTLSRPT judges the record.
func (q *inquiry) judgeTLSRPT(ctx context.Context, s *probe.Step, name, text string) error {
	rua, faults := policy.ParseTLSRPT(text)
	if len(rua) > 0 {
		s.Say("reports to " + strings.Join(rua[:min(len(rua), maxDestinations)], ", "))
		s.Learn(probe.Text("tlsrpt", strings.Join(rua, ",")))
	}
	raiseEach(s, CauseTLSRPTInvalid, "", faults)
	if len(rua) == 0 {
		return q.noTLSRPT(ctx, s, name, false)
	}
	return nil
}
