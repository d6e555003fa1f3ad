package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestParseDMARC(t *testing.T) {
	for _, test := range []struct {
		text         string
		p, sp, np    DMARCPolicy
		void         bool
		invalid, odd string
		rua          int
	}{
		{"v=DMARC1; p=reject", "reject", "", "", false, "", "", 0},
		{"v=DMARC1;", "none", "", "", true, "neither p= nor", "", 0},
		{"v=DMARC1; rua=mailto:a@b.test", "none", "", "", false, "", "", 1},
		{"v=DMARC1; sp=reject; rua=mailto:a@b.test", "none", "", "", false, "", "", 1},
		{"v=DMARC1; P=reject", "none", "", "", true, "neither p= nor", "", 0},
		{"v=DMARC1; p=; rua=mailto:a@b.test", "none", "", "", false, "p= is not", "", 1},
		{"v=DMARC1; p=reject; sp=x; rua=https://b.test/", "none", "", "", false, "sp=x is not", "", 0},
		{"v = DMARC1 ; p = Quarantine;sp=none ;np=reject", "quarantine", "none", "reject", false, "", "", 0},
		{"v=DMARC1; p=rejct", "none", "", "", true, "p=rejct is not", "", 0},
		{"v=DMARC1; p=rejct; rua=mailto:a@b.test", "none", "", "", false, "p=rejct is not", "", 1},
		{"v=DMARC1; p=reject; sp=x; rua=mailto:a@b.test", "none", "", "", false, "sp=x is not", "", 1},
		{"v=DMARC1; p=reject; sp=x", "none", "", "", true, "sp=x is not", "", 0},
		{"v=DMARC1; p=reject; p=none", "none", "", "", true, "p stands twice", "", 0},
		{"v=DMARC1; p=reject; pct=50; ri=1; rf=afrf", "reject", "", "", false, "", "pct exists no more", 0},
		{"v=DMARC1; p=reject; adkim=x", "reject", "", "", false, "", "adkim=x is not one of r, s; r is used", 0},
		{"v=DMARC1; p=reject; moo=x; fo=1:d", "reject", "", "", false, "", "", 0},
		{"v=DMARC1; p=reject; fo=2", "reject", "", "", false, "", "fo=2", 0},
		{"v=DMARC1; p=reject; rua=a@b.test", "reject", "", "", false, "", `"a@b.test" is not a URI`, 0},
		{"v=DMARC1; p=reject; rua=mailto:a@b.test!10m , mailto:c@d.test!9", "reject", "", "", false, "", "", 2},
		{"v=DMARC1; p=reject; rua=mailto:a@b.test!10mb", "reject", "", "", false, "", "10mb", 0},
		{"v=DMARC1; p=reject; fo=0:d:s", "reject", "", "", false, "", "", 0},
		{"v=DMARC1; p=reject; fo=d : 1", "reject", "", "", false, "", "", 0},
		{"v=DMARC1; p=reject; fo=0:1", "reject", "", "", false, "", "fo=0:1", 0},
		{"v=DMARC1; p=reject; fo=01", "reject", "", "", false, "", "fo=01", 0},
		{"v=DMARC1; p=reject; fo=d:d", "reject", "", "", false, "", "fo=d:d", 0},
		{"v=DMARC1; p=reject; fo=", "reject", "", "", false, "", "fo= is", 0},
		{"v=DMARC1; p=reject;;", "reject", "", "", false, "", "empty tag", 0},
		{"v=DMARC1; p=reject; nonsense", "reject", "", "", false, "", `"nonsense" has no =`, 0},
	} {
		r := ParseDMARC(test.text)
		if r.P != test.p || r.SP != test.sp || r.NP != test.np || r.Void != test.void || len(r.RUA) != test.rua {
			t.Errorf("%s: %+v", test.text, r)
		}
		for _, each := range []struct {
			errs []error
			want string
		}{{r.Invalid, test.invalid}, {r.Odd, test.odd}} {
			var text []string
			for _, err := range each.errs {
				text = append(text, err.Error())
			}
			if got := strings.Join(text, "; "); (got == "") != (each.want == "") || !strings.Contains(got, each.want) {
				t.Errorf("%s: %q, want %q", test.text, got, each.want)
			}
		}
	}
}

