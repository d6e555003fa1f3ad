package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestLabelsSet(t *testing.T) {
	var l Labels
	for _, text := range []string{"site=berlin", "_a1=b=c", "Team=mail \"ops\"\\", "config=/etc/mailprobe/mailprobe.yaml"} {
		if err := l.Set(text); err != nil {
			t.Errorf("Set(%q): %v", text, err)
		}
	}
	want := `site="berlin",_a1="b=c",Team="mail \"ops\"\\",config="/etc/mailprobe/mailprobe.yaml"`
	if l.String() != want {
		t.Errorf("labels %s, want %s", l, want)
	}
}

func TestLabelsRefused(t *testing.T) {
	var l Labels
	if err := l.Set("site=berlin"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"berlin":     "no equals sign",
		"":           "no equals sign",
		"site=rome":  `"site" is given twice`,
		"a=":         `"a" has no value`,
		"a= \t":      `"a" has no value`,
		"check=x":    `"check" is taken`,
		"target=x":   `"target" is taken`,
		"job=x":      `"job" is taken`,
		"__name__=x": "not made of letters",
		"9a=x":       "not made of letters",
		"a-b=x":      "not made of letters",
		"ä=x":        "not made of letters",
		"=x":         "not made of letters",
		"_=x":        "not made of letters",
		"a\n=x":      "not made of letters",
	} {
		if err := l.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Set(%q): error %v does not say %q", text, err, want)
		}
	}
	if len(l) != 1 {
		t.Errorf("a refused label stays: %s", l)
	}
}

func TestLabelsLimit(t *testing.T) {
	var l Labels
	for i := range maxLabels {
		if err := l.Add(fmt.Sprintf("l%d", i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if l.Add("more", "x") == nil {
		t.Errorf("there can be more than %d labels", maxLabels)
	}
}

func TestWriteRun(t *testing.T) {
	var b strings.Builder
	err := WriteRun(&b, Options{Labels: Labels{{"file", "a.yaml"}}}, nil,
		Metric{Name: "mailprobe_run_status", Help: "Worst verdict of all checks.", Series: []Series{{Value: 2}}},
		Metric{Name: "mailprobe_nothing", Help: "Nothing."},
		Metric{Name: "mailprobe_last_success_timestamp_seconds", Help: "When it was OK last.", Series: []Series{
			{Labels{{"entry", "mx\n1"}}, 1.5e9}, {Labels{{"entry", "b"}}, 1}}})
	want := `# HELP mailprobe_run_status Worst verdict of all checks.
# TYPE mailprobe_run_status gauge
mailprobe_run_status{file="a.yaml"} 2
# HELP mailprobe_last_success_timestamp_seconds When it was OK last.
# TYPE mailprobe_last_success_timestamp_seconds gauge
mailprobe_last_success_timestamp_seconds{file="a.yaml",entry="mx 1"} 1.5e+09
mailprobe_last_success_timestamp_seconds{file="a.yaml",entry="b"} 1
`
	if err != nil || !strings.HasSuffix(b.String(), "\n"+want) {
		t.Errorf("error %v, got:\n%s\nwant:\n%s", err, b.String(), want)
	}
}

func TestWriteRunBare(t *testing.T) {
	var b strings.Builder
	err := WriteRun(&b, Options{}, nil, Metric{Name: "mailprobe_run_status", Help: "x", Series: []Series{{}}})
	if err != nil || !strings.HasSuffix(b.String(), "\nmailprobe_run_status 0\n") {
		t.Errorf("error %v, got %q", err, b.String())
	}
	if WriteRun(brokenWriter{}, Options{}, nil, Metric{Name: "a", Help: "b", Series: []Series{{}}}) == nil {
		t.Error("a write error is lost")
	}
}
