package policy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// txtZone makes a zone of lines "NAME TYPE VALUE".
func txtZone(lines ...string) zone {
	z := zone{}
	for _, line := range lines {
		f := strings.SplitN(line, " ", 3)
		var value any = true
		if len(f) > 2 {
			value = f[2]
		}
		if f[1] == "MX" {
			value = []any{10, f[2]}
		}
		z[f[0]] = append(z[f[0]], map[string]any{f[1]: value})
	}
	return z
}

// many returns lines made of a pattern with a number in it.
func many(n int, pattern string) (lines []string) {
	for i := range n {
		lines = append(lines, strings.ReplaceAll(pattern, "#", fmt.Sprint(i)))
	}
	return lines
}

func TestSPFAudit(t *testing.T) {
	const net = "n.test A 192.0.2.1"
	for _, test := range []struct {
		about                string
		zone                 []string
		lookups              int
		void4, void6         int
		permanent, everyone  string
		otherwise            SPFResult
		temporary, unreached int
	}{
		{"no record", []string{"d.test TXT hello"}, 0, 0, 0, "", "", SPFNone, 0, 0},
		{"no look-up", []string{"d.test TXT v=spf1 ip4:192.0.2.0/24 -all"}, 0, 0, 0, "", "", SPFFail, 0, 0},
		{"an include twice counts twice", []string{"d.test TXT v=spf1 include:i.test include:i.test -all", "i.test TXT v=spf1 a:n.test ~all", net},
			4, 0, 2, "", "", SPFFail, 0, 0},
		{"behind all", []string{"d.test TXT v=spf1 -all a:x.test mx"}, 0, 0, 0, "", "", SPFFail, 0, 2},
		{"an error behind all", []string{"d.test TXT v=spf1 -all ipv4:192.0.2.1"}, 0, 0, 0, `"ipv4:192.0.2.1"`, "", SPFNone, 0, 0},
		{"redirect beside all", []string{"d.test TXT v=spf1 redirect=x.test ?all"}, 0 + 0, 0, 0, "", "", SPFNeutral, 0, 0},
		{"redirect", []string{"d.test TXT v=spf1 redirect=x.test", "x.test TXT v=spf1 +all"}, 1, 0, 0, "", "+all", SPFPass, 0, 0},
		{"redirect to nothing", []string{"d.test TXT v=spf1 redirect=x.test"}, 1, 0, 0, "redirect=x.test: x.test has no SPF record", "", SPFNeutral, 0, 0},
		{"include of nothing", []string{"d.test TXT v=spf1 include:x.test -all", "x.test TXT v=spf10"}, 1, 0, 0, "include:x.test: x.test has no SPF record", "", SPFFail, 0, 0},
		{"unknown modifier", []string{"d.test TXT v=spf1 moo=a.test -all"}, 0, 0, 0, "", "", SPFFail, 0, 0},
		{"exp does not count", []string{"d.test TXT v=spf1 exp=x.test -all"}, 0, 0, 0, "", "", SPFFail, 0, 0},
		{"two records", []string{"d.test TXT v=spf1 -all", "d.test TXT v=spf1 ~all"}, 0, 0, 0, "2 SPF records", "", SPFNone, 0, 0},
		{"eleven", append(many(11, "h#.test A 192.0.2.1"), "d.test TXT v=spf1 "+strings.Join(many(11, "exists:h#.test"), " ")+" -all"),
			11, 0, 0, "11 terms need a look-up", "exists:h0.test", SPFFail, 0, 0},
		{"void", []string{"d.test TXT v=spf1 a:n.test a:m.test a:o.test -all", net, "m.test AAAA 2001:db8::1"}, 3, 2, 2, "", "", SPFFail, 0, 0},
		{"void for IPv6 alone", []string{"d.test TXT v=spf1 a:n.test a:m.test a:o.test -all", net, "m.test A 192.0.2.2", "o.test A 192.0.2.2"},
			3, 0, 3, "", "", SPFFail, 0, 0},
		{"void for IPv6, which is authorised", []string{"d.test TXT v=spf1 a:n.test a:m.test a:o.test ip6:2001:db8::/32 -all", net, "m.test A 192.0.2.2", "o.test A 192.0.2.2"},
			3, 0, 3, "for an IPv6 client 3 terms", "", SPFFail, 0, 0},
		{"void for IPv6, which an include may authorise", []string{"d.test TXT v=spf1 a:n.test a:m.test a:o.test include:%{i}.i.test -all", net, "m.test A 192.0.2.2", "o.test A 192.0.2.2"},
			4, 0, 3, "for an IPv6 client 3 terms", "", SPFFail, 0, 0},
		{"void for all", []string{"d.test TXT v=spf1 a:n.test a:m.test a:o.test -all"}, 3, 3, 3, "for an IPv4 client 3", "", SPFFail, 0, 0},
		{"a term is void once", append(many(5, "d.test MX h#.test"), "d.test TXT v=spf1 mx a:n.test -all", net), 2, 1, 2, "", "", SPFFail, 0, 0},
		{"redirect to the client's", []string{"d.test TXT v=spf1 redirect=%{i}.x.test"}, 1, 0, 0, "", "", "", 0, 0},
		{"void exchangers", []string{"d.test TXT v=spf1 mx -all", "d.test MX n.test", net}, 1, 0, 1, "", "", SPFFail, 0, 0},
		{"eleven exchangers", append(many(11, "d.test MX n.test"), "d.test TXT v=spf1 mx -all", net, "n.test AAAA 2001:db8::1"), 1, 0, 0, "11 exchangers", "", SPFFail, 0, 0},
		{"everyone by a network", []string{"d.test TXT v=spf1 ip4:0.0.0.0/0 -all"}, 0, 0, 0, "", "all IPv4 addresses", SPFFail, 0, 0},
		{"everyone by halves", []string{"d.test TXT v=spf1 ip6:::/1 ip6:8000::/1 -all"}, 0, 0, 0, "", "all IPv6 addresses", SPFFail, 0, 0},
		{"not quite everyone", []string{"d.test TXT v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 -all"}, 0, 0, 0, "", "", SPFFail, 0, 0},
		{"everyone by a/0", []string{"d.test TXT v=spf1 a:n.test/0 -all", net, "n.test AAAA 2001:db8::1"}, 1, 0, 0, "", "all IPv4 addresses", SPFFail, 0, 0},
		{"everyone by an include", []string{"d.test TXT v=spf1 include:i.test -all", "i.test TXT v=spf1 +all"}, 1, 0, 0, "", "include:i.test", SPFFail, 0, 0},
		{"everyone excluded", []string{"d.test TXT v=spf1 -include:i.test -all", "i.test TXT v=spf1 +all"}, 1, 0, 0, "", "", SPFFail, 0, 0},
		{"everyone by exists", []string{"d.test TXT v=spf1 exists:%{d} -all", "d.test A 127.0.0.2"}, 1, 0, 0, "", "exists:%{d}", SPFFail, 0, 0},
		{"exists of the client", []string{"d.test TXT v=spf1 exists:%{i}.x.test -all"}, 1, 0, 0, "", "", SPFFail, 0, 0},
		{"SERVFAIL in a branch", []string{"d.test TXT v=spf1 a:n.test include:x.test -all", net, "x.test TIMEOUT", "n.test AAAA 2001:db8::1"}, 2, 0, 0, "", "", SPFFail, 1, 0},
		{"a circle", []string{"d.test TXT v=spf1 include:d.test -all"}, 100, 0, 0, "100 or more terms", "", SPFFail, 0, 0},
		{"excluded includes pass nobody", []string{"d.test TXT v=spf1 ?include:i.test -all", "i.test TXT v=spf1 ip4:0.0.0.0/0 -all"}, 1, 0, 0, "", "", SPFFail, 0, 0},
		{"alone", []string{"d.test TXT v=spf1"}, 0, 0, 0, "", "", SPFNeutral, 0, 0},
		{"tab", []string{"d.test TXT v=spf1\t-all"}, 0, 0, 0, "", "", SPFNone, 0, 0},
		{"semicolon", []string{"d.test TXT v=spf1; -all"}, 0, 0, 0, "", "", SPFNone, 0, 0},
	} {
		t.Run(test.about, func(t *testing.T) {
			got := AuditSPF(t.Context(), txtZone(test.zone...), "d.test")
			var reasons []string
			for _, err := range got.Permanent {
				reasons = append(reasons, err.Error())
			}
			text := strings.Join(reasons, "; ")
			if (text == "") != (test.permanent == "") || !strings.Contains(text, test.permanent) {
				t.Errorf("permanent: %q, want %q", text, test.permanent)
			}
			if got.Lookups != test.lookups || got.Void4 != test.void4 || got.Void6 != test.void6 {
				t.Errorf("%d look-ups, %d and %d void; want %d, %d, %d", got.Lookups, got.Void4, got.Void6, test.lookups, test.void4, test.void6)
			}
			if got.Everyone != test.everyone || got.Default != test.otherwise {
				t.Errorf("everyone %q, default %s; want %q, %s", got.Everyone, got.Default, test.everyone, test.otherwise)
			}
			if len(got.Temporary) != test.temporary || len(got.Unreached) != test.unreached {
				t.Errorf("temporary %v, unreached %v", got.Temporary, got.Unreached)
			}
		})
	}
}

