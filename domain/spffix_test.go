package domain

import (
	"slices"
	"testing"

	"mailprobe/policy"
)

// FuzzCorrectSPF: a record made of others is one, stands in a zone file as it is, and has no
// term that none of them has, but for the all at its end.
func FuzzCorrectSPF(f *testing.F) {
	f.Add("v=spf1 ip4:192.0.2.1 ?all", "v=spf1 mx -all")
	f.Add("v=spf1 a/24//64 exp=e.test redirect=%{d2}.test", "v=spf1 +all mx")
	f.Add("v=spf1 include:a.test -all", "V=SPF1 INCLUDE:a.test mx -ALL")
	f.Fuzz(func(t *testing.T, one, two string) {
		for _, texts := range [][]string{{one}, {one, two}} {
			text := correctSPF(texts)
			if text == "" {
				continue
			}
			record, err := policy.ParseSPF(text)
			if err != nil || !isPublishable(text) {
				t.Fatalf("%q became %q: %v", texts, text, err)
			}
			var known []string
			for _, text := range texts {
				r, err := policy.ParseSPF(text)
				if err != nil {
					t.Fatalf("%q is not right: %v", text, err)
				}
				for _, m := range r.Mechanisms {
					known = append(known, m.Text)
				}
			}
			for i, m := range record.Mechanisms {
				isEnd := i == len(record.Mechanisms)-1 && m.Name == "all" && m.Qualifier != policy.QualifierPass && m.Qualifier != policy.QualifierNeutral
				if !isEnd && !slices.Contains(known, m.Text) {
					t.Errorf("%q became %q, with %q", texts, text, m.Text)
				}
			}
		}
	})
}
