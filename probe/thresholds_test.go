package probe

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestRange(t *testing.T) {
	inf := math.Inf(1)
	for text, c := range map[string]struct{ good, bad []float64 }{
		"10":        {[]float64{0, 5, 10}, []float64{-0.1, 10.1, inf}},
		"0":         {[]float64{0}, []float64{-1, 1}},
		"10:":       {[]float64{10, 1e9, inf}, []float64{9.9, -1}},
		"~:10":      {[]float64{10, -1e9, -inf}, []float64{10.1}},
		"~:":        {[]float64{0, inf, -inf}, nil},
		"10:20":     {[]float64{10, 15, 20}, []float64{9.9, 20.1}},
		"10:10":     {[]float64{10}, []float64{9, 11}},
		"-20:-10":   {[]float64{-20, -10}, []float64{0, -21}},
		"@10:20":    {[]float64{9.9, 20.1}, []float64{10, 15, 20}},
		"@10":       {[]float64{-1, 11}, []float64{0, 10}},
		"@10:":      {[]float64{9}, []float64{10, inf}},
		"@~:0":      {[]float64{0.1}, []float64{0, -5}},
		"1.5:2.5e1": {[]float64{1.5, 25}, []float64{1.4, 26}},
		"500ms":     {[]float64{0, 0.5}, []float64{0.6}},
		"1m:1h30m":  {[]float64{60, 5400}, []float64{59, 5401}},
		"~:-1s":     {[]float64{-1}, []float64{0}},
		"20%":       {[]float64{0, 20}, []float64{21}},
		"@50%:100%": {[]float64{49}, []float64{50, 100}},
	} {
		r, err := ParseRange(text)
		if err != nil || !r.IsSet() || r.String() != text {
			t.Errorf("%s: %v, %v", text, r, err)
			continue
		}
		for _, v := range c.good {
			if !r.Contains(v) {
				t.Errorf("%s does not contain %g", text, v)
			}
		}
		for _, v := range c.bad {
			if r.Contains(v) {
				t.Errorf("%s contains %g", text, v)
			}
		}
	}
	if (Range{}).IsSet() || !(Range{}).Contains(inf) || (Range{}).Nagios() != "" {
		t.Error("the range that is not set has something outside of it")
	}
}

func TestBadRanges(t *testing.T) {
	for _, text := range []string{
		"", "@", ":", "~", "@~", "::", "1:2:3", "20:10", "10:~", "~:~", "a", "10:b", "1,5", "10 ", " 10", "10 : 20",
		"nan", "inf", "-inf:inf", "1e999", "infinity:", "5 ms", "500 ms", "@@1", "%", "\x00", "１", strings.Repeat("9", 400),
	} {
		if r, err := ParseRange(text); err == nil {
			t.Errorf("%q was taken for the range %s", text, r.Nagios())
		}
	}
}

