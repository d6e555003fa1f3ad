package domain

import (
	"context"
	"fmt"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// tlsrpt judges where senders report failures of TLS to.
func (q *inquiry) tlsrpt(ctx context.Context, s *probe.Step) error {
	name := "_smtp._tls." + q.domain
	texts, err := q.text(ctx, name, policy.IsTLSRPT)
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil
	case len(texts) == 0:
		if q.requires("tlsrpt") {
			s.Fix = append(s.Fix, txtRecord(name, "v=TLSRPTv1; rua=mailto:postmaster@"+q.domain))
		}
		return q.absent(s, "tlsrpt", "there is no record at "+name)
	case len(texts) > 1:
		s.RaiseFor(CauseTLSRPTInvalid, fmt.Sprintf("%s has %d records, so that none of them counts", name, len(texts)))
		return nil
	}
	rua, err := policy.ParseTLSRPT(texts[0])
	if len(rua) > 0 {
		s.Say("reports to " + strings.Join(rua, ", "))
		s.Learn(probe.Text("tlsrpt", strings.Join(rua, ",")))
	}
	if err != nil {
		s.RaiseFor(CauseTLSRPTInvalid, err.Error())
	}
	return nil
}
