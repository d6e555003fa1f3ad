package integration

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mailprobe/probe"
)

// binary is the program under test, built when the first test asks for it.
var binary = sync.OnceValues(func() (string, error) {
	program := filepath.Join(lab.dir, "mailprobe")
	out, err := exec.Command("go", "build", "-o", program, "mailprobe/cmd/mailprobe").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return program, nil
})

// outcome is what one run of mailprobe with one target came to.
type outcome struct {
	*probe.Result
	t *testing.T
}

// secretVariable is the environment variable that holds the password or token.
const secretVariable = "MAILPROBE_TEST_SECRET"

// password and token are the flags that log user in with that variable.
func password(user User) []string {
	return []string{"-u", user.Name, "--password-env", secretVariable}
}

func token(user User) []string {
	return []string{"-u", user.Name, "--token-env", secretVariable}
}

// run runs mailprobe and returns its exit code and output. Whatever the
// arguments, the secret must not be in the output in any spelling.
func run(t *testing.T, secret string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), secretVariable + "=" + secret}
	var out, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fault
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	for _, spelling := range spellings(secret) {
		if strings.Contains(out.String()+fault.String(), spelling) {
			t.Errorf("%q discloses the secret as %q", args, spelling)
		}
	}
	return cmd.ProcessState.ExitCode(), out.String(), fault.String()
}

// spellings are the ways a secret may be written on the wire: as it is, in
// hexadecimal, and in base64 after any number of other bytes.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	all := []string{secret, hex.EncodeToString([]byte(secret))}
	for skip := range 3 {
		whole := (len(secret) - skip) / 3 * 3
		all = append(all, base64.StdEncoding.EncodeToString([]byte(secret[skip:skip+whole])))
	}
	return all
}

// check runs a check of one target with the lab's authority and host name, and
// returns its result. The exit code must be the result's.
func check(t *testing.T, secret, kind, target string, args ...string) outcome {
	t.Helper()
	all := append([]string{kind, "-o", "json", "-v", target}, args...)
	if kind != "ping" {
		all = append(all, "--ca-file", lab.CAFile(), "--server-name", Hostname)
	}
	code, stdout, stderr := run(t, secret, all...)
	var results []*probe.Result
	if err := json.Unmarshal([]byte(stdout), &results); err != nil || len(results) != 1 {
		t.Fatalf("%q: exit code %d, %v\n%s%s", all, code, err, stdout, stderr)
	}
	if want := results[0].Status.ExitCode(); code != want {
		t.Errorf("%q: exit code %d, want %d", all, code, want)
	}
	if stderr != "" {
		t.Errorf("%q: standard error has %q", all, stderr)
	}
	o := outcome{results[0], t}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%q: %s %s\n%s", all, o.Status, o.Summary, strings.Join(o.Transcript.Lines(), "\n"))
		}
	})
	return o
}

// is demands a status of the whole check.
func (o outcome) is(want probe.Status) outcome {
	o.t.Helper()
	if o.Status != want {
		o.t.Errorf("status %s, want %s: %s", o.Status, want, o.Summary)
	}
	return o
}

// step demands that a step ran, has this status and says this.
func (o outcome) step(name string, want probe.Status, words ...string) *probe.Step {
	o.t.Helper()
	s := o.Step(name)
	if s == nil {
		o.t.Fatalf("step %s did not run: %s", name, o.Summary)
	}
	if s.Status != want {
		o.t.Errorf("step %s is %s, want %s: %s", name, s.Status, want, s.Detail)
	}
	for _, w := range words {
		if !strings.Contains(s.Detail, w) {
			o.t.Errorf("step %s says %q, without %q", name, s.Detail, w)
		}
	}
	if threshold := s.Cause != nil && s.Cause.Name == thresholdExceeded; want == probe.Critical && s.Hint == "" && !threshold {
		o.t.Errorf("step %s is Critical and has no hint: %s", name, s.Detail)
	}
	return s
}

// fact demands a fact with this text.
func (o outcome) fact(name, want string) {
	o.t.Helper()
	if f, ok := o.Fact(name); !ok || f.Text != want {
		o.t.Errorf("fact %s is %q, want %q", name, f.Text, want)
	}
}

// said reports whether a line of the transcript holds text.
func (o outcome) said(text string) bool {
	return strings.Contains(strings.Join(o.Transcript.Lines(), "\n"), text)
}
