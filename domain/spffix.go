package domain

import (
	"context"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// proposeSPF proposes a record. It stands for all texts of the name, so that there is none
// to propose where the name has other texts, and it never authorises more than the records
// that it replaces.
func (q *inquiry) proposeSPF(ctx context.Context, s *probe.Step, texts []string) {
	if slices.ContainsFunc(texts, func(text string) bool { return !policy.IsSPF(text) }) {
		return
	}
	record := correctSPF(texts)
	if len(texts) == 0 {
		record = q.firstSPF(ctx)
	}
	if record == "" || len(texts) > 0 && !q.isSound(ctx, record) {
		return
	}
	q.propose(ctx, s, q.domain, record)
}

// propose proposes a TXT record, unless the text is empty, or the name is none that such a
// record can be published at, as an alias has no other records.
func (q *inquiry) propose(ctx context.Context, s *probe.Step, name, text string) {
	if text == "" || !isHost(name) {
		return
	}
	if a, err := q.answer(ctx, name, dnssec.TypeTXT); err == nil && len(a.Aliases) == 0 {
		s.Fix = append(s.Fix, txtRecord(name, text))
	}
}

// firstSPF is the record of a domain that has none; empty if it is not clear which.
func (q *inquiry) firstSPF(ctx context.Context) string {
	hosts := q.exchangers(ctx)
	switch {
	case hosts.err != nil:
		return ""
	case slices.ContainsFunc(hosts.hosts, func(h mailHost) bool { return len(h.at.Addrs) > 0 || h.at.Err != nil }):
		return "v=spf1 mx ~all"
	}
	return "v=spf1 -all"
}

// correctSPF is what records should be: one, that ends in ~all or -all, without the terms
// that have no effect. It is empty where that takes a decision, as with an error of syntax,
// or where nothing is to be corrected.
func correctSPF(texts []string) string {
	terms, end := []string(nil), ""
	for i, text := range texts {
		record, err := policy.ParseSPF(text)
		if err != nil || len(text) > maxProposal || len(texts) > 1 && !isPlainSPF(record) {
			return ""
		}
		own, all := correctTerms(record)
		if i > 0 && all != end {
			return ""
		}
		terms, end = append(terms, own...), all
	}
	if end == "~all" && len(terms) == 0 || end == "" {
		return "" // nobody would be authorised any more
	}
	record := "v=spf1"
	seen := map[string]bool{}
	for _, term := range append(terms, end) {
		if key := strings.ToLower(term); len(texts) == 1 || !seen[key] {
			seen[key] = true
			record += " " + term
		}
	}
	if !isPublishable(record) || len(texts) == 1 && strings.EqualFold(record, strings.Join(strings.Fields(texts[0]), " ")) {
		return ""
	}
	return record
}

// maxProposal is how long a record may be of which another is made.
const maxProposal = 2000

// isPlainSPF reports whether a record only names who may send: two such can be merged.
func isPlainSPF(record *policy.SPF) bool {
	last := len(record.Mechanisms) - 1
	for i, m := range record.Mechanisms {
		if m.Name == "all" && i < last || m.Name != "all" && m.Qualifier != policy.QualifierPass {
			return false
		}
	}
	return record.Redirect == "" && record.Exp == "" && hasAll(record)
}

// correctTerms are the terms of a record with those left out that have no effect, and how
// it should end; empty where redirect= does that.
func correctTerms(record *policy.SPF) (terms []string, end string) {
	end = "~all"
	if record.Redirect != "" {
		end = "redirect=" + record.Redirect
	}
	for _, m := range record.Mechanisms {
		if m.Name == "all" {
			end = "~all"
			if m.Qualifier == policy.QualifierFail {
				end = "-all"
			}
			break
		}
		terms = append(terms, m.Text)
	}
	if record.Exp != "" {
		terms = append(terms, "exp="+record.Exp)
	}
	return terms, end
}

// isPublishable reports whether a record has no character that a zone file or a shell gives
// a meaning to.
func isPublishable(record string) bool {
	return strings.Trim(strings.ToLower(record), "abcdefghijklmnopqrstuvwxyz0123456789 .:/=~-_+?%{}") == ""
}

// isSound reports whether a record would be right in place of the domain's.
func (q *inquiry) isSound(ctx context.Context, record string) bool {
	a := policy.AuditSPF(ctx, instead{q.resolver, q.domain, record}, q.domain)
	return a.Record != nil && len(a.Permanent) == 0 && len(a.Temporary) == 0 && a.Everyone == ""
}

// instead is DNS with another text at a name.
type instead struct {
	policy.DNS
	name, text string
}

// TXT implements policy.DNS.
func (d instead) TXT(ctx context.Context, name string) ([]string, error) {
	if plain(name) == d.name {
		return []string{d.text}, nil
	}
	return d.DNS.TXT(ctx, name)
}
