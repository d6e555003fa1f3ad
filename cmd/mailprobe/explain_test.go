package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"mailprobe/probe"
	"mailprobe/transport"
)

// The causes, the table and the kind of the tests below.
var (
	causeGrey = &probe.Cause{
		Name: "greylisted", Blame: probe.BlameNobody, Status: probe.Warning,
		Meaning: "The server puts off a sender that it does not know yet.",
		Hint:    "wait some minutes and ask again", Source: "RFC 6647",
	}
	causeDenied = &probe.Cause{
		Name: "relay-denied", Blame: probe.BlameServer, Status: probe.Critical,
		Meaning: "The server does not take mail for this domain from this host.",
		Hint:    "log in, or make the server take the domain", Source: "RFC 5321 §3.6.2",
	}
	tinyTable = transport.Table{
		{Steps: "rcpt", Codes: "450", Words: "grey", Causes: []*probe.Cause{causeGrey, causeDenied}, From: "postgrey 1.36", Said: "450 4.2.0 Greylisted, see https://postgrey.example/help"},
		{Steps: "rcpt", Codes: "5xx", Words: "relay", Causes: []*probe.Cause{causeDenied}, Hint: "log in with -u", From: "Postfix 3.7", Said: "554 5.7.1 <alice@example.net>: Relay access denied"},
	}
)

// tiny is a kind whose table is small.
func tiny() probe.Kind {
	return probe.Kind{
		Name: "tiny", Causes: func() []*probe.Cause { return []*probe.Cause{causeDenied, causeGrey} },
		Diagnose: func(line string) (d probe.Diagnosis, ok bool) {
			reply := line[strings.LastIndex("; "+line, "; "):]
			if code, _, _ := strings.Cut(reply, " "); len(code) != 3 || strings.Trim(code, "0123456789") != "" {
				return d, false
			}
			d.Said = reply
			if row := tinyTable.Find(transport.Evidence{Step: "rcpt", Code: reply[:3], Text: reply}); row != nil {
				first, also := row.Cause()
				d.Step, d.Causes = "rcpt", append([]*probe.Cause{first}, also...)
			}
			return d, true
		},
		Examples: func(cause string) []probe.Example {
			return tinyTable.Examples(cause, map[string]string{"rcpt": "RCPT TO:<alice@example.net>"})
		},
	}
}

// explained is what the command prints for arguments and a standard input.
func explained(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var b strings.Builder
	cmd := explainCommand(&app{stdin: strings.NewReader(stdin), stdout: &b}, []probe.Kind{tiny(), {Name: "mute"}})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 && !strings.Contains(line, `"`) {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	return b.String(), err
}

func TestExplainCause(t *testing.T) {
	got, err := explained(t, "", "relay-denied")
	want := `relay-denied
  meaning     The server does not take mail for this domain from this host.
  who acts    the server's administrator (server)
  verdict     CRITICAL
  what to do  log in, or make the server take the domain
  source      RFC 5321 §3.6.2
  found by    tiny

as Postfix 3.7 says it to tiny, at the step rcpt:
  C: RCPT TO:<alice@example.net>
  S: 554 5.7.1 <alice@example.net>: Relay access denied

as postgrey 1.36 says it to tiny, at the step rcpt:
  C: RCPT TO:<alice@example.net>
  S: 450 4.2.0 Greylisted, see https://postgrey.example/help
`
	if err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestExplainReply(t *testing.T) {
	const denied = `"554 5.7.1 <a@b>: Relay access denied" (tiny, at the step rcpt)

relay-denied
  meaning     The server does not take mail for this domain from this host.
  who acts    the server's administrator (server)
  verdict     CRITICAL
  what to do  log in with -u
`
	const grey = `"450 4.2.0 Greylisted" (tiny, at the step rcpt)

greylisted
  meaning     The server puts off a sender that it does not know yet.
  who acts    nobody: it passes with time (nobody)
  verdict     WARNING
  what to do  wait some minutes and ask again
  may pass    another attempt later may go well

or relay-denied
  meaning     The server does not take mail for this domain from this host.
  who acts    the server's administrator (server)
  verdict     CRITICAL
  what to do  log in, or make the server take the domain
`
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"as one argument", "", []string{"554 5.7.1 <a@b>: Relay access denied"}, denied},
		{"as several", "", []string{"554", "5.7.1", "<a@b>:", "Relay", "access", "denied"}, denied},
		{"folded in a bounce", "Dear sender,\n\nDiagnostic-Code: smtp; 554 5.7.1 <a@b>: Relay\n    access denied\n\nbye\n", []string{"-"}, denied},
		{"of several lines", "550-5.7.1 <a@b>: Relay\r\n550-5.7.1 access\r\n550 5.7.1 denied\r\n", []string{"-"}, strings.Replace(denied, "554", "550", 1)},
		{"two, one of them twice", "554 5.7.1 <a@b>: Relay access denied\n450 4.2.0 Greylisted\n554 5.7.1 <a@b>: Relay access denied\n", []string{"-"}, denied + "\n" + grey},
		{"nothing known", "", []string{"599 what is this"}, "\"599 what is this\" (tiny)\n  meaning     nothing beyond its words\n"},
	} {
		if got, err := explained(t, c.stdin, c.args...); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got, c.want)
		}
	}
}

