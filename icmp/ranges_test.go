package icmp

import (
	"fmt"
	"testing"
)

func TestParseRange(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":                "192.0.2.1 192.0.2.1 1",
		"192.0.2.0/24":             "192.0.2.1 192.0.2.254 254",
		"192.0.2.77/30":            "192.0.2.77 192.0.2.78 2",
		"192.0.2.0/31":             "192.0.2.0 192.0.2.1 2",
		"192.0.2.9/32":             "192.0.2.9 192.0.2.9 1",
		"10.0.0.0/8":               "10.0.0.1 10.255.255.254 1000000",
		"0.0.0.0/0":                "0.0.0.1 255.255.255.254 1000000",
		"10.0.0.5-40":              "10.0.0.5 10.0.0.40 36",
		"10.0.0.250-10.0.1.5":      "10.0.0.250 10.0.1.5 12",
		"255.255.255.255":          "255.255.255.255 255.255.255.255 1",
		"2001:db8::/120":           "2001:db8:: 2001:db8::ff 256",
		"2001:db8::5-2001:db8::40": "2001:db8::5 2001:db8::40 60",
		"::/0":                     ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 1000000",
		"fe80::1%eth0":             "fe80::1%eth0 fe80::1%eth0 1",
		"mx-1.example.org":         "no range",
		"mx1":                      "no range",
		"":                         "no range",
		"10.0.0.0/33":              `error "10.0.0.0/33" is not a prefix such as 192.0.2.0/24 or 2001:db8::/120`,
		"10.0.0.9-5":               `error range "10.0.0.9-5" ends before it begins`,
		"10.0.0.9-256":             `error "10.0.0.9-256" is not a range such as 192.0.2.5-40 or 192.0.2.5-192.0.3.40`,
		"10.0.0.9-::1":             `error "10.0.0.9-::1" is not a range such as 192.0.2.5-40 or 192.0.2.5-192.0.3.40`,
	} {
		if got := describeRange(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func describeRange(text string) string {
	r, ok, err := ParseRange(text)
	switch {
	case err != nil:
		return "error " + err.Error()
	case !ok:
		return "no range"
	}
	return fmt.Sprint(r.First, " ", r.Last, " ", r.Count(1_000_000))
}

func TestRangeAddrs(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.254-10.0.1.1":             "[10.0.0.254 10.0.0.255 10.0.1.0 10.0.1.1]",
		"255.255.255.254-255.255.255.255": "[255.255.255.254 255.255.255.255]",
	} {
		r, _, _ := ParseRange(text)
		var got []string
		for addr := range r.Addrs() {
			got = append(got, addr.String())
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/24", "10.0.0.5-40", "::1-::5", "a-b", "1.2.3.4-", "fe80::1%a/64"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok, err := ParseRange(text)
		if ok && (err != nil || r.Last.Less(r.First) || r.Count(1000) < 1) {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
		if !ok {
			return
		}
		n := 0
		for range r.Addrs() {
			if n++; n == 10 {
				return
			}
		}
		if n != r.Count(1000) {
			t.Errorf("%q: %d addresses, count %d", text, n, r.Count(1000))
		}
	})
}
