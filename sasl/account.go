package sasl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"mailprobe/internal/subprocess"
	"mailprobe/wire"
)

// Identity is a user and the secret to log in with: either Password or Token is set.
type Identity struct {
	User            string
	Password, Token wire.Secret
}

// Account says where a user name and a secret come from. It holds the options of a
// log-in.
type Account struct {
	// User is the user name. A name in the target has precedence.
	User string
	// PasswordFile, PasswordEnv and PasswordCommand name the source of the password. At
	// most one is set.
	PasswordFile, PasswordEnv, PasswordCommand string
	// TokenFile, TokenEnv and TokenCommand name the source of an OAuth 2.0 token.
	TokenFile, TokenEnv, TokenCommand string
	// Netrc is the file whose entry for the host is used.
	Netrc string

	password, token wire.Secret
	entries         []netrcEntry
	ask             func(question string) (wire.Secret, error)
	asking          sync.Mutex // guards typed
	typed           wire.Secret
}

// Bind declares the flags.
func (a *Account) Bind(flags *pflag.FlagSet) {
	flags.StringVarP(&a.User, "user", "u", "", "log in with this `name`")
	flags.StringVar(&a.PasswordFile, "password-file", "", "read the password from the first line of a `file`")
	flags.StringVar(&a.PasswordEnv, "password-env", "", "read the password from an environment `variable`")
	flags.StringVar(&a.PasswordCommand, "password-command", "", "read the password from the first line that a shell `command` prints")
	flags.StringVar(&a.TokenFile, "token-file", "", "read an OAuth 2.0 token from the first line of a `file`")
	flags.StringVar(&a.TokenEnv, "token-env", "", "read an OAuth 2.0 token from an environment `variable`")
	flags.StringVar(&a.TokenCommand, "token-command", "", "read an OAuth 2.0 token from the first line that a shell `command` prints")
	flags.StringVar(&a.Netrc, "netrc", "", "read name and password of the host from a netrc `file`, by default ~/.netrc")
	flags.Lookup("netrc").NoOptDefVal = "~/.netrc"
}

// Prepare reads the secret. ask is how to ask the user for one, nil where there
// is nobody to ask.
func (a *Account) Prepare(ctx context.Context, ask func(string) (wire.Secret, error)) error {
	a.ask = ask
	password := source{"password", a.PasswordFile, a.PasswordEnv, a.PasswordCommand}
	token := source{"token", a.TokenFile, a.TokenEnv, a.TokenCommand}
	if password.isSet() && token.isSet() {
		return errors.New("a password and a token exclude each other")
	}
	var err error
	if a.password, err = password.read(ctx); err != nil {
		return err
	}
	if a.token, err = token.read(ctx); err != nil {
		return err
	}
	if err := a.readNetrc(); err != nil {
		return err
	}
	if a.User != "" && a.password == "" && a.token == "" && a.Netrc == "" && ask != nil {
		// Asked now, the time it takes to type is no check's.
		_, err = a.prompt("Password of " + a.User + ": ")
	}
	return err
}

func (a *Account) readNetrc() error {
	if a.Netrc == "" {
		return nil
	}
	name := a.Netrc
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("--netrc: %w", err)
		}
		name = filepath.Join(home, rest)
	}
	text, err := readFile(name)
	if err != nil {
		return fmt.Errorf("--netrc: %w", err)
	}
	if a.entries, err = parseNetrc(text); err != nil {
		return fmt.Errorf("--netrc: %s, %w", name, err)
	}
	return nil
}

// For returns the identity for a host, given the user name in the target. wanted is false
// if there is no user name and so no log-in.
func (a *Account) For(host, user string) (id Identity, wanted bool, err error) {
	id = Identity{User: user, Password: a.password, Token: a.token}
	if id.User == "" {
		id.User = a.User
	}
	if a.Netrc != "" && id.Password == "" && id.Token == "" {
		entry := netrcLogin(a.entries, host, id.User)
		if entry == nil {
			return id, true, a.noEntry(host, id.User)
		}
		id.User, id.Password = cmp.Or(entry.login, id.User), entry.password
	}
	secret := id.Password != "" || id.Token != ""
	switch {
	case id.User == "" && !secret:
		return id, false, nil
	case id.User == "":
		return id, true, errors.New("a secret was given but no user name: add -u NAME")
	case !secret:
		id.Password, err = a.promptFor(id.User, host)
	}
	return id, true, err
}

// noEntry is the error of a netrc file that has no log-in for a host.
func (a *Account) noEntry(host, user string) error {
	whose := ""
	if user != "" {
		whose = " with the login " + user
	}
	return fmt.Errorf("--netrc: %s has no entry with a password for %s%s; add: machine %s login %s password PASSWORD",
		a.Netrc, host, whose, host, cmp.Or(user, "NAME"))
}

func (a *Account) promptFor(user, host string) (wire.Secret, error) {
	if a.ask == nil {
		return "", fmt.Errorf("no password for %s: give it with --password-file, --password-env, --password-command or --netrc", user)
	}
	return a.prompt(fmt.Sprintf("Password of %s at %s: ", user, host))
}

// prompt asks for the password once; it is the same for all targets.
func (a *Account) prompt(question string) (wire.Secret, error) {
	a.asking.Lock()
	defer a.asking.Unlock()
	if a.typed != "" {
		return a.typed, nil
	}
	var err error
	a.typed, err = a.ask(question)
	return a.typed, err
}

// source is one way of three to read a secret.
type source struct{ what, file, env, command string }

func (s source) isSet() bool { return s.file+s.env+s.command != "" }

func (s source) read(ctx context.Context) (wire.Secret, error) {
	var text, flag string
	var err error
	given := 0
	if s.file != "" {
		given, flag = given+1, "file"
		text, err = readFile(s.file)
	}
	if s.env != "" {
		given, flag = given+1, "env"
		text = os.Getenv(s.env)
	}
	if s.command != "" {
		given, flag = given+1, "command"
		text, err = runCommand(ctx, s.command)
	}
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimSuffix(first, "\r")
	switch {
	case given == 0:
		return "", nil
	case given > 1:
		return "", fmt.Errorf("--%[1]s-file, --%[1]s-env and --%[1]s-command exclude each other", s.what)
	case err != nil:
		return "", fmt.Errorf("--%s-%s: %w", s.what, flag, err)
	case first == "":
		return "", fmt.Errorf("--%[1]s-%[2]s: there is no %[1]s in it; the first line must hold it", s.what, flag)
	}
	return wire.Secret(first), nil
}

// maxSecretFile is the largest secret that is read, in bytes.
const maxSecretFile = 64 << 10

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err == nil && len(text) > maxSecretFile {
		err = fmt.Errorf("%s has more than %d bytes, it cannot be the right file", name, maxSecretFile)
	}
	return string(text), err
}

// runCommand returns what a command prints. It may ask its user for something, on
// the terminal.
func runCommand(ctx context.Context, line string) (string, error) {
	command := subprocess.Shell(line)
	command.Stderr, command.MaxOutput, command.AsksUser = os.Stderr, maxSecretFile, true
	return command.Run(ctx)
}