func TestIsDMARC(t *testing.T) {
	for text, want := range map[string]bool{
		"v=DMARC1": true, "v=DMARC1;p=none": true, "v = DMARC1 ; p=none": true, "v\t=\tDMARC1": true,
		" v=DMARC1": false, "\tv=DMARC1; p=none": false, "v=DMARC1\\; p=none": false, "v=DMARC2": false, "DMARC1": false,
		"v=dmarc1; p=none": false, "p=none; v=DMARC1": false, "v=DMARC10": false, "V=DMARC1": false, "v=DMARC1 p=none": false, "": false,
	} {
		if got := IsDMARC(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDiscoverDMARC(t *testing.T) {
	exists := "a.b.d.test A 192.0.2.1"
	for _, test := range []struct {
		about, domain     string
		zone              []string
		from, org, policy string
		queries           int
		between           string
	}{
		{"own", "d.test", []string{"_dmarc.d.test TXT v=DMARC1; p=reject; sp=none"}, "d.test", "d.test", "reject", 2, ""},
		{"own, never sp", "a.b.d.test", []string{exists, "_dmarc.a.b.d.test TXT v=DMARC1; p=none; sp=reject", "_dmarc.d.test TXT v=DMARC1; p=reject"},
			"a.b.d.test", "d.test", "none", 4, ""},
		{"none", "a.d.test", nil, "", "a.d.test", "", 3, ""},
		{"the organization's, in between has no effect", "a.b.d.test", []string{exists, "_dmarc.b.d.test TXT v=DMARC1; p=none", "_dmarc.d.test TXT v=DMARC1; p=reject; sp=quarantine"},
			"d.test", "d.test", "quarantine", 4, "b.d.test"},
		{"np for a name that does not exist", "x.d.test", []string{"_dmarc.d.test TXT v=DMARC1; p=none; sp=quarantine; np=reject"}, "d.test", "d.test", "reject", 3, ""},
		{"np is not for one that does", "a.b.d.test", []string{exists, "_dmarc.d.test TXT v=DMARC1; p=none; np=reject"}, "d.test", "d.test", "none", 4, ""},
		{"psd=n ends the walk", "a.b.d.test", []string{exists, "_dmarc.b.d.test TXT v=DMARC1; p=reject; psd=n", "_dmarc.d.test TXT v=DMARC1; p=none"},
			"b.d.test", "b.d.test", "reject", 2, ""},
		{"below a public suffix", "a.b.d.test", []string{exists, "_dmarc.test TXT v=DMARC1; p=reject; sp=quarantine; psd=y"}, "test", "d.test", "quarantine", 4, ""},
		{"a public suffix itself", "d.test", []string{"_dmarc.d.test TXT v=DMARC1; p=reject; psd=y"}, "d.test", "d.test", "reject", 1, ""},
		{"several are discarded", "a.b.d.test", []string{exists, "_dmarc.a.b.d.test TXT v=DMARC1; p=none", "_dmarc.a.b.d.test TXT v=DMARC1; p=reject", "_dmarc.d.test TXT v=DMARC1; p=quarantine"},
			"d.test", "d.test", "quarantine", 4, ""},
		{"an empty one hides the parent's", "a.b.d.test", []string{exists, "_dmarc.a.b.d.test TXT v=DMARC1;", "_dmarc.d.test TXT v=DMARC1; p=reject"}, "a.b.d.test", "d.test", "", 4, ""},
		{"t=y", "d.test", []string{"_dmarc.d.test TXT v=DMARC1; p=reject; t=y"}, "d.test", "d.test", "quarantine", 2, ""},
		{"a long name takes eight queries", "a.b.c.d.e.f.g.h.i.d.test", []string{"_dmarc.d.test TXT v=DMARC1; p=reject"}, "d.test", "d.test", "reject", 8, ""},
		{"upper case", "D.Test.", []string{"_dmarc.d.test TXT v=DMARC1; p=reject"}, "d.test", "d.test", "reject", 2, ""},
	} {
		t.Run(test.about, func(t *testing.T) {
			got, err := DiscoverDMARC(t.Context(), txtZone(test.zone...), test.domain)
			if err != nil {
				t.Fatal(err)
			}
			if got.From != test.from || got.Org != test.org || string(got.Policy) != test.policy || got.Queries != test.queries ||
				strings.Join(got.Between, " ") != test.between {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, err := DiscoverDMARC(t.Context(), txtZone("_dmarc.d.test TIMEOUT"), "a.d.test"); err == nil {
		t.Error("a failed look-up is taken for no record")
	}
}

func TestReportDestinations(t *testing.T) {
	z := txtZone("_dmarc.d.test TXT v=DMARC1; p=reject", "_dmarc.e.test TXT v=DMARC1; p=none", "d.test._report._dmarc.r.e.test TXT v=DMARC1;",
		"d.test._report._dmarc.s.test TIMEOUT")
	found, err := DiscoverDMARC(t.Context(), z, "a.d.test")
	if err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		"mailto:x@d.test":   "own",
		"mailto:x@b.d.test": "own",
		"mailto:x@r.e.test": "external, authorised",
		"mailto:x@e.test":   "external",
		"mailto:x@s.test":   "external, failed",
	} {
		d := CheckDestination(t.Context(), z, found, uri)
		got := "own"
		if d.External {
			got = "external"
			if d.Authorised {
				got += ", authorised"
			}
		}
		if d.Err != nil {
			got += ", failed"
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%+v)", uri, got, want, d)
		}
	}
}

// TestCorrected: what is ignored is left out, and nothing is decided for the owner.
func TestCorrected(t *testing.T) {
	for text, want := range map[string]string{
		"v=DMARC1; p=reject; pct=100; ri=86400; rf=afrf":                                 "v=DMARC1; p=reject",
		"v=DMARC1;p=quarantine ;adkim=x; aspf=s;; rua=mailto:a@b.test!10m,c@d.test; t=y": "v=DMARC1; p=quarantine; aspf=s; rua=mailto:a@b.test; t=y",
		"v=DMARC1; p=reject; sp=none; fo=2; x=1":                                         "v=DMARC1; p=reject; sp=none; x=1",
		"v=DMARC1; p=reject":                                                             "", // nothing to correct
		"v=DMARC1; p=reject; pct=50":                                                     "", // some receivers act on half of the mail
		"v=DMARC1; p=reject; pct=0":                                                      "",
		"v=DMARC1; p=rejct; ri=1; rua=mailto:a@b.test":                                   "",
		"v=DMARC1; p=reject; p=none; ri=1":                                               "",
		"v=DMARC1; p=reject; rua=a@b.test":                                               "", // whose address it is cannot be guessed
		"v=DMARC1; p=reject; ri=1; x=\"":                                                 "",
		"v=DMARC1; p=reject; ri=1; x=\\000":                                              "",
		"v=DMARC1; p=reject; ri=1; x=\n":                                                 "",
	} {
		if got := ParseDMARC(text).Corrected(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzDMARC(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; np=x; rua=mailto:a@b.test!10m,mailto:c%40d; fo=1:d; t=y; psd=n")
	f.Add("v=DMARC1; p=reject; pct=100; rf=afrf; adkim=x; rua=mailto:a@b.test,c")
	f.Fuzz(func(t *testing.T, text string) {
		if !IsDMARC(text) {
			return
		}
		r := ParseDMARC(text)
		if right := r.Corrected(); right != "" {
			again := ParseDMARC(right)
			if !IsDMARC(right) || len(again.Odd)+len(again.Invalid) > 0 || again.P != r.P || again.SP != r.SP || again.NP != r.NP ||
				again.Testing != r.Testing || again.PSD != r.PSD || !slices.Equal(again.RUA, r.RUA) {
				t.Errorf("%q is corrected to %q", text, right)
			}
		}
		z := zone{"_dmarc.d.test": {{"TXT": text}}}
		if got, err := DiscoverDMARC(t.Context(), z, "a.d.test"); err != nil || got.Record != nil && !IsDMARC(text) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
