package domain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// noRecord is the text of a published fact where DNS has proof or word that there is no
// such record. Where a look-up failed there is no fact.
const noRecord = "none"

// publish learns the records that a step has looked at, in the role of what the domain
// publishes. All of the answers are known already: nothing is asked.
func (q *inquiry) publish(ctx context.Context, s *probe.Step) {
	switch s.Name {
	case "delegation":
		mark(s, "ns", probe.Published)
		mark(s, "dnssec", probe.Label)
		publishSigned(s)
	case "mx":
		mark(s, "mx", probe.Published)
	case "spf":
		q.publishText(ctx, s, "spf", q.domain, policy.IsSPF)
	case "dkim":
		q.publishKeys(ctx, s)
	case "dmarc":
		if found, err := q.policy(ctx); err == nil && found.Record == nil {
			s.Learn(probe.Text("dmarc", noRecord))
		}
		mark(s, "dmarc", probe.Published)
		mark(s, "dmarc_policy", probe.Label)
	case "dane":
		q.publishTLSA(ctx, s)
	case "mta-sts":
		q.publishText(ctx, s, "sts", "_mta-sts."+q.domain, policy.IsSTS)
		mark(s, "sts_mode", probe.Label)
		if p := q.sts(ctx).policy; p != nil {
			learnPublished(s, "sts_policy", fmt.Sprintf("%s %s, max_age %d", p.Mode, strings.Join(p.MX, " "), p.MaxAge))
		}
	case "tlsrpt":
		if texts, err := q.text(ctx, "_smtp._tls."+q.domain, policy.IsTLSRPT); err == nil && len(texts) == 0 {
			s.Learn(probe.Text("tlsrpt", noRecord))
		}
		mark(s, "tlsrpt", probe.Published)
	case autoconfig:
		mark(s, "autoconfig", probe.Published)
	case "bimi":
		q.publishText(ctx, s, "bimi", "default._bimi."+q.domain, policy.IsBIMI)
	case "caa":
		q.publishCAA(ctx, s)
	case "srv":
		q.publishServices(ctx, s)
	}
}

// mark gives a fact that the step has learned a role.
func mark(s *probe.Step, name string, role probe.Role) {
	for i := range s.Facts {
		if s.Facts[i].Name == name {
			s.Facts[i].Role = role
		}
	}
}

// publishSigned learns whether the zone is signed, where that was proven.
func publishSigned(s *probe.Step) {
	for _, f := range s.Facts {
		signed, known := map[string]string{"secure": "yes", "insecure": "no"}[f.Text]
		if f.Name == "dnssec" && known {
			learnPublished(s, "signed", signed)
			return
		}
	}
}

// learnPublished learns a text in the role of what is published, in the place of one that
// the step has learned under this name.
func learnPublished(s *probe.Step, name, text string) {
	s.Facts = slices.DeleteFunc(s.Facts, func(f probe.Fact) bool { return f.Name == name })
	s.Learn(probe.Text(name, text).As(probe.Published))
}

// inOrder are records as one text, whatever order they came in.
func inOrder(records []string) string {
	if len(records) == 0 {
		return noRecord
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(records))), " | ")
}

// publishText learns the TXT records at a name that are of a sort.
func (q *inquiry) publishText(ctx context.Context, s *probe.Step, fact, name string, is func(string) bool) {
	if texts, err := q.text(ctx, name, is); err == nil {
		learnPublished(s, fact, inOrder(texts))
	}
}

// publishKeys learns a digest of each key, whose text is long.
func (q *inquiry) publishKeys(ctx context.Context, s *probe.Step) {
	for _, found := range q.dkimKeys(ctx) {
		if isFailure(found.err) || !isHost(found.at) {
			continue
		}
		text := inOrder(found.texts)
		if text != noRecord {
			digest := sha256.Sum256([]byte(text))
			text = fmt.Sprintf("sha256 %x", digest[:8])
			if k := found.key; k != nil && k.Bits > 0 {
				text = fmt.Sprintf("%s %d bits, %s", k.Algorithm, k.Bits, text)
			}
		}
		learnPublished(s, "dkim_"+factPart(found.name), text)
	}
}

// publishTLSA learns the TLSA records of all exchangers, if all are known.
func (q *inquiry) publishTLSA(ctx context.Context, s *probe.Step) {
	if m := q.exchangers(ctx); m.err != nil {
		return
	}
	var texts []string
	for _, h := range q.tlsa(ctx) {
		if h.Err != nil {
			return
		}
		for _, record := range h.Records {
			texts = append(texts, h.Name+" "+record.String())
		}
	}
	learnPublished(s, "tlsa_records", inOrder(texts))
}

// publishCAA learns the CAA records that apply to the exchangers, if all are known.
func (q *inquiry) publishCAA(ctx context.Context, s *probe.Step) {
	if q.exchangers(ctx).err != nil {
		return
	}
	var texts []string
	for _, one := range q.issuers(ctx) {
		if one.err != nil {
			return
		}
		for _, r := range one.records {
			texts = append(texts, fmt.Sprintf("%s %s %q", one.owner, r.Tag, r.Value))
		}
	}
	learnPublished(s, "caa", inOrder(texts))
}

// publishServices learns the SRV records of mail programs, if all are known.
func (q *inquiry) publishServices(ctx context.Context, s *probe.Step) {
	var texts []string
	for _, service := range services {
		a, err := q.answer(ctx, service+"._tcp."+q.domain, dnssec.TypeSRV)
		if err != nil {
			return
		}
		for _, r := range dnssec.All[dnssec.SRV](a.Records) {
			texts = append(texts, fmt.Sprintf("%s %d %d %d %s", service, r.Priority, r.Weight, r.Port, plain(r.Host)))
		}
	}
	learnPublished(s, "srv", inOrder(texts))
}
