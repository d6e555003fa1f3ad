package integration

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"mailprobe/probe"
)

// deliverArgs are the flags of a run from a user to itself: to the sender's
// Postfix, which relays to the other one, which delivers to Dovecot by LMTP.
func deliverArgs(user User, state string) []string {
	args := []string{"deliver", "-o", "json", "-v", "--to", user.Name, "--state", state, "--timeout", "30s",
		"--via", "submission://" + lab.Addr(Relay, Good), "--via-user", user.Name, "--via-password-env", secretVariable,
		"--fetch", "pop3s://" + lab.Addr(POP3S, Good), "--fetch-user", user.Name, "--fetch-password-env", secretVariable}
	for _, side := range []string{"via", "fetch"} {
		args = append(args, "--"+side+"-ca-file", lab.CAFile(), "--"+side+"-server-name", Hostname)
	}
	return args
}

// follow follows a message. More flags go before those of deliverArgs.
func follow(t *testing.T, user User, state string, more ...string) outcome {
	t.Helper()
	args := append(deliverArgs(user, state), more...)
	code, stdout, stderr := run(t, user.Password, args...)
	var results []*probe.Result
	if err := json.Unmarshal([]byte(stdout), &results); err != nil || len(results) != 1 {
		t.Fatalf("%q: exit code %d, %v\n%s%s", args, code, err, stdout, stderr)
	}
	if want := results[0].Status.ExitCode(); code != want || stderr != "" {
		t.Errorf("%q: exit code %d, want %d; standard error %q", args, code, want, stderr)
	}
	o := outcome{results[0], t}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%q: %s %s\n%s", args, o.Status, o.Summary, strings.Join(o.Transcript.Lines(), "\n"))
		}
	})
	return o
}

// direct are the flags to hand the message to a service without a log-in.
func direct(s Service) []string {
	return []string{"--via", "smtp://" + lab.Addr(s, Good), "--via-user=", "--via-password-env="}
}

// A message goes over two Postfixes into Dovecot, and comes back by every way.
func TestDeliver(t *testing.T) {
	needPostfix(t)
	for scheme, service := range map[string]Service{"pop3s": POP3S, "pop3": POP3, "imaps": IMAPS, "imap": IMAP} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			user := lab.NewUser()
			o := follow(t, user, t.TempDir(), "--fetch", scheme+"://"+lab.Addr(service, Good)).is(probe.OK)
			o.fact("body", "unchanged")
			o.fact("hops", "3")
			o.fact("hop_1_by", "relay.example.test")
			o.fact("hop_1_with", "ESMTPSA")
			o.fact("hop_2_by", Hostname)
			o.fact("hop_2_from", "relay.example.test")
			o.fact("hop_3_with", "LMTP")
			if f, ok := o.Fact("hop_1_tls"); !ok || !strings.HasPrefix(f.Text, "TLSv1.3 ") {
				t.Errorf("hop_1_tls is %q", f.Text)
			}
			queue, _ := o.Fact("queue_id")
			if id, _ := o.Fact("hop_1_id"); id.Text != queue.Text {
				t.Errorf("the queue id was %q, by Received it is %q", queue.Text, id.Text)
			}
			if left := maildir(t, user); len(left) != 0 {
				t.Errorf("in the mailbox there is %v", left)
			}
		})
	}
}

// What is asked for is sent, and comes back byte for byte.
func TestDeliverBodies(t *testing.T) {
	needPostfix(t)
	for name, flags := range map[string][]string{
		"8bit":       {"--8bit"},
		"long lines": {"--long-lines"},
		"all, 3 MB":  {"--size", "3MB", "--8bit", "--long-lines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			follow(t, lab.NewUser(), t.TempDir(), flags...).is(probe.OK).fact("body", "unchanged")
		})
	}
}

func TestDeliverKeep(t *testing.T) {
	needPostfix(t)
	user, state := lab.NewUser(), t.TempDir()
	follow(t, user, state, "--keep").is(probe.OK)
	kept := maildir(t, user)
	if len(kept) != 1 {
		t.Errorf("in the mailbox there is %v", kept)
	}
	follow(t, user, state).is(probe.OK)
	if after := maildir(t, user); !reflect.DeepEqual(after, kept) {
		t.Errorf("in the mailbox there is %v, before it was %v", after, kept)
	}
}

// Wrong credentials for the mailbox end it before anything is sent.
func TestDeliverWrongPassword(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	file := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(file, []byte("wrong"), 0o600))
	o := follow(t, user, t.TempDir(), "--fetch-password-env=", "--fetch-password-file", file).is(probe.Critical)
	if o.Step("submit") != nil || len(maildir(t, user)) != 0 {
		t.Error("a message was sent")
	}
}

