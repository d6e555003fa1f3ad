package domain_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
)

// pythonPath is where make puts modules that are not to be installed.
const pythonPath = "/var/cache/mailprobe-test-python/usr/lib/python3/dist-packages"

// pyspf asks pyspf, for a client of each family that no record names, whether it may send
// for each domain that it reads.
const pyspf = `
import sys, DNS, spf
DNS.defaults.update(server=[sys.argv[1]], port=int(sys.argv[2]), timeout=5)
for line in sys.stdin:
    name = line.strip()
    for client in ("203.0.113.99", "2001:db8:ffff::99"):
        result, why = spf.check2(i=client, s="postmaster@" + name, h=name, timeout=2)
        print(name, client, result, why.replace("\n", " "), flush=True)
`

// spfDiffers are the names of which pyspf has another opinion, and who is right.
var spfDiffers = map[string]string{
	"fourmx":    "it counts look-ups without an answer; §4.6.4 limits the terms: we are right",
	"mxvoid":    "the same: one term, three exchangers",
	"fours":     "both see a permanent error for IPv6 clients; none of them is authorised, so that it is a warning here",
	"down":      "by DNS without the response code (py3dns): §4.4 wants SERVFAIL to be temporary, not none: we are right",
	"branch":    "the same",
	"branchall": "the same; and a temporary error is no excuse for +all",
	"branchmx":  "the same",
	"macroinc":  "for this sender the name has no record; another may have one: both are right",
	"macrored":  "the same",
	"upperhalf": "the client is one of those that the record authorises: both are right",
}

// unasked: it would ask for a name of more than 253 bytes, which §7.3 shortens, and wait.
const unasked = "longname"

// askPyspf returns pyspf's results, which are "RESULT4 RESULT6", of every name.
func askPyspf(t *testing.T, addr string) map[string]string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(pythonPath, "spf.py")); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal("python3-spf is missing: make packages")
		}
		t.Skip("python3-spf is missing: make packages, as root on Debian")
	}
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(t.Context(), "python3", "-c", pyspf, host, port)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+pythonPath)
	var names strings.Builder
	for _, n := range spfNames {
		if n.name == unasked {
			continue
		}
		names.WriteString(n.name + ".z.org\n")
	}
	cmd.Stdin, cmd.Stderr = strings.NewReader(names.String()), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 2 {
			name := strings.TrimSuffix(f[0], ".z.org")
			said[name] = strings.TrimSpace(said[name] + " " + f[2])
			t.Log(lines.Text())
		}
	}
	return said
}

// TestPyspfAgrees holds the verdicts against pyspf's results.
func TestPyspfAgrees(t *testing.T) {
	s, err := dnstest.Start(spfWorld())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	said := askPyspf(t, s.Addr())
	for _, n := range spfNames {
		agrees := n.name == unasked || n.agrees(said[n.name])
		switch why := spfDiffers[n.name]; {
		case agrees && why != "":
			t.Errorf("%s: pyspf agrees (%s), though it is said not to: %s", n.name, said[n.name], why)
		case !agrees && why == "":
			t.Errorf("%s: pyspf has %s; we have %s %s", n.name, said[n.name], n.status, n.cause)
		}
	}
}

// agrees reports whether a verdict follows from the results for clients of both families
// that no record names.
func (n spfName) agrees(results string) bool {
	four, six, _ := strings.Cut(results, " ")
	has := func(result string) bool { return four == result || six == result }
	switch {
	case n.cause == "spf-permerror":
		return has("permerror")
	case n.cause == "spf-none":
		return four == "none" && six == "none"
	case n.cause == "spf-everyone":
		return has("pass")
	case n.status == unkn:
		return has("temperror")
	case n.cause == "spf-neutral":
		return four == "neutral" && six == "neutral"
	}
	return !has("permerror") && !has("temperror") && !has("none") && !has("pass") && four != ""
}
