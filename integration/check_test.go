package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cron runs one check of a file again and again, as cron does.
type cron struct {
	t           *testing.T
	file, state string
	secret      string
}

// newCron writes a file with one check.
func newCron(t *testing.T, secret string, alertAfter int, check string, args ...any) *cron {
	t.Helper()
	c := &cron{t: t, state: t.TempDir(), file: filepath.Join(t.TempDir(), "checks.yaml"), secret: secret}
	text := fmt.Sprintf("defaults: {alert_after: %d}\nchecks:\n  - {name: it, %s}\n", alertAfter, fmt.Sprintf(check, args...))
	must(t, os.WriteFile(c.file, []byte(text), 0o600))
	return c
}

// run runs the file once; the exit code must be this.
func (c *cron) run(want int) string {
	c.t.Helper()
	code, stdout, stderr := run(c.t, c.secret, "check", "--state", c.state, c.file)
	if code != want || stderr != "" {
		c.t.Errorf("exit code %d, want %d; %s%s", code, want, stdout, stderr)
	}
	return stdout
}

// silent requires a run to print nothing.
func (c *cron) silent(want int) {
	c.t.Helper()
	if out := c.run(want); out != "" {
		c.t.Errorf("the run tells:\n%s", out)
	}
}

// reports requires a run to report this, and the next one to print nothing.
func (c *cron) reports(want int, words ...string) {
	c.t.Helper()
	c.reportsOnce(want, words...)
	c.silent(want)
}

// reportsOnce requires a run to report this.
func (c *cron) reportsOnce(want int, words ...string) {
	c.t.Helper()
	out := c.run(want)
	for _, w := range words {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), w) {
			c.t.Errorf("the run does not report %q:\n%s", w, out)
		}
	}
}

// ownLab starts servers that a test may break.
func ownLab(t *testing.T) *Lab {
	t.Helper()
	needPostfix(t)
	own, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	return own
}

// TestReportedWhenPostfixStops: one report when it is down, one when it is back.
func TestReportedWhenPostfixStops(t *testing.T) {
	own := ownLab(t)
	c := newCron(t, "", 2, `kind: smtp, target: "%s", tls: require, ca_file: "%s", server_name: %s`, own.Addr(SMTP, Good), own.CAFile(), Hostname)
	c.silent(0)
	postfix := own.daemon("postfix")
	postfix.stop()
	c.silent(2)
	c.reports(2, "CRITICAL it: connect:", "connection refused", "hint see whether the server runs and listens on this port", "before that OK")
	dir := filepath.Join(own.dir, "postfix")
	again, err := startDaemon("postfix", filepath.Join(dir, "log"), postfixMaster, "-c", dir)
	must(t, err)
	own.daemons = append(own.daemons, again)
	must(t, own.await(again, []Service{SMTP}))
	c.reports(0, "RECOVERED it: OK again after", "CRITICAL: connect:")
}

// daemon is the running server of a name.
func (l *Lab) daemon(name string) *daemon {
	for _, d := range l.daemons {
		if d.name == name {
			return d
		}
	}
	return nil
}

// TestReportedWhenMailboxFills: a mailbox that has filled up with mail refuses more,
// until somebody deletes some.
func TestReportedWhenMailboxFills(t *testing.T) {
	own := ownLab(t)
	user := own.NewUser()
	own.setQuota(t, user, "*:bytes=20000")
	c := newCron(t, "", 2, `kind: smtp, target: "lmtp://%s", tls: "off", to: %s, send: true`, own.Addr(LMTP, Good), user.Name)
	c.silent(0)
	own.fill(t, user)
	c.silent(2)
	c.reports(2, "CRITICAL it: message:", "552 5.2.2", "Quota exceeded", "hint")
	own.empty(t, user)
	c.reports(0, "RECOVERED it: OK again after", "552 5.2.2")
}