func TestExplainWrong(t *testing.T) {
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{"relay-denid"}, `there is no cause "relay-denid"; did you mean relay-denied?`},
		{"", []string{"zzz"}, "there is no cause \"zzz\"; `mailprobe explain` lists them"},
		{"", []string{"-ERR", "what"}, "there is no reply of a mail server in this text"},
		{"hello\nworld\n", []string{"-"}, "there is no reply of a mail server in this text"},
		{"", []string{"-"}, "there is no reply of a mail server in this text"},
		{strings.Repeat("x", maxPasted+1), []string{"-"}, "standard input has more than 64 KiB"},
		{"", []string{"-o", "xml"}, `--output: "xml" is none of table, json`},
		{"", []string{"--nonsense"}, "unknown flag: --nonsense"},
		{"", []string{"\x1b[31m" + strings.Repeat("y", 1000)}, "there is no cause \"\\x1b[31my"},
	} {
		got, err := explained(t, c.stdin, c.args...)
		if got != "" || err == nil || !strings.HasPrefix(err.Error(), c.want) || len(err.Error()) > 250 {
			t.Errorf("%.40q: %q, %.300v; want %q", c.args, got, err, c.want)
		}
	}
}

// TestExplainHostile: what a server said cannot do anything to the terminal, and its
// length is bounded.
func TestExplainHostile(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		text.WriteString("554 relay \x1b]0;pwned\x07\u202e " + strings.Repeat("z", i) + "\n")
	}
	got, err := explained(t, text.String(), "-")
	if err != nil || strings.ContainsAny(got, "\x1b\x07\u202e") || strings.Count(got, "(tiny") != maxDiagnoses {
		t.Errorf("%v, %d replies: %q", err, strings.Count(got, "(tiny"), got[:min(len(got), 500)])
	}
}

// TestExplainEndless: a log that says the same over and over is not looked at to its end.
func TestExplainEndless(t *testing.T) {
	asked, counting := 0, tiny()
	counting.Diagnose = func(line string) (probe.Diagnosis, bool) {
		asked++
		return tiny().Diagnose(line)
	}
	found := diagnose([]probe.Kind{counting}, strings.Repeat("450 4.2.0 Greylisted\n", 3000))
	if len(found) != 1 || asked != maxReplies {
		t.Errorf("%d replies are explained, %d were looked at", len(found), asked)
	}
}