// Greylisting is waited for, wherever in the session it comes.
func TestDeliverGreylisting(t *testing.T) {
	needPostfix(t)
	for _, service := range []Service{Greylisting, GreyMail, GreyData, GreyEnd} {
		user := lab.NewUser()
		o := follow(t, user, t.TempDir(), direct(service)...).is(probe.OK)
		o.step("submit", probe.OK, "refused for now ", "450 4.2.0")
		if left := maildir(t, user); len(left) != 0 {
			t.Errorf("%s: it was sent more than once: in the mailbox there is %v", service, left)
		}
	}
	follow(t, lab.NewUser(), t.TempDir(), append(direct(SMTP), "--to", Greylisted, "--timeout", "4s")...).is(probe.Warning).
		because("submit", probe.Warning, "greylisted", probe.BlameNobody, "450 4.2.0 ")
}

// What comes back to the sender instead is recognised, with the words of the
// server that refused, and removed.
func TestDeliverBounce(t *testing.T) {
	needPostfix(t)
	for name, to := range map[string]string{"no such user": Stranger, "refused": Refused, "over quota": lab.QuotaUser()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := lab.NewUser()
			o := follow(t, user, t.TempDir(), "--from", user.Name, "--to", to).is(probe.Critical)
			o.step("wait", probe.Critical, "the message came back: ", to)
			if f, ok := o.Fact("bounce_status"); !ok || f.Text[0] != '5' {
				t.Errorf("bounce_status is %q", f.Text)
			}
			if left := maildir(t, user); len(left) != 0 {
				t.Errorf("in the mailbox there is %v", left)
			}
		})
	}
}

// Of a mailbox with 10,000 messages not one is changed, marked, or fetched.
func TestDeliverLargeMailbox(t *testing.T) {
	needPostfix(t)
	for scheme, service := range map[string]Service{"pop3s": POP3S, "imaps": IMAPS} {
		t.Run(scheme, func(t *testing.T) {
			user := lab.NewUser()
			fill(t, user, 10_000)
			before := maildir(t, user)
			o := follow(t, user, t.TempDir(), "--fetch", scheme+"://"+lab.Addr(service, Good)).is(probe.OK)
			o.fact("messages", "10000")
			o.fact("body", "unchanged")
			if after := maildir(t, user); len(before) != 10_000 || !reflect.DeepEqual(before, after) {
				t.Errorf("the mailbox of %d messages has changed, there are %d", len(before), len(after))
			}
			if o.said("private") || strings.Contains(o.Summary, "private") {
				t.Error("somebody else's message shows")
			}
			asksForNew(t, o, 10_000)
		})
	}
}

// aMessage is a command about one message, or about those from one on.
var aMessage = regexp.MustCompile(`^C: (?:(?:TOP|RETR|DELE|UIDL)|A\d+ UID (?:SEARCH UID|FETCH|STORE|EXPUNGE)) (\d+)`)

// asksForNew demands that no command was about a message that was there before, and
// that not all were listed more than once.
func asksForNew(t *testing.T, o outcome, before int) {
	t.Helper()
	listed, asked := 0, 0
	for _, line := range o.Transcript.Lines() {
		if line == "C: UIDL" || line == "C: LIST" {
			listed++
		}
		if m := aMessage.FindStringSubmatch(line); m != nil {
			asked++
			n, _ := strconv.Atoi(m[1])
			unchanged := n == before && strings.HasPrefix(line, "C: UIDL ") // whether the last one is the same
			if n <= before && !unchanged {
				t.Errorf("%q is about a message that was there before", line)
			}
		}
	}
	if listed > 1 || asked < 3 {
		t.Errorf("all messages were listed %d times, and %d commands are about one", listed, asked)
	}
}

// mailFolder is where Dovecot keeps a user's messages.
func mailFolder(user User) string {
	return filepath.Join(lab.dir, "dovecot", "mail", user.Name, "Maildir")
}

// fill puts messages into a mailbox that has not been used, as read ones.
func fill(t testing.TB, u User, n int) {
	t.Helper()
	home := filepath.Dir(mailFolder(u))
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(mailFolder(u), sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		text := fmt.Sprintf("From: carol@example.com\nSubject: private %d\nMessage-ID: <%d@example.com>\n\nprivate words\n", i, i)
		name := filepath.Join(mailFolder(u), "cur", fmt.Sprintf("%d.M%dP1.lab:2,", 1700000000+i, i))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	giveAll(t, home)
}

// giveAll makes everything in a folder Dovecot's.
func giveAll(t testing.TB, folder string) {
	t.Helper()
	who, err := dovecotOwners()
	if err != nil {
		t.Fatal(err)
	}
	owner, err := user.Lookup(who.Mail)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	err = filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// maildir is every message in a mailbox: its file's name, which has its flags, and
// the hash of its text.
func maildir(t *testing.T, user User) map[string][32]byte {
	t.Helper()
	found := map[string][32]byte{}
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(mailFolder(user), sub))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(mailFolder(user), sub, e.Name()))
			must(t, err)
			found[sub+"/"+e.Name()] = sha256.Sum256(text)
		}
	}
	return found
}
