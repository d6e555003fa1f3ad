package pop3check

import (
	"testing"

	"mailprobe/probe"
	"mailprobe/transport"
	"mailprobe/transport/transporttest"
)

// read makes evidence of a status line.
func read(step, line string) transport.Evidence {
	reply, err := ParseReply(line)
	if err != nil {
		panic(err)
	}
	return evidence(step, reply)
}

func TestTable(t *testing.T) { transporttest.Table(t, table, read) }

func TestProduced(t *testing.T) {
	transporttest.Produced(t, []*probe.Cause{CauseUTF8Needed, CauseDotsNotDoubled}, table, CauseDotsNotDoubled)
}

func TestCorpus(t *testing.T) {
	if n := transporttest.Corpus(t, "testdata/replies.tsv", table, read); n < 80 {
		t.Errorf("%d replies are too few", n)
	}
}

func TestDiagnose(t *testing.T) {
	for _, test := range []struct{ line, step, cause string }{
		{"-ERR [IN-USE] busy", "", "mailbox-locked"},
		{" -ERR maildrop already locked\r\n", "", "mailbox-locked"},
		{"-ERR [AUTH] Authentication failed.", "", "wrong-credentials"},
		{"-ERR Login failed.", "auth", "wrong-credentials"},
		{"-ERR Sorry, your IP address has been blocked.", "greeting", "blocklisted"},
		{"-ERR User is authenticated but not connected.", "stat", "token-wrong-mailbox"},
		{"-ERR", "", ""},
		{"+OK ready", "", ""},
	} {
		d, ok := Diagnose(test.line)
		got := ""
		if len(d.Causes) > 0 {
			got = d.Causes[0].Name
		}
		if !ok || d.Step != test.step || got != test.cause {
			t.Errorf("%q is %q at %q; want %q at %q", test.line, got, d.Step, test.cause, test.step)
		}
	}
	for _, line := range []string{"", "550 5.1.1 no", "A1 NO no", "-err no"} {
		if d, ok := Diagnose(line); ok {
			t.Errorf("%q is taken for POP3: %+v", line, d)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	for i := range table {
		f.Add(table[i].Said)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d, ok := Diagnose(line)
		if !ok && (d.Said != "" || d.Causes != nil) {
			t.Errorf("%q is none of POP3 and has %+v", line, d)
		}
		for _, c := range d.Causes {
			if c == nil || c.Name == "" || c.Hint == "" {
				t.Errorf("%q has the cause %+v", line, c)
			}
		}
	})
}

// RFC 3206 §4: what is permanent is not worth another attempt.
func TestPermanent(t *testing.T) {
	for line, passes := range map[string]bool{
		"-ERR [SYS/PERM] Cannot authenticate":  false,
		"-ERR [SYS/PERM] server shutting down": false,
		"-ERR [SYS/TEMP] Cannot authenticate":  true,
		"-ERR [IN-USE] busy":                   true,
	} {
		reply, err := ParseReply(line)
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := diagnose("auth", reply); c.Passes() != passes {
			t.Errorf("%q: %s passes: %v", line, c.Name, c.Passes())
		}
	}
}