func TestNagios(t *testing.T) {
	for text, want := range map[string]string{
		"10": "10", "0:10": "10", "10:": "10:", "0:": "0:", "~:10": "~:10", "~:": "~:", "10:20": "10:20", "@10:20": "@10:20", "@5": "@5",
		"500ms": "0.5", "1m:1h": "60:3600", "20%": "20", "-5:5": "-5:5", "1e15": "1000000000000000",
	} {
		r, err := ParseRange(text)
		if got := r.Nagios(); err != nil || got != want {
			t.Errorf("%s is %s for Nagios, %v; want %s", text, got, err, want)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"10", "10:", "~:10", "@10:20", "500ms", "20%", "-1:1", "1e3:", "0x1p4"} {
		f.Add(s, 10.0)
	}
	f.Fuzz(func(t *testing.T, text string, value float64) {
		r, err := ParseRange(text)
		if err != nil {
			return
		}
		again, err := ParseRange(r.Nagios())
		if err != nil {
			t.Fatalf("%q is %q for Nagios: %v", text, r.Nagios(), err)
		}
		if r.Contains(value) != again.Contains(value) || again.Nagios() != r.Nagios() {
			t.Errorf("%q is %q, which is another range", text, r.Nagios())
		}
	})
}

func TestThresholdsSet(t *testing.T) {
	var th Thresholds
	for _, text := range []string{"5s", "loss=20%", "cert_days_left=14:", "loss=30%"} {
		if err := th.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(th) != 3 || th["total"].String() != "5s" || th["loss"].String() != "30%" || th["cert_days_left"].String() != "14:" {
		t.Errorf("thresholds %v", th)
	}
	for _, bad := range []string{"", "=10", "a=", "a=b", "a=b=10", "soon"} {
		if err := th.Set(bad); err == nil {
			t.Errorf("%q was taken for a threshold", bad)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name       string
		fact       Fact
		warn, crit string
		want       Status
		says       string
	}{
		{"good", Number("x", 5, None), "10", "20", OK, ""},
		{"warning", Number("x", 15, None), "10", "20", Warning, "x 15 is outside warning range 10"},
		{"critical", Number("x", 25, None), "10", "20", Critical, "x 25 is outside critical range 20"},
		{"critical alone", Number("x", 15, None), "", "10", Critical, "outside critical range"},
		{"time", Duration("x", 2*time.Second), "500ms", "", Warning, "x 2.00 s is outside warning range 500ms"},
		{"time in plain numbers", Duration("x", 2*time.Second), "1", "", Warning, "range 1"},
		{"no time", Number("x", 2, Bytes), "500ms", "", Unknown, "x is not a time, but warning range 500ms is"},
		{"no number", Text("x", "hello"), "10", "", Unknown, `x is "hello", not a number`},
		{"not finite", Number("x", math.NaN(), None), "", "10", Unknown, "not a number"},
		{"infinite", Number("x", math.Inf(1), Seconds), "10:", "", Unknown, "not a number"},
	} {
		warn, crit := Thresholds{}, Thresholds{}
		if c.warn != "" {
			warn["x"] = mustRange(c.warn)
		}
		if c.crit != "" {
			crit["x"] = mustRange(c.crit)
		}
		f := c.fact
		if says := f.judge(&Step{Name: "echo"}, warn, crit); f.Status != c.want || !strings.Contains(says, c.says) || (says == "") != (c.says == "") {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, f.Status, says, c.want, c.says)
		}
	}
	own := Number("days", 10, None).Within("14:", "3:")
	if own.judge(&Step{}, nil, nil); own.Status != Warning {
		t.Errorf("a fact's own threshold makes it %s", own.Status)
	}
	if says := own.judge(&Step{}, nil, nil); says != "days 10 (warning below 14)" {
		t.Errorf("a fact's own threshold says %q", says)
	}
	worded := own.Saying("it ends in 10 days")
	if says := worded.judge(&Step{}, nil, Thresholds{"days": mustRange("12:")}); worded.Status != Critical || says != "it ends in 10 days (critical below 12)" {
		t.Errorf("%s, %q", worded.Status, says)
	}
	ended := Number("days", -3, None).Within("14:", "3:")
	ended.Unjudged = true
	if says := ended.judge(&Step{}, nil, nil); ended.Status != OK || says != "" || !ended.Warn.IsSet() || !ended.Crit.IsSet() {
		t.Errorf("a fact that is not judged is %s, %q", ended.Status, says)
	}
	if ended.judge(&Step{}, nil, Thresholds{"days": mustRange("1:")}); ended.Status != Critical {
		t.Errorf("the user's threshold makes it %s", ended.Status)
	}
	users := Number("days", 10, None).Within("14:", "3:")
	if users.judge(&Step{}, Thresholds{"days": mustRange("5:")}, nil); users.Status != OK {
		t.Errorf("the user's threshold makes it %s", users.Status)
	}
}

func TestRangeBeyond(t *testing.T) {
	for _, c := range []struct {
		text  string
		value float64
		want  string
	}{
		{"14:", 8, "below 14"}, {"90", 92, "above 90"}, {"90", -1, "below 0"}, {"~:90", 92, "above 90"}, {"10:20", 9, "below 10"},
		{"10:20", 21, "above 20"}, {"@10:20", 15, "from 10 to 20"}, {"@100:", 100, "from 100 up"}, {"@~:5", 1, "up to 5"}, {"@5", 1, "from 0 to 5"},
		{"500ms", 1, "above 500ms"},
	} {
		if got := mustRange(c.text).beyond(c.value); got != c.want {
			t.Errorf("%g outside of %s is %q, want %q", c.value, c.text, got, c.want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 1: "0.00 us", 1500: "1.50 us", 999 * time.Microsecond: "999 us", 1234 * time.Microsecond: "1.23 ms",
		12345 * time.Microsecond: "12.3 ms", 999400 * time.Microsecond: "999 ms", time.Second: "1.00 s", 100 * time.Second: "100 s",
		-20 * time.Millisecond: "-20.0 ms", time.Hour: "3600 s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%d ns is %q; want %q", d, got, want)
		}
	}
}

// A pair, as check_icmp has it, sets the check's own time and the loss.
func TestThresholdPair(t *testing.T) {
	var pair Thresholds
	if err := pair.Set("100ms,20%"); err != nil || pair[TotalFact].String() != "100ms" || pair[LossFact].String() != "@20%:" || pair[LossFact].Contains(20) || !pair[LossFact].Contains(19) || len(pair) != 2 {
		t.Errorf("%v, %v", pair, err)
	}
	for _, wrong := range []string{"100.0,20%", "100ms,20", "100ms,", ",20%", "100ms,20ms%", "soon,20%"} {
		if err := new(Thresholds).Set(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

// The time of a check is no share.
func TestShareOfTime(t *testing.T) {
	var own Thresholds
	if err := own.Set("20%"); err == nil || !strings.Contains(err.Error(), "loss=20%") {
		t.Errorf("%v", err)
	}
}
