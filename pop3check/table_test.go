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
	transporttest.Diagnose(t, Diagnose, []transporttest.Pasted{
		{"-ERR [IN-USE] busy", "", "mailbox-locked"},
		{" -ERR maildrop already locked\r\n", "", "mailbox-locked"},
		{"-ERR [AUTH] Authentication failed.", "", "wrong-credentials"},
		{"-ERR Login failed.", "auth", "wrong-credentials"},
		{"-ERR Sorry, your IP address has been blocked.", "greeting", "blocklisted"},
		{"-ERR User is authenticated but not connected.", "stat", "token-wrong-mailbox"},
		{"-ERR timed out contacting LDAP server", "", "lookup-failed"},
		{"-ERR", "", ""},
		{"+OK ready", "", ""},
	}, "", "550 5.1.1 no", "A1 NO no", "-err no")
}

func FuzzDiagnose(f *testing.F) { transporttest.FuzzDiagnose(f, Diagnose, table) }

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
		if c, _ := explain("auth", reply); c.Passes() != passes {
			t.Errorf("%q: %s passes: %v", line, c.Name, c.Passes())
		}
	}
}