func TestSPFCosts(t *testing.T) {
	z := txtZone("d.test TXT v=spf1 mx include:i.test ip4:192.0.2.1 -all", "d.test MX n.test", "i.test TXT v=spf1 a:n.test a:n.test -all", "n.test A 192.0.2.1")
	want := []SPFCost{{"mx", 1}, {"include:i.test", 3}}
	if got := AuditSPF(t.Context(), z, "d.test").Costs; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSPFPasses: clients of which family a record may pass, and who meets a limit that
// hurts nobody.
func TestSPFPasses(t *testing.T) {
	hosts := []string{"n.test A 192.0.2.1", "m.test A 192.0.2.2", "o.test A 192.0.2.3", "none.test TXT v=spf1 -all", "six.test TXT v=spf1 ip6:2001:db8::/32 -all"}
	for record, want := range map[string]string{
		"-all": "", "+all": "46", "?all": "", "redirect=none.test": "", "redirect=six.test": "6", "include:none.test -all": "",
		"include:six.test ip4:192.0.2.1 -all": "46", "-include:six.test -all": "", "a:n.test -all": "4", "-a:n.test -all": "", "ptr -all": "46",
		"exists:%{i}.x.test -all": "46", "-exists:%{i}.x.test -all": "", "exists:n.test -all": "46", "a:gone.test -all": "",
		"a:n.test a:m.test a:o.test -all": "4 harmless", "a:n.test a:m.test a:o.test ip6:2001:db8::/32 -all": "46",
		"a:x.test a:y.test a:z.test -all": "", "redirect=%{i}.x.test": "46",
	} {
		a := AuditSPF(t.Context(), txtZone(append(hosts, "d.test TXT v=spf1 "+record)...), "d.test")
		got := ""
		if a.Passes4 {
			got += "4"
		}
		if a.Passes6 {
			got += "6"
		}
		if len(a.Harmless) > 0 {
			got += " harmless"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
}

// TestSPFHostile: records that include each other a hundred times over end soon, and each
// term beyond the limit costs no look-up but those that the count needs.
func TestSPFHostile(t *testing.T) {
	var lines []string
	for level := range 10 {
		lines = append(lines, fmt.Sprintf("l%d.test TXT v=spf1 %s mx:x.test", level, strings.Join(many(100, fmt.Sprintf("include:l%d.test mx:m#.l%d.test", level+1, level)), " ")))
	}
	counted := &counter{zone: txtZone(lines...)}
	a := AuditSPF(t.Context(), counted, "l0.test")
	n := counted.asked.Load()
	if a.Lookups != MaxSPFAudit || len(a.Permanent) == 0 || n > 3*MaxSPFAudit {
		t.Errorf("%d look-ups, %v, %d questions", a.Lookups, a.Permanent, n)
	}
}

// TestSPFAhead: the answers that an audit needs come side by side: it takes as many round
// trips as its records are deep.
func TestSPFAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := append(many(4, "i#.test TXT v=spf1 a:n.test mx:i#.test -all"), many(4, "i#.test MX n.test")...)
		z := slow{zone: txtZone(append(lines, "n.test A 192.0.2.1", "d.test TXT v=spf1 include:i0.test include:i1.test include:i2.test -all")...), seen: &sync.Map{}}
		begin := time.Now()
		if a := AuditSPF(t.Context(), z, "d.test"); a.Lookups != 9 {
			t.Errorf("%d look-ups", a.Lookups)
		}
		if took := time.Since(begin); took > 4*time.Second { // the record, includes, mx, addresses
			t.Errorf("it took %v round trips", took.Seconds())
		}
	})
}

