package policy_test

import (
	"context"
	"fmt"
	"net/netip"

	"mailprobe/policy"
)

// records is a DNS that knows TXT records alone.
type records map[string]string

func (r records) TXT(_ context.Context, name string) ([]string, error) {
	if text, ok := r[name]; ok {
		return []string{text}, nil
	}
	return nil, policy.ErrNoName
}
func (r records) IPv4(context.Context, string) ([]netip.Addr, error) { return nil, policy.ErrNoName }
func (r records) IPv6(context.Context, string) ([]netip.Addr, error) { return nil, policy.ErrNoName }
func (r records) MX(context.Context, string) ([]string, error)       { return nil, policy.ErrNoName }
func (r records) PTR(context.Context, netip.Addr) ([]string, error)  { return nil, policy.ErrNoName }

func ExampleSPFCheck() {
	dns := records{"example.org": "v=spf1 ip4:192.0.2.0/24 -all"}
	for _, client := range []string{"192.0.2.25", "198.51.100.1"} {
		v := policy.SPFCheck{DNS: dns, IP: netip.MustParseAddr(client), Sender: "alice@example.org"}.Check(context.Background())
		fmt.Println(client, v.Result, v.Matched)
	}
	// Output:
	// 192.0.2.25 pass ip4:192.0.2.0/24
	// 198.51.100.1 fail -all
}

func ExampleDiscoverDMARC() {
	dns := records{"_dmarc.example.org": "v=DMARC1; p=reject; sp=quarantine", "news.example.org": "v=spf1 -all"}
	found, err := policy.DiscoverDMARC(context.Background(), dns, "news.example.org")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Policy, "by", found.Tag, "of", found.From)
	// Output:
	// quarantine by sp of example.org
}
