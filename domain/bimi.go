package domain

import (
	"context"
	"fmt"

	"mailprobe/policy"
	"mailprobe/probe"
)

// bimi judges the record of the domain's logo, which needs a policy that is enforced. A
// domain without one has that of its organization
// (draft-brand-indicators-for-message-identification §7.2).
func (q *inquiry) bimi(ctx context.Context, s *probe.Step) error {
	name := "default._bimi." + q.domain
	texts, err := q.text(ctx, name, policy.IsBIMI)
	found, policyErr := q.policy(ctx)
	if org := found.Org; err == nil && len(texts) == 0 && org != "" && org != q.domain {
		name = "default._bimi." + org
		texts, err = q.text(ctx, name, policy.IsBIMI)
	}
	switch {
	case err != nil:
		unknown(s, err, err.Error())
		return nil
	case len(texts) == 0:
		return q.absent(s, "bimi", "there is no record at default._bimi."+q.domain)
	case len(texts) > 1:
		s.RaiseFor(CauseBIMI, fmt.Sprintf("%s has %d records, so that none of them counts", name, len(texts)))
		return nil
	}
	b, err := policy.ParseBIMI(texts[0])
	switch {
	case err != nil:
		s.RaiseFor(CauseBIMI, err.Error())
	case b.Logo == "" && q.requires("bimi"):
		return q.absent(s, "bimi", "the domain declines to show a logo")
	case b.Logo == "":
		s.Say("the domain declines to show a logo")
	case policyErr != nil:
		unknown(s, policyErr, "the DMARC policy, which a logo needs, is not known: "+policyErr.Error())
	default:
		s.Say("logo " + b.Logo)
		judgeEnforcement(s, found)
	}
	return nil
}

// judgeEnforcement judges whether the DMARC policy is strict enough for a logo: that of
// the domain, and that of those below it.
func judgeEnforcement(s *probe.Step, f policy.DMARCFound) {
	switch {
	case f.Policy == policy.DMARCNone || f.Policy == "":
		s.RaiseFor(CauseBIMI, "the logo is not shown, as the DMARC policy is not quarantine or reject")
	case f.Record.SP == policy.DMARCNone:
		s.RaiseFor(CauseBIMI, "the logo is not shown by those who want sp= to be quarantine or reject too")
	}
}