// slow takes a second for each new answer.
type slow struct {
	zone
	seen *sync.Map
}

func (s slow) wait(question string) {
	begin, _ := s.seen.LoadOrStore(question, time.Now())
	time.Sleep(time.Until(begin.(time.Time).Add(time.Second)))
}

func (s slow) TXT(ctx context.Context, name string) ([]string, error) {
	s.wait("TXT " + name)
	return s.zone.TXT(ctx, name)
}

func (s slow) IPv4(ctx context.Context, name string) ([]netip.Addr, error) {
	s.wait("A " + name)
	return s.zone.IPv4(ctx, name)
}

func (s slow) IPv6(ctx context.Context, name string) ([]netip.Addr, error) {
	s.wait("AAAA " + name)
	return s.zone.IPv6(ctx, name)
}

func (s slow) MX(ctx context.Context, name string) ([]string, error) {
	s.wait("MX " + name)
	return s.zone.MX(ctx, name)
}

// counter counts the questions.
type counter struct {
	zone
	asked atomic.Int32
}

func (c *counter) TXT(ctx context.Context, name string) ([]string, error) {
	c.asked.Add(1)
	return c.zone.TXT(ctx, name)
}

func (c *counter) MX(ctx context.Context, name string) ([]string, error) {
	c.asked.Add(1)
	return c.zone.MX(ctx, name)
}

