package imapcheck

import (
	"slices"
	"testing"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
	"mailprobe/transport/transporttest"
)

// read makes evidence of a status response with its tag.
func read(step, line string) transport.Evidence {
	reply, ok := cutStatus(line)
	if !ok {
		panic("no status response: " + line)
	}
	return evidence(step, reply)
}

func TestTable(t *testing.T) { transporttest.Table(t, table, read) }

func TestProduced(t *testing.T) {
	shared := append(transport.Causes(), search.Causes()...)
	own := slices.DeleteFunc(Causes(), func(c *probe.Cause) bool { return slices.ContainsFunc(shared, c.Is) })
	transporttest.Produced(t, own, table, CausePreauth, CauseNotice)
}

func TestCorpus(t *testing.T) {
	if n := transporttest.Corpus(t, "testdata/replies.tsv", table, read); n < 80 {
		t.Errorf("%d replies are too few", n)
	}
}

func TestDiagnose(t *testing.T) {
	transporttest.Diagnose(t, Diagnose, []transporttest.Pasted{
		{"A1 NO [AUTHENTICATIONFAILED] Authentication failed.", "", "wrong-credentials"},
		{"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "auth", "wrong-credentials"},
		{" a0012 NO [LIMIT] no\r\n", "", "too-many-connections"},
		{"* BYE Server shutting down.", "", "maintenance"},
		{"* BYE [ALERT] Access to this service has been blocked", "", "protocol-disabled"},
		{"* BYE Your IP address is blocked", "greeting", "blocklisted"},
		{"BAD User is authenticated but not connected.", "", "token-wrong-mailbox"},
		{"A2 NO EXAMINE Unsafe Login. Please contact kefu@188.com for help", "", "id-needed"},
		{"A2 NO Permission denied", "select", "not-authorized"},
		{"A2 NO whatever", "", ""},
		{"A2 OK done", "", ""},
		{"* PREAUTH hello", "", ""},
	}, "", "550 5.1.1 no", "-ERR no", "no such thing", "so NO what", "*", "* 3 EXISTS")
}

func FuzzDiagnose(f *testing.F) { transporttest.FuzzDiagnose(f, Diagnose, table) }
