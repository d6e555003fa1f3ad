package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mailprobe/probe"
)

// Runs side by side, by either protocol, with one state directory and one mailbox,
// which Dovecot locks for POP3: each finds its own message, and takes no other.
func TestDeliverSideBySide(t *testing.T) {
	needPostfix(t)
	user, state := lab.NewUser(), t.TempDir()
	fill(t, user, 3)
	before := maildir(t, user)
	ways := []string{"pop3s://" + lab.Addr(POP3S, Good), "imaps://" + lab.Addr(IMAPS, Good), "pop3://" + lab.Addr(POP3, Good)}
	tokens := make([]string, len(ways))
	var all sync.WaitGroup
	for i, way := range ways {
		all.Go(func() {
			o := follow(t, user, state, "--timeout", "1m", "--fetch", way).is(probe.OK)
			o.fact("body", "unchanged")
			token, _ := o.Fact("token")
			tokens[i] = token.Text
		})
	}
	all.Wait()
	if tokens[0] == tokens[1] || tokens[1] == tokens[2] {
		t.Errorf("the tokens are %q", tokens)
	}
	if after := maildir(t, user); len(after) != len(before) {
		t.Errorf("in the mailbox there are %d messages, before it were %d", len(after), len(before))
	}
}

// A run that is interrupted while it waits leaves its message to the next, which
// says how late it is.
func TestDeliverInterrupted(t *testing.T) {
	needPostfix(t)
	sender, reader, state := lab.NewUser(), lab.NewUser(), t.TempDir()
	fill(t, reader, 2)
	// Sent to somebody else it does not come.
	o := interrupted(t, sender, reader, state)
	o.step("wait", probe.Unknown, "interrupted before the message arrived; the next run for this mailbox looks for it first")
	awaitMessage(t, sender)
	forward(t, sender, reader)

	args := []string{"--to", reader.Name, "--fetch-user", reader.Name, "--fetch-password-file", passwordFile(t, reader), "--fetch-password-env="}
	o = follow(t, sender, state, args...).is(probe.Warning)
	o.step("late", probe.Warning, "came late")
	o.fact("late", "1")
	o.fact("body", "unchanged")
	if left := maildir(t, reader); len(left) != 2 {
		t.Errorf("of 2 messages there are %d", len(left))
	}
	// A copy of it that comes even later is reported, too.
	forward(t, sender, reader)
	o = follow(t, sender, state, args...).is(probe.Warning)
	o.step("late", probe.Warning, "a second copy of the message of")
	if left := maildir(t, reader); len(left) != 2 {
		t.Errorf("of 2 messages there are %d", len(left))
	}
}

// interrupted runs mailprobe deliver from the sender to itself, looking into the
// reader's mailbox, and interrupts it when a record says that it was looked for.
func interrupted(t *testing.T, sender, reader User, state string) outcome {
	t.Helper()
	program, err := binary()
	must(t, err)
	args := append(deliverArgs(sender, state), "--fetch-user", reader.Name, "--fetch-password-file", passwordFile(t, reader), "--fetch-password-env=")
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{secretVariable + "=" + sender.Password}
	var out bytes.Buffer
	cmd.Stdout = &out
	must(t, cmd.Start())
	for deadline := time.Now().Add(10 * time.Second); !isLookedFor(state) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	must(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // the exit code is that of the result
	var results []*probe.Result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil || len(results) != 1 {
		t.Fatalf("%v: %s", err, out.String())
	}
	if code := cmd.ProcessState.ExitCode(); code != probe.Unknown.ExitCode() {
		t.Errorf("exit code %d", code)
	}
	return outcome{results[0], t}
}

// isLookedFor reports whether a record in the state directory says that the mailbox
// was looked into for the message.
func isLookedFor(state string) bool {
	names, _ := filepath.Glob(filepath.Join(state, "deliver", "*.json"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err == nil && bytes.Contains(text, []byte(`"looked":`)) {
			return true
		}
	}
	return false
}

// forward puts the only message of a user into another's mailbox, as it is.
func forward(t *testing.T, from, to User) {
	t.Helper()
	for _, sub := range []string{"cur", "new"} {
		names, _ := filepath.Glob(filepath.Join(mailFolder(from), sub, "*"))
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			copied := time.Now().Format("0102150405.000000") + ".copy"
			must(t, os.WriteFile(filepath.Join(mailFolder(to), "new", copied), text, 0o600))
		}
	}
	giveAll(t, mailFolder(to))
}

func passwordFile(t *testing.T, user User) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(name, []byte(user.Password), 0o600))
	return name
}