func TestExplainJSON(t *testing.T) {
	var causes []causeJSON
	got, err := explained(t, "", "-o", "json")
	if err != nil || json.Unmarshal([]byte(got), &causes) != nil || len(causes) != len(knownCauses([]probe.Kind{tiny()})) {
		t.Fatalf("%v: %s", err, got)
	}
	if i := slices.IndexFunc(causes, func(c causeJSON) bool { return c.Cause == "greylisted" }); i < 0 || !causes[i].Passes || !slices.Equal(causes[i].Kinds, []string{"tiny"}) {
		t.Errorf("greylisted is not as declared: %s", got)
	}
	var found []diagnosisJSON
	got, err = explained(t, "", "--output=json", "450 4.2.0 Greylisted")
	if err != nil || json.Unmarshal([]byte(got), &found) != nil || len(found) != 1 || len(found[0].Causes) != 2 || found[0].Causes[1].Cause != "relay-denied" || found[0].Step != "rcpt" {
		t.Errorf("%v: %s", err, got)
	}
}

func TestExplainList(t *testing.T) {
	got, err := explained(t, "")
	if err != nil || !strings.HasPrefix(got, "CAUSE ") {
		t.Fatalf("%v: %s", err, got)
	}
	for _, c := range knownCauses([]probe.Kind{tiny()}) {
		if !strings.Contains(got, "\n"+c.Name+" ") {
			t.Errorf("%s is not in the list:\n%s", c.Name, got)
		}
	}
}

func TestExplainCompletion(t *testing.T) {
	var b strings.Builder
	root := &cobra.Command{Use: "mailprobe"}
	root.AddCommand(explainCommand(&app{stdout: &b}, []probe.Kind{tiny()}))
	root.SetOut(&b)
	root.SetErr(io.Discard)
	root.SetArgs([]string{cobra.ShellCompNoDescRequestCmd, "explain", "re"})
	if err := root.Execute(); err != nil || !strings.Contains(b.String(), "relay-denied\n") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestPastedLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\n \n", nil},
		{"550-5.1.1 no such\n550-5.1.1 user,\n550 5.1.1 try again\n250 ok", []string{"550 5.1.1 no such user, try again", "250 ok"}},
		{"550-a\n551-b\n", []string{"550 a", "551 b"}},
		{"550-a\n\n550 b\n", []string{"550 a", "550 b"}},
		{"550\n550 b\n", []string{"550", "550 b"}},
		{"<a@b>: host x said: 550 5.1.1\n    <a@b>: unknown (in reply\n\tto RCPT)\n", []string{"<a@b>: host x said: 550 5.1.1 <a@b>: unknown (in reply to RCPT)"}},
		{"  a@b\n    SMTP error after RCPT:\n    550 5.1.1 unknown\n", []string{"a@b SMTP error after RCPT: 550 5.1.1 unknown"}},
		{">>> RCPT To:<a@b>\n<<< 550-5.1.1 no such\n<<< 550 5.1.1 user\n550 5.1.1 a@b\n", []string{">>> RCPT To:<a@b> <<< 550 5.1.1 no such user", "550 5.1.1 a@b"}},
		{"    (reason: 550 5.1.1 unknown)\n\n   --- Transcript ---\n", []string{"(reason: 550 5.1.1 unknown)", "--- Transcript ---"}},
		{"a1 NO [LIMIT] many\n  * BYE out\n -ERR no\n", []string{"a1 NO [LIMIT] many", "* BYE out", "-ERR no"}},
	} {
		if got := pastedLines(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// FuzzPastedLines: whatever is pasted, no line has a line break, and none is made up.
func FuzzPastedLines(f *testing.F) {
	f.Add("550-a\r\n550 b\n  c\n-ERR")
	f.Fuzz(func(t *testing.T, text string) {
		size := 0
		for _, line := range pastedLines(text) {
			if size += len(line); strings.Contains(line, "\n") || line == "" {
				t.Errorf("%q", line)
			}
		}
		if size > len(text)+1 {
			t.Errorf("%d bytes of %d", size, len(text))
		}
	})
}
