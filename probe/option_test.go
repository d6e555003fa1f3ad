package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// settings are variables of every sort that an option can have.
type settings struct {
	text, word string
	list       []string
	flag       bool
	number     int
	port       uint16
	mark       uint32
	factor     float64
	size       int64
	wait       time.Duration
	own        Thresholds
	optional   string
}

func (v *settings) declare() []Option {
	return []Option{
		{Name: "text", Short: "t", Value: &v.text},
		{Name: "word", Type: TypeChoice, Value: &v.word, Choices: []string{"one", "two"}},
		{Name: "list", List: true, Value: &v.list},
		{Name: "flag", Short: "f", Type: TypeBool, Value: &v.flag},
		{Name: "number", Short: "n", Type: TypeNumber, Value: &v.number},
		{Name: "port", Type: TypeNumber, Value: &v.port},
		{Name: "mark", Type: TypeNumber, Value: &v.mark},
		{Name: "factor", Type: TypeNumber, Value: &v.factor},
		{Name: "size", Type: TypeSize, Value: &v.size},
		{Name: "wait", Type: TypeDuration, Value: &v.wait},
		{Name: "own", Type: TypeRange, List: true, Value: &v.own},
		{Name: "optional", NoValue: "some", Value: &v.optional},
	}
}

func TestParseArgs(t *testing.T) {
	var v settings
	options := v.declare()
	rest, err := ParseArgs(options, strings.Split("a -t x --word=TWO --list 1 --list=2 -f -n7 --port 25 --mark 0x10 --factor 1.5 --size 9M --wait 2w --optional b -- --text", " "))
	if err != nil || !slices.Equal(rest, []string{"a", "b", "--text"}) {
		t.Errorf("%q is left, %v", rest, err)
	}
	got := fmt.Sprintf("%v", []any{v.text, v.word, v.list, v.flag, v.number, v.port, v.mark, v.factor, v.size, v.wait, v.optional})
	if want := "[x two [1 2] true 7 25 16 1.5 9000000 336h0m0s some]"; got != want {
		t.Errorf("set is %s, want %s", got, want)
	}
	for name, want := range map[string]string{"text": "x", "word": "two", "flag": "true", "mark": "16", "size": "9000000", "wait": "14d", "list": ""} {
		if got := FindOption(options, name).String(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// The words of Go's parsers reach nobody, and no zero is a default worth showing.
func TestOptionErrors(t *testing.T) {
	for _, test := range []struct{ option, value, want string }{
		{"word", "three", `--word: "three" is none of one, two`},
		{"flag", "x", `--flag: "x" is neither true nor false`},
		{"number", "x", `--number: "x" is not a whole number`},
		{"number", "99999999999999999999", `--number: "99999999999999999999" is out of range`},
		{"port", "70000", `--port: "70000" is not a port from 1 to 65535`},
		{"port", "-1", `--port: "-1" is not a port from 1 to 65535`},
		{"factor", "x", `--factor: "x" is not a number`},
		{"size", "-1", `--size: "-1" is negative; it must be a size such as 500kB, 9M or 5MiB`},
		{"wait", "-1h", `--wait: "-1h" is negative; it must be a time such as 500ms, 30s, 1h30m, 2d or 2w; a number alone is seconds`},
		{"own", "20:10", `--own: range "20:10" has its lower end above its upper end`},
		{"none", "1", "unknown option --none=1"},
	} {
		var v settings
		options := v.declare()
		_, err := ParseArgs(options, []string{"--" + test.option + "=" + test.value})
		if err == nil || err.Error() != test.want {
			t.Errorf("%v; want %s", err, test.want)
		}
		for _, o := range options {
			if o.String() != "" {
				t.Errorf("%s shows %q", o.Name, o.String())
			}
		}
	}
	if _, err := ParseArgs((&settings{}).declare(), []string{"-n"}); err == nil || err.Error() != "--number needs a value" {
		t.Error(err)
	}
}

// An error has each reader's names for the options, and others' words as they are.
func TestOptionError(t *testing.T) {
	theirs := errors.New(`the server said "policy --user list"`)
	inner := OptionErrorf("%s: %w", OptionName("ca-file"), theirs)
	err := OptionErrorf("%s and %s: %w", OptionName("user"), OptionName("netrc"), inner)
	key := func(n OptionName) string { return strings.ReplaceAll(string(n), "-", "_") }
	if got, want := OptionText(fmt.Errorf("so: %w", err), key), `user and netrc: ca_file: the server said "policy --user list"`; got != want {
		t.Errorf("got %s", got)
	}
	renamed := err.Renamed(func(n OptionName) OptionName { return "via-" + n })
	if got, want := renamed.Error(), `--via-user and --via-netrc: --via-ca-file: the server said "policy --user list"`; got != want || renamed.Option != "via-user" {
		t.Errorf("got %s about %s", got, renamed.Option)
	}
	if !errors.Is(renamed, theirs) {
		t.Error("the error inside is lost")
	}
	if got := OptionText(theirs, key); got != theirs.Error() {
		t.Errorf("got %s", got)
	}
}

func TestRenameOptions(t *testing.T) {
	rename := func(n OptionName) OptionName { return "via-" + n }
	for hint, want := range map[string]string{
		"try --tls=require, --ca-file or (--auth)":  "try --via-tls=require, --via-ca-file or (--via-auth)",
		"see `mailprobe trace --tcp 25`, then --x1": "see `mailprobe trace --tcp 25`, then --via-x1",
		"a--b ---c -- -u d":                         "a--b ---c -- -u d",
		"--mx":                                      "--via-mx",
		"an open ` is none: --mx":                   "an open ` is none: --mx`",
		"":                                          "",
	} {
		if got := RenameOptions(hint, rename); got != want {
			t.Errorf("%q is %q, want %q", hint, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "17": 17, "500kB": 500_000, "5MB": 5_000_000, "1 MiB": 1 << 20, "2KiB": 2048, "64mib": 64 << 20, "9M": 9_000_000, "9 mi": 9 << 20,
		"1.5G": 1_500_000_000, "10B": 10, "1.2 GiB": 1288490189,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "5 apples", "9999999999999MB", "1e9", "MB", "10 ", " 10", "1.2.3M", ".", "9 M B", "NaN", strings.Repeat("9", 400)} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	f.Add("1.5 GiB")
	f.Add("9M")
	f.Fuzz(func(t *testing.T, text string) {
		if size, err := ParseSize(text); size < 0 || size > maxParsedSize || err != nil && size != 0 {
			t.Errorf("%q is %d, %v", text, size, err)
		}
	})
}

func TestNearest(t *testing.T) {
	commands := []string{"smtp", "pop3", "imap", "ping", "trace", "check", "history", "report"}
	for wrong, want := range map[string]string{
		"smpt": "smtp", "trce": "trace", "SMTP": "smtp", "imp": "imap", "chekc": "check", "histroy": "history", "xyz": "", "p": "", "": "",
		strings.Repeat("smtp", 100): "",
	} {
		if got := strings.Join(Nearest(wrong, commands), " "); got != want {
			t.Errorf("%q: %q, want %q", wrong, got, want)
		}
	}
	if got := Meant("ca-file", []string{"via-ca-file", "fetch-ca-file", "from"}, "x"); got != "did you mean fetch-ca-file or via-ca-file?" {
		t.Error(got)
	}
	if got := Meant("zzz", commands, "there are others"); got != "there are others" {
		t.Error(got)
	}
}

// What a threshold cannot mean is refused, with the form that would be right.
func TestMeasures(t *testing.T) {
	kind := Kind{
		Name: "stub", Steps: []string{"one", "hop-1"},
		Measures: func() []Measure {
			return []Measure{{Name: "days_left", MoreIsBetter: true}, {Name: "limit", Unit: Bytes, MoreIsBetter: true}, {Name: "rtt", Unit: Seconds}, {Name: "hop_N_delay", Unit: Seconds}}
		},
	}
	for text, want := range map[string]string{
		"days_left=7:": "", "days_left=3:14": "", "days_left=@7": "", "DAYS_LEFT=7:": "", "limit=50MB:": "", "limit=~:9 MiB": "", "rtt=100ms": "", "rtt=1.5": "",
		"hop_12_delay=1s": "", "HOP-1:rtt=1": "", "hop:rtt=1s": "", "10s": "",
		"days_left=7":   "--warn: days_left=7 permits 0 to 7, and more is better: days_left=7: permits 7 and more",
		"limit=50MB":    "--warn: limit=50MB permits 0 to 50MB, and more is better: limit=50MB: permits 50MB and more",
		"rtt=5MB":       "--warn: rtt is not a size, but 5MB is",
		"limit=9m:":     "--warn: limit is not a time, but 9m: is",
		"day_left=7:":   `--warn: there is no fact "day_left" that is a number; did you mean days_left?`,
		"wine=7:":       `--warn: there is no fact "wine" that is a number; there are total, days_left, limit, rtt, hop_N_delay`,
		"ono:rtt=1":     `--warn: there is no step "ono"; did you mean one?`,
		"limit=1s:5MB":  `--warn: range "1s:5MB" is not one of "10", "10:", "~:10", "10:20", "@10:20", with numbers, durations such as "500ms" or sizes such as "50MB"`,
		"limit=5 MB: 9": `--warn: range "5 MB: 9" is not one of "10", "10:", "~:10", "10:20", "@10:20", with numbers, durations such as "500ms" or sizes such as "50MB"`,
	} {
		var warn Thresholds
		o := Option{Name: "warn", Value: &warn}
		_, err := ParseArgs([]Option{o}, []string{"--warn=" + text})
		if err == nil {
			err = warn.check("warn", kind)
		}
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%s: %s; want %s", text, got, want)
		}
	}
}