// FuzzSPF: a record that is read is evaluated without a panic, and its text is kept.
func FuzzSPF(f *testing.F) {
	for _, text := range []string{"v=spf1 a:%{d2r.-}/24//64 mx:x.test ip4:192.0.2.0/24 ip6:::/0 -all exp=e.test", "v=spf1 ?include:%{l}.test ptr redirect=d.test",
		"v=spf1 include:d.test include:d.test", "v=spf1 " + strings.Repeat("x", 5000), "v=spf1 exists:%{" + strings.Repeat("d", 5000) + "}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		record, err := ParseSPF(text)
		if err == nil && record.Text != text {
			t.Errorf("the text became %q", record.Text)
		}
		z := txtZone("n.test A 192.0.2.1")
		z["d.test"] = []map[string]any{{"TXT": text}}
		a := AuditSPF(t.Context(), z, "d.test")
		if a.Lookups > MaxSPFAudit || a.Void4 > a.Lookups || a.Void6 > a.Lookups || (a.Record == nil) != (err != nil || !IsSPF(text)) {
			t.Errorf("%q: %+v", text, a)
		}
		if err != nil && len(err.Error()) > 1500 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
		got := SPFCheck{DNS: z, IP: netip.MustParseAddr("192.0.2.1"), Helo: "h.test", Sender: "a@d.test"}.Check(t.Context())
		if IsSPF(text) && err != nil && got.Result != SPFPermError {
			t.Errorf("%q: %v, but %v", text, err, got)
		}
	})
}
