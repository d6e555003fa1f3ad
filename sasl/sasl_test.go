package sasl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xdg-go/scram"

	"mailprobe/probe"
	"mailprobe/wire"
)

var alice = Identity{User: "alice", Password: "wonderland"}

func TestRank(t *testing.T) {
	token := Identity{User: "alice", Token: "t"}
	for _, test := range []struct {
		offered string
		id      Identity
		want    string
		second  string
	}{
		{"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256", alice, "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN", Plain},
		{"plain scram-sha-1 XOAUTH2", alice, "SCRAM-SHA-1 PLAIN", Plain},
		{"LOGIN PLAIN", alice, "PLAIN LOGIN", Login},
		{"APOP USER", alice, "APOP USER", User},
		{"SCRAM-SHA-1 CRAM-MD5 USER LOGIN", alice, "SCRAM-SHA-1 CRAM-MD5 LOGIN USER", Login},
		{"SCRAM-SHA-1 SCRAM-SHA-256", alice, "SCRAM-SHA-256 SCRAM-SHA-1", ScramSHA1},
		{"PLAIN", alice, "PLAIN", ""},
		{"PLAIN XOAUTH2 OAUTHBEARER", token, "OAUTHBEARER XOAUTH2", XOAuth2},
		{"PLAIN XOAUTH2", token, "XOAUTH2", ""},
		{"GSSAPI NTLM XOAUTH2", alice, "", ""},
		{"", alice, "", ""},
	} {
		ranked := Rank(strings.Fields(test.offered), test.id)
		if got := strings.Join(ranked, " "); got != test.want || Second(ranked) != test.second {
			t.Errorf("of %q: got %q and then %q, want %q and %q", test.offered, got, Second(ranked), test.want, test.second)
		}
	}
}

