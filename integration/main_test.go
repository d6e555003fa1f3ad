package integration

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// lab is the one all tests share; nil where there are no servers.
var lab *Lab

// withPostfix is false where only Dovecot could be started.
var withPostfix bool

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// runAll starts the lab around the tests. A server that is missing is one line
// of output, or a failure under MAILPROBE_REAL=require.
func runAll(m *testing.M) int {
	var err error
	lab, err = Start()
	if lab != nil {
		defer lab.Stop()
	}
	if errors.Is(err, ErrMissing) {
		err = fmt.Errorf("%w; as root: apt-get install %s", err, Packages)
	}
	switch {
	case err == nil:
		withPostfix = true
	case errors.Is(err, ErrMissing) && os.Getenv("MAILPROBE_REAL") != "require":
		fmt.Println("SKIP integration:", err)
	default:
		fmt.Println("integration:", err)
		return 1
	}
	return m.Run()
}

// needDovecot and needPostfix skip a test whose server is not there, and let
// it run beside others.
func needDovecot(t *testing.T) {
	t.Helper()
	if lab == nil {
		t.Skip("no Dovecot")
	}
	t.Parallel()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the servers' logs end with:\n%s", lab.Logs())
		}
	})
}

func needPostfix(t *testing.T) {
	t.Helper()
	if !withPostfix {
		t.Skip("no Postfix")
	}
	needDovecot(t)
}