// fill sends a user large messages, and then small ones, until there is no room
// for either.
func (l *Lab) fill(t *testing.T, user User) {
	t.Helper()
	taken := 0
	for _, body := range []string{strings.Repeat("mail\n", 1000), "mail"} {
		code := 0
		for code == 0 && taken < 100 {
			code, _, _ = run(t, "", "smtp", "lmtp://"+l.Addr(LMTP, Good), "--tls=off", "-t", user.Name, "--send", "--body", body)
			if code == 0 {
				taken++
			}
		}
	}
	if taken < 3 || taken == 100 {
		t.Fatalf("the mailbox took %d messages", taken)
	}
}

// empty deletes all of a user's messages.
func (l *Lab) empty(t *testing.T, user User) {
	t.Helper()
	config := filepath.Join(l.dir, "dovecot", "dovecot.conf")
	out, err := exec.CommandContext(t.Context(), "doveadm", "-c", config, "expunge", "-u", user.Name, "mailbox", "INBOX", "all").CombinedOutput()
	if err != nil {
		t.Fatalf("doveadm: %v: %s", err, out)
	}
}

// setQuota sets the rule for a user's quota. Dovecot looks at
// the time of the file.
func (l *Lab) setQuota(t *testing.T, user User, rule string) {
	t.Helper()
	name := filepath.Join(l.dir, "dovecot", "passwd")
	text, err := os.ReadFile(name)
	must(t, err)
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(user.Name+":")) {
			line = fmt.Appendf(nil, "%s:{PLAIN}%s::::::", user.Name, user.Password)
			line = append(line, "userdb_quota_rule="+rule+"\n"...)
		}
		out.Write(line)
	}
	time.Sleep(time.Second)
	must(t, os.WriteFile(name, out.Bytes(), 0o644))
}

// TestReportedWhenCertificateExpires: the certificate in use is swapped for one that
// has expired, and then for a new one.
func TestReportedWhenCertificateExpires(t *testing.T) {
	own := ownLab(t)
	c := newCron(t, "", 2, `kind: pop3, target: "pop3s://%s", ca_file: "%s", server_name: %s`, own.Addr(POP3S, Good), own.CAFile(), Hostname)
	c.silent(0)
	own.swapCertificate(t, Expired)
	c.silent(2)
	c.reports(2, "CRITICAL it: tls:", "the certificate expired on", "hint renew it and reload the server")
	own.swapCertificate(t, Good)
	c.reports(0, "RECOVERED it: OK again after", "the certificate expired on")
}

// swapCertificate issues another certificate for the good address and has Dovecot
// read it.
func (l *Lab) swapCertificate(t *testing.T, sort Certificate) {
	t.Helper()
	must(t, issue(l.dir, string(Good), serverTemplate(sort, l.ip(Good)), l.ca))
	text, err := os.ReadFile(filepath.Join(l.dir, "dovecot", "run", "master.pid"))
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	master, err := os.FindProcess(pid)
	must(t, err)
	must(t, master.Signal(syscall.SIGHUP))
	time.Sleep(time.Second)
	must(t, l.await(l.daemon("dovecot"), []Service{POP3S}))
}

// TestReportedWhenMailboxIsLocked: another session holds the mailbox, and lets it go.
// Dovecot waits ten seconds before it says so, which is as long as a session of
// this test may take.
func TestReportedWhenMailboxIsLocked(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	c := newCron(t, user.Password, 1, `kind: pop3, target: "pop3s://%s", ca_file: "%s", server_name: %s, user: "%s", password_env: %s`,
		lab.Addr(POP3S, Good), lab.CAFile(), Hostname, user.Name, secretVariable)
	c.silent(0)
	for _, locked := range []func(){
		func() { c.reportsOnce(1, "WARNING it: auth:", "-ERR [IN-USE]", "hint") },
		func() { c.silent(1) },
	} {
		holder := openMailbox(t, user)
		holder.say("STAT", "+OK")
		locked()
		holder.say("QUIT", "+OK")
	}
	c.reports(0, "RECOVERED it: OK again after", "-ERR [IN-USE]")
}