// The exchanges of RFC 2195 §2, RFC 4616 §4, RFC 7628 §4.1 and of Google's
// XOAUTH2 documentation's form.
func TestExchanges(t *testing.T) {
	tim := Identity{User: "tim", Password: "tanstaaftanstaaf"}
	bearer := Identity{User: "user@example.com", Token: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="}
	for _, test := range []struct {
		mechanism string
		id        Identity
		initial   string
		exchange  []string // challenge, response, ...
	}{
		{Plain, tim, "\x00tim\x00tanstaaftanstaaf", nil},
		{Login, tim, "", []string{"anything", "tim", "Passwort?", "tanstaaftanstaaf"}},
		{CramMD5, tim, "", []string{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}},
		{OAuthBearer, bearer, "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01", []string{`{"status":"invalid_token"}`, "\x01"}},
		{XOAuth2, bearer, "user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01", []string{"{}", ""}},
	} {
		c, err := New(test.mechanism, test.id, "server.example.com", 143)
		if err != nil {
			t.Fatal(err)
		}
		if _, initial, err := c.Start(); err != nil || string(initial) != test.initial {
			t.Errorf("%s begins with %q (%v), want %q", test.mechanism, initial, err, test.initial)
		}
		for i := 0; i+1 < len(test.exchange); i += 2 {
			if got, err := c.Next([]byte(test.exchange[i])); err != nil || string(got) != test.exchange[i+1] {
				t.Errorf("%s answers %q with %q (%v), want %q", test.mechanism, test.exchange[i], got, err, test.exchange[i+1])
			}
		}
		if _, err := c.Next([]byte("one more")); err == nil {
			t.Errorf("%s goes on for ever", test.mechanism)
		}
	}
}

func TestNewWithoutSecret(t *testing.T) {
	for _, mechanism := range append(Mechanisms(), "NTLM") {
		if c, err := New(mechanism, Identity{User: "alice"}, "", 0); err == nil {
			t.Errorf("%s without a secret: %v", mechanism, c)
		}
	}
}

// scramServer is a server that knows alice's password.
func scramServer(t *testing.T, hash scram.HashGeneratorFcn, password string) *scram.ServerConversation {
	t.Helper()
	client, err := hash.NewClient("alice", password, "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "0123456789", Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	server, err := hash.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
	if err != nil {
		t.Fatal(err)
	}
	return server.NewConversation()
}

func TestScram(t *testing.T) {
	for name, hash := range map[string]scram.HashGeneratorFcn{ScramSHA1: scram.SHA1, ScramSHA256: scram.SHA256} {
		server := scramServer(t, hash, "wonderland")
		client, err := New(name, alice, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, message, err := client.Start()
		for err == nil && !server.Done() {
			var challenge string
			if challenge, err = server.Step(string(message)); err == nil {
				message, err = client.Next([]byte(challenge))
			}
		}
		if err != nil || client.(Verifier).Verify() != nil {
			t.Errorf("%s: %v, %v", name, err, client.(Verifier).Verify())
		}
	}
}

// A server that says yes without its own proof does not know the password.
func TestScramUnproven(t *testing.T) {
	server := scramServer(t, scram.SHA256, "wonderland")
	client, err := New(ScramSHA256, alice, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := client.Start()
	challenge, err := server.Step(string(first))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Next([]byte(challenge)); err != nil {
		t.Fatal(err)
	}
	if client.(Verifier).Verify() == nil {
		t.Error("a server without proof was believed")
	}
}

func TestScramIterations(t *testing.T) {
	for _, count := range []string{"0", "-1", "1000001", "99999999999999999999", "x", ""} {
		client, err := New(ScramSHA256, alice, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, first, _ := client.Start()
		nonce := strings.TrimPrefix(string(first), "n,,n=alice,r=")
		_, err = client.Next([]byte("r=" + nonce + "x,s=MDEyMzQ=,i=" + count))
		if costly := len(count) > 2; err == nil || errors.Is(err, ErrCostly) != costly {
			t.Errorf("%q iterations: %v", count, err)
		}
	}
}

func FuzzScram(f *testing.F) {
	f.Add("r=x,s=MDEyMzQ=,i=4096")
	f.Add("v=AAAA")
	f.Add("e=other-error")
	f.Fuzz(func(t *testing.T, challenge string) {
		client, err := New(ScramSHA1, alice, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = client.Start()
		if _, err := client.Next([]byte(challenge)); err == nil && client.(Verifier).Verify() == nil {
			t.Errorf("%q proved the server", challenge)
		}
	})
}

// account parses flags; files are made in the test's folder, which $D stands for.
func account(t *testing.T, files map[string]string, args ...string) *Account {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$D", dir)
	}
	var a Account
	if _, err := probe.ParseArgs(a.Declare(), args); err != nil {
		t.Fatal(err)
	}
	return &a
}

func TestAccount(t *testing.T) {
	t.Setenv("MAIL_PASSWORD", "from env")
	files := map[string]string{
		"pw": "wonderland\r\nsecond line\n", "empty": "\n", "big": strings.Repeat("x", maxSecretFile+1), "token": "ya29",
		"netrc":  "machine mx.example.org login bob password builder\ndefault login carol password singer\n",
		"others": "machine pop.example.org login bob password builder\n", "prose": "my password is wonderland\n",
	}
	for _, test := range []struct {
		args string
		user string // in the target
		want string // "user password token", "nobody", or a part of the error
	}{
		{"", "", "nobody"},
		{"-u alice --password-file $D/pw", "", "alice wonderland "},
		{"-u alice --password-file $D/pw", "dave", "dave wonderland "},
		{"-u alice --password-env MAIL_PASSWORD", "", "alice from env "},
		{"-u alice --password-env NOT_SET_ANYWHERE", "", "the environment variable NOT_SET_ANYWHERE is not set or empty"},
		{"-u alice --password-command echo\u00a0hi", "", "error"},
		{"-u alice --password-file $D/empty", "", "/empty is empty"},
		{"-u alice --password-file $D/big", "", "cannot be the right file"},
		{"-u alice --password-file $D/nothing", "", "/nothing does not exist"},
		{"-u alice --password-file $D/pw --password-env MAIL_PASSWORD", "", "exclude each other"},
		{"-u alice --password-file $D/pw --token-file $D/token", "", "exclude each other"},
		{"-u alice --token-file $D/token", "", "alice  ya29"},
		{"--password-file $D/pw", "", "no user name"},
		{"-u alice", "", "no password for alice"},
		{"--netrc=$D/netrc", "", "bob builder "},
		{"--netrc=$D/netrc -u carol", "", "carol singer "},
		{"--netrc=$D/netrc", "carol", "carol singer "},
		{"--netrc=$D/netrc -u erin", "", "error: --netrc: $D/netrc has no entry with a password for mx.example.org with the login erin; add: machine mx.example.org login erin password PASSWORD"},
		{"--netrc=$D/others", "", "error: --netrc: $D/others has no entry with a password for mx.example.org; add: machine mx.example.org login NAME password PASSWORD"},
		{"--netrc=$D/others --password-file $D/pw -u alice", "", "alice wonderland "},
		{"--netrc=$D/prose", "", "error: --netrc: $D/prose, line 1: "},
		{"--netrc=$D/nothing", "", "$D/nothing does not exist"},
	} {
		a := account(t, files, strings.Fields(test.args)...)
		got := "nobody"
		err := a.Prepare(context.Background(), &probe.Options{})
		if err == nil {
			var id Identity
			var wanted bool
			if id, wanted, err = a.For("mx.example.org", test.user); wanted {
				got = id.User + " " + id.Password.Reveal() + " " + id.Token.Reveal()
			}
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if a.Netrc != "" {
			got = strings.ReplaceAll(got, filepath.Dir(a.Netrc), "$D")
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.args, got, test.want)
		}
		if err != nil && strings.Contains(got, "wonderland") {
			t.Errorf("%s: the error shows the password: %s", test.args, got)
		}
	}
}

func TestPasswordCommand(t *testing.T) {
	a := account(t, nil, "-u", "alice", "--password-command", "echo wonder; echo land")
	if err := a.Prepare(context.Background(), &probe.Options{}); err != nil || a.password != "wonder" {
		t.Errorf("got %q, %v", a.password.Reveal(), err)
	}
	a = account(t, nil, "--password-command", "echo hunter2; exit 3")
	if err := a.Prepare(context.Background(), &probe.Options{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a failed command: %v", err)
	}
}

// A command does not hold up a check, whatever it leaves behind.
func TestPasswordCommandIsBounded(t *testing.T) {
	for line, want := range map[string]string{
		"sleep 300 & echo wonderland": "",
		"sleep 300 | cat":             "--password-command: the command did not end within 2s: stopped",
		"yes hunter2":                 "--password-command: the command prints more than 65536 bytes",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		a := account(t, nil, "-u", "alice", "--password-command", line)
		err := a.Prepare(ctx, &probe.Options{})
		cancel()
		if want == "" && (err != nil || a.password != "wonderland") || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

// The user is asked once, however many targets there are.
func TestPrompt(t *testing.T) {
	a := account(t, nil, "-u", "alice")
	var asked atomic.Int32
	ask := func(question string) (wire.Secret, error) {
		if asked.Add(1) > 1 || !strings.Contains(question, "alice") {
			return "", errors.New("asked again: " + question)
		}
		return "wonderland", nil
	}
	if err := a.Prepare(context.Background(), &probe.Options{Prompt: ask}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 8 {
		go func() {
			id, _, err := a.For("mx.example.org", "")
			if err == nil && id.Password != "wonderland" {
				err = errors.New("another password")
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestPromptByServer: what is typed for one user at one server is sent to no other.
func TestPromptByServer(t *testing.T) {
	var a Account
	ask := func(question string) (wire.Secret, error) { return wire.Secret("for " + question), nil }
	if err := a.Prepare(context.Background(), &probe.Options{Prompt: ask}); err != nil {
		t.Fatal(err)
	}
	seen := map[wire.Secret]bool{}
	for _, each := range [][2]string{{"a.example", "alice"}, {"b.example", "alice"}, {"a.example", "bob"}} {
		for range 2 {
			id, _, err := a.For(each[0], each[1])
			if want := wire.Secret("for Password of " + each[1] + " at " + each[0] + ": "); err != nil || id.Password != want {
				t.Errorf("%v: %q, %v", each, string(id.Password), err)
			}
			seen[id.Password] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d passwords for three log-ins", len(seen))
	}
}
