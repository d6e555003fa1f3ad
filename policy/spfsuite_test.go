package policy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "blitiri.com.ar/go/spf" // has the test suite in its module
	"go.yaml.in/yaml/v4"
)

// suiteTest is a test of the suite of openspf.org.
type suiteTest struct {
	Helo, Host, Mailfrom, Spec string
	Result                     any
	Explanation                string
}

// zone answers from the records of a test.
type zone map[string][]map[string]any

var errTimeout = errors.New("time-out")

// records returns the records of a type; a record TIMEOUT fails what is not found.
func (z zone) records(name, sort string) (found []any, err error) {
	for depth := 0; depth < 10; depth++ {
		all, ok := z[strings.ToLower(strings.TrimSuffix(name, "."))]
		if !ok {
			return nil, ErrNoName
		}
		alias := ""
		for _, record := range all {
			if record["TIMEOUT"] == true && len(found) == 0 {
				return nil, errTimeout
			}
			if v, ok := record[sort]; ok && v != "NONE" {
				found = append(found, v)
			}
			if v, ok := record["CNAME"].(string); ok {
				alias = v
			}
		}
		if alias == "" || len(found) > 0 {
			return found, nil
		}
		name = alias
	}
	return nil, errTimeout
}

func joined(v any) string {
	if all, ok := v.([]any); ok {
		var text strings.Builder
		for _, s := range all {
			text.WriteString(s.(string))
		}
		return text.String()
	}
	return v.(string)
}

// TXT takes records called SPF for TXT where there is none: so the suite has it.
func (z zone) TXT(_ context.Context, name string) (texts []string, err error) {
	all, err := z.records(name, "TXT")
	hasTXT := slices.ContainsFunc(z[strings.ToLower(name)], func(r map[string]any) bool { _, ok := r["TXT"]; return ok })
	if err == nil && len(all) == 0 && !hasTXT {
		all, err = z.records(name, "SPF")
	}
	for _, v := range all {
		texts = append(texts, joined(v))
	}
	return texts, err
}

func (z zone) addrs(name, sort string) (addrs []netip.Addr, err error) {
	all, err := z.records(name, sort)
	for _, v := range all {
		addrs = append(addrs, netip.MustParseAddr(v.(string)))
	}
	return addrs, err
}

func (z zone) IPv4(_ context.Context, name string) ([]netip.Addr, error) { return z.addrs(name, "A") }
func (z zone) IPv6(_ context.Context, name string) ([]netip.Addr, error) {
	return z.addrs(name, "AAAA")
}

func (z zone) MX(_ context.Context, name string) (names []string, err error) {
	all, err := z.records(name, "MX")
	for _, v := range all {
		names = append(names, v.([]any)[1].(string))
	}
	return names, err
}

func (z zone) PTR(_ context.Context, addr netip.Addr) (names []string, err error) {
	labels := strings.Split(dotted(addr), ".")
	slices.Reverse(labels)
	name := strings.Join(labels, ".") + ".in-addr.arpa"
	if addr.Is6() {
		name = strings.Join(labels, ".") + ".ip6.arpa"
	}
	all, err := z.records(name, "PTR")
	for _, v := range all {
		names = append(names, v.(string))
	}
	return names, err
}

// suiteDir is the folder of the suite.
func suiteDir(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "blitiri.com.ar/go/spf").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "testdata")
}

// TestSPFSuite runs the suite of openspf.org for RFC 7208, and pyspf's own.
func TestSPFSuite(t *testing.T) {
	count := 0
	for _, name := range []string{"rfc7208-tests.yml", "pyspf-tests.yml"} {
		text, err := os.ReadFile(filepath.Join(suiteDir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var scenario struct {
				Description string
				Tests       map[string]suiteTest
				Zonedata    map[string][]map[string]any
			}
			if err := dec.Decode(&scenario); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(name, err)
			}
			z := zone{}
			for name, records := range scenario.Zonedata {
				z[strings.ToLower(name)] = records
			}
			for test, each := range scenario.Tests {
				if strings.HasPrefix(test, "default-modifier") {
					continue // default= was never in an RFC
				}
				count++
				t.Run(name+"/"+test, func(t *testing.T) { each.run(t, z) })
			}
		}
	}
	if count < 205 {
		t.Errorf("%d tests in the suite", count)
	}
}

func (s suiteTest) run(t *testing.T, z zone) {
	got := SPFCheck{DNS: z, IP: netip.MustParseAddr(s.Host), Helo: s.Helo, Sender: s.Mailfrom, Receiver: "receiver.example"}.Check(t.Context())
	want, ok := s.Result.([]any)
	if !ok {
		want = []any{s.Result}
	}
	if !slices.Contains(want, any(string(got.Result))) {
		t.Errorf("%v (%v), want %v; section %s", got.Result, got.Err, want, s.Spec)
	}
	if s.Explanation != "" && s.Explanation != "DEFAULT" && got.Explanation != s.Explanation {
		t.Errorf("explanation %q, want %q", got.Explanation, s.Explanation)
	}
}
