package domain_test

import (
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// TestCAASessions: that no authority may issue is a fault where one has issued.
func TestCAASessions(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{"192.0.2.3:25": withoutTLS(t, "220 plain.example ESMTP"), "192.0.2.4:25": "127.0.0.1:1"}
	for addr, fault := range map[string]string{"192.0.2.1:25": "", "192.0.2.2:25": "self-signed"} {
		host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", Authority: authority, Faults: mailtest.Faults{Certificate: fault}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { host.Close() })
		to[addr] = host.Addr(mailtest.SMTP)
	}
	zone := func(name, addr string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ MX 10 a\na A " + addr + "\n@ CAA 0 issue \";\""}
	}
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{
		zone("issued.org", "192.0.2.1"), zone("own.org", "192.0.2.2"), zone("plain.org", "192.0.2.3"), zone("refuses.org", "192.0.2.4"),
	}})
	for _, want := range []row{
		{"issued.org", probe.Warning, "caa-denies", "", "let no authority issue"},
		{"own.org", probe.OK, "", "", "the exchanger has none that one issued"},
		{"plain.org", probe.OK, "", "", ""},
		{"refuses.org", probe.Warning, "caa-denies", "", ""}, // what it has is not known
	} {
		r := wholeOf(t, dialled(to), want.name, "--resolver", addr, "--trust-anchor", anchors, "--only", "caa,exchanger")
		want.judge(t, r.Step("caa"))
	}
}
