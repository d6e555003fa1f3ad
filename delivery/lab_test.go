package delivery_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mailprobe/delivery"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/wire/wiretest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // scripts have times in them
	os.Setenv("ALICE", alicePassword)
	os.Setenv("BOB", bobPassword)
	os.Setenv("WRONG", "not-"+alicePassword)
	goleak.VerifyTestMain(m)
}

const (
	alicePassword = "wonderland-and-back"
	bobPassword   = "builder-of-bridges"
)

// lab is the server of the sender and the server of the recipient.
type lab struct {
	t        *testing.T
	one, two *mailtest.Host
	state    string
	ca       string
}

// newLab starts the two hosts. The configuration is the recipient's.
func newLab(t *testing.T, config mailtest.Config) *lab {
	t.Helper()
	return newSigningLab(t, nil, config)
}

// newSigningLab starts the two hosts, of which the sender's changes what it sends.
func newSigningLab(t *testing.T, outgoing func([]byte) []byte, config mailtest.Config) *lab {
	t.Helper()
	t.Parallel()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, state: t.TempDir(), ca: filepath.Join(t.TempDir(), "ca.pem")}
	config.Name, config.Authority = "mx2.example.net", authority
	config.Accounts = append(config.Accounts, mailtest.Account{User: "alice", Password: alicePassword})
	l.two = start(t, config)
	l.one = start(t, mailtest.Config{
		Name: "mx1.example.org", Authority: authority, Retry: 100 * time.Millisecond, Lifetime: time.Second, Outgoing: outgoing,
		Accounts: []mailtest.Account{{User: "bob", Password: bobPassword}, {User: "alice", Password: alicePassword}},
	})
	mailtest.Join(l.one, l.two)
	if err := l.two.WriteCA(l.ca); err != nil {
		t.Fatal(err)
	}
	return l
}

func start(t *testing.T, config mailtest.Config) *mailtest.Host {
	t.Helper()
	host, err := mailtest.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	return host
}

// args are those of a run from bob at server 1 to alice at server 2.
func (l *lab) args(more ...string) []string {
	return append([]string{
		"--to", "alice@example.net", "--from", "bob@example.org", "--state", l.state,
		"--via", l.one.SubmissionURL(), "--via-user", "bob", "--via-password-env", "BOB", "--via-ca-file", l.ca,
		"--fetch", l.two.POP3SURL("alice"), "--fetch-password-env", "ALICE", "--fetch-ca-file", l.ca,
		"--timeout", "5s",
	}, more...)
}

// deliver runs the check.
func (l *lab) deliver(more ...string) outcome {
	l.t.Helper()
	return outcome{l.t, do(l.t, l.args(more...))}
}

// do puts the check to the target that the arguments name.
func do(t *testing.T, args []string) *probe.Result {
	t.Helper()
	return doIn(t.Context(), t, args)
}

func doIn(ctx context.Context, t *testing.T, args []string) *probe.Result {
	t.Helper()
	check := parsed(t, args)
	if err := check.Prepare(ctx); err != nil {
		t.Error(err)
		return &probe.Result{}
	}
	target, _ := check.Target()
	return check.Do(ctx, target)[0]
}

func parsed(t *testing.T, args []string) *probe.Check {
	t.Helper()
	check, err := parse(args)
	if err != nil {
		t.Error(err)
	}
	return check
}

func parse(args []string) (*probe.Check, error) {
	check := probe.New(delivery.Kind())
	_, err := probe.ParseArgs(check.Declared, args)
	return check, err
}

// prepare returns the error of a command line.
func prepare(t *testing.T, args []string) error {
	t.Helper()
	check, err := parse(args)
	if err == nil {
		err = check.Prepare(t.Context())
	}
	return err
}

// outcome is what came of a run.
type outcome struct {
	t *testing.T
	*probe.Result
}

// is demands a status, and words in the summary.
func (o outcome) is(status probe.Status, words ...string) outcome {
	o.t.Helper()
	if o.Status != status {
		o.t.Errorf("it is %s, want %s\n%s\n%s", o.Status, status, probetest.Golden(o.Result), strings.Join(o.Transcript.Lines(), "\n"))
	}
	for _, word := range words {
		if !strings.Contains(o.Summary, word) {
			o.t.Errorf("the summary has no %q: %s", word, o.Summary)
		}
	}
	return o
}

// fact demands a fact; of several wanted texts one must be it.
func (o outcome) fact(name string, want ...string) outcome {
	o.t.Helper()
	got, ok := o.Fact(name)
	for _, w := range want {
		if ok && got.Text == w {
			return o
		}
	}
	if !ok || len(want) > 0 {
		o.t.Errorf("fact %s is %q, want %q", name, got.Text, want)
	}
	return o
}

// says demands words in the detail of a step.
func (o outcome) says(name string, words ...string) outcome {
	o.t.Helper()
	s := o.Step(name)
	if s == nil {
		o.t.Errorf("step %s did not run: %s", name, o.Summary)
		return o
	}
	for _, word := range words {
		if !strings.Contains(s.Detail, word) {
			o.t.Errorf("step %s does not say %q: %s", name, word, s.Detail)
		}
	}
	return o
}

// hints demands words in the hint of a step.
func (o outcome) hints(name, words string) outcome {
	o.t.Helper()
	if s := o.Step(name); s == nil || !strings.Contains(s.Hint, words) {
		o.t.Errorf("the hint of %s has no %q: %+v", name, words, s)
	}
	return o
}

// because demands the cause of a step.
func (o outcome) because(name, cause string) outcome {
	o.t.Helper()
	if s := o.Step(name); s == nil || s.Cause == nil || s.Cause.Name != cause {
		o.t.Errorf("the cause of %s is not %s:\n%s", name, cause, probetest.Golden(o.Result))
	}
	return o
}

// names demands a cause among all of a step.
func (o outcome) names(name, cause string) outcome {
	o.t.Helper()
	is := func(c *probe.Cause) bool { return c.Name == cause }
	if s := o.Step(name); s == nil || s.Cause == nil || !is(s.Cause) && !slices.ContainsFunc(s.Also, is) {
		o.t.Errorf("the causes of %s have no %s:\n%s", name, cause, probetest.Golden(o.Result))
	}
	return o
}

// holds demands how many messages alice has.
func (l *lab) holds(want int) {
	l.t.Helper()
	if got := len(l.two.Messages("alice")); got != want {
		l.t.Errorf("alice has %d messages, want %d", got, want)
	}
}

// records is how many runs are remembered.
func (l *lab) records(want int) {
	l.t.Helper()
	names, err := filepath.Glob(filepath.Join(l.state, "deliver", "*.json"))
	if err != nil || len(names) != want {
		l.t.Errorf("%d runs are remembered, want %d (%v)", len(names), want, err)
	}
}

// put puts a message of somebody else into alice's mailbox.
func (l *lab) put(n int) {
	l.t.Helper()
	text := fmt.Sprintf("From: carol@example.com\r\nSubject: private %d\r\n\r\nprivate words\r\n", n)
	if err := l.two.Deliver("alice", []byte(text)); err != nil {
		l.t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onlyOwner reports whether nobody else may read a file.
func onlyOwner(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %s", name, info.Mode())
	}
}
