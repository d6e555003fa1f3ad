package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// TestHeadings: steps stand under their headings, each of which is there once, and the
// records to publish below them, with nothing of a server's in them read as HTML.
func TestHeadings(t *testing.T) {
	r := &probe.Result{Check: "domain", Target: "example.org", Start: until, Status: probe.Critical, Steps: []probe.Step{
		{Name: "mx", Group: "RECEIVING", Status: probe.OK},
		{Name: "dane", Group: "RECEIVING", Status: probe.Critical, Fix: []string{"_25._tcp.mx.example.org. IN TLSA 3 1 1 ab"}},
		{Name: "spf", Group: "SENDING", Status: probe.Warning, Fix: []string{`example.org. IN TXT "v=spf1 <mx> -all"`}},
	}}
	check := Check{Series: history.Series{Name: "a", Kind: "domain"}, Latest: r}
	d := &Data{Checks: []Check{check}, Since: until.AddDate(0, 0, -7), Until: until, Each: 24 * time.Hour}
	var page bytes.Buffer
	if err := d.HTML(&page, ""); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for part, times := range map[string]int{
		`<th colspan="4" scope="rowgroup">RECEIVING</th>`: 1, `<th colspan="4" scope="rowgroup">SENDING</th>`: 1,
		"_25._tcp.mx.example.org. IN TLSA 3 1 1 ab\nexample.org. IN TXT &#34;v=spf1 &lt;mx&gt; -all&#34;</pre>": 1,
		"To publish": 1, "<mx>": 0,
	} {
		if n := strings.Count(text, part); n != times {
			t.Errorf("%s is there %d times, not %d", part, n, times)
		}
	}
}

// TestCertificatesOfSeveral: a domain has the certificates of all its servers.
func TestCertificatesOfSeveral(t *testing.T) {
	r := &probe.Result{Start: until, Steps: []probe.Step{{Name: "exchanger", Facts: []probe.Fact{
		probe.Text("x1_cert_not_after", until.AddDate(0, 0, 30).Format(time.RFC3339)), probe.Number("x1_cert_days_left", 30, probe.None),
		probe.Number("x2_cert_days_left", 2, probe.None), probe.Number("sts_cert_days_left", 60, probe.None),
		probe.Text("via_cert_not_after", until.AddDate(0, 0, 70).Format(time.RFC3339)), probe.Number("fetch_cert_days_left", 80, probe.None), probe.Number("total", 1, probe.Seconds),
	}}}}
	var got []string
	for _, c := range Certificates([]Check{{Series: history.Series{Target: "example.org"}, Latest: r}}, until) {
		got = append(got, c.Target+" "+c.Left)
	}
	if text := strings.Join(got, ", "); text != "example.org x2 2 days, example.org x1 30 days, example.org sts 60 days, example.org via 70 days, example.org fetch 80 days" {
		t.Error(text)
	}
}
