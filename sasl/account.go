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

	"mailprobe/internal/subprocess"
	"mailprobe/probe"
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
	asking          sync.Mutex             // guards typed
	typed           map[string]wire.Secret // by the question
}

// Declare returns the options.
func (a *Account) Declare() []probe.Option {
	return []probe.Option{
		{Name: "user", Credential: true, Short: "u", Value: &a.User, Usage: "log in with this `name`"},
		{Name: "password-file", Credential: true, Type: probe.TypeFile, Value: &a.PasswordFile, Usage: "read the password from the first line of a `file`"},
		{Name: "password-env", Credential: true, Value: &a.PasswordEnv, Usage: "read the password from an environment `variable`"},
		{Name: "password-command", Credential: true, Type: probe.TypeCommand, Value: &a.PasswordCommand, Usage: "read the password from the first line that a shell `command` prints"},
		{Name: "token-file", Credential: true, Type: probe.TypeFile, Value: &a.TokenFile, Usage: "read an OAuth 2.0 token from the first line of a `file`"},
		{Name: "token-env", Credential: true, Value: &a.TokenEnv, Usage: "read an OAuth 2.0 token from an environment `variable`"},
		{Name: "token-command", Credential: true, Type: probe.TypeCommand, Value: &a.TokenCommand, Usage: "read an OAuth 2.0 token from the first line that a shell `command` prints"},
		{Name: "netrc", Credential: true, Type: probe.TypeFile, Value: &a.Netrc, NoValue: "~/.netrc", Usage: "read name and password from ~/.netrc, or from `FILE` given as --netrc=FILE"},
	}
}

// Prepare reads the secret. A user without one is asked for it, or is an error where
// there is nobody to ask.
func (a *Account) Prepare(ctx context.Context, o *probe.Options) error {
	a.ask = o.Prompt
	password := Source{What: "password", File: a.PasswordFile, Env: a.PasswordEnv, Command: a.PasswordCommand, Getenv: o.Getenv}
	token := Source{What: "token", File: a.TokenFile, Env: a.TokenEnv, Command: a.TokenCommand, Getenv: o.Getenv}
	if password.IsSet() && token.IsSet() {
		return probe.OptionErrorf("a password (%s) and a token (%s) exclude each other", password.Option(), token.Option())
	}
	for _, s := range []Source{password, token} {
		if probe.IsStdin(s.File) && s.File != "-" && o.Stdin != nil {
			if err := o.ClaimStdin(s.Option()); err != nil {
				return err
			}
		}
	}
	var err error
	if a.password, err = password.Read(ctx, o.NoCommands); err != nil {
		return err
	}
	if a.token, err = token.Read(ctx, o.NoCommands); err != nil {
		return err
	}
	if err := a.readNetrc(); err != nil {
		return err
	}
	if a.User != "" && a.password == "" && a.token == "" && a.Netrc == "" {
		// Asked now, the time it takes to type is no check's.
		_, err = a.prompt(a.User, "")
	}
	return err
}

// HasSecret reports whether an option says where a password or a token is.
func (a *Account) HasSecret() bool {
	return a.PasswordFile+a.PasswordEnv+a.PasswordCommand+a.TokenFile+a.TokenEnv+a.TokenCommand+a.Netrc != ""
}

func (a *Account) readNetrc() error {
	if a.Netrc == "" {
		return nil
	}
	name := a.Netrc
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("netrc"), err)
		}
		name = filepath.Join(home, rest)
	}
	text, err := readFile(name)
	if err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("netrc"), err)
	}
	if a.entries, err = parseNetrc(text); err != nil {
		return probe.OptionErrorf("%s: %s, %w", probe.OptionName("netrc"), name, err)
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
		return id, true, probe.OptionErrorf("a secret was given but no user name: add %s NAME", probe.OptionName("user"))
	case !secret:
		if user == "" { // --user is one person everywhere, and was asked for before
			host = ""
		}
		id.Password, err = a.prompt(id.User, host)
	}
	return id, true, err
}

// noEntry is the error of a netrc file that has no log-in for a host.
func (a *Account) noEntry(host, user string) error {
	whose := ""
	if user != "" {
		whose = " with the login " + user
	}
	return probe.OptionErrorf("%s: %s has no entry with a password for %s%s; add: machine %s login %s password PASSWORD",
		probe.OptionName("netrc"), a.Netrc, host, whose, host, cmp.Or(user, "NAME"))
}

// prompt asks for the password of a user, once for all targets where no host is named, and
// else once for each host.
func (a *Account) prompt(user, host string) (wire.Secret, error) {
	if a.ask == nil {
		return "", errNoPassword(user)
	}
	a.asking.Lock()
	defer a.asking.Unlock()
	question := "Password of " + user
	if host != "" {
		question += " at " + host
	}
	if typed, ok := a.typed[question]; ok {
		return typed, nil
	}
	typed, err := a.ask(question + ": ")
	switch {
	case errors.Is(err, probe.ErrNobody):
		return "", errNoPassword(user)
	case err != nil:
		return "", err
	}
	if a.typed == nil {
		a.typed = map[string]wire.Secret{}
	}
	a.typed[question] = typed
	return typed, nil
}

// errNoPassword is the error of a user without a password, where nobody can be asked.
func errNoPassword(user string) error {
	err := probe.OptionErrorf("no password for %s: give it with %s, %s, %s or %s", user, probe.OptionName("password-file"),
		probe.OptionName("password-env"), probe.OptionName("password-command"), probe.OptionName("netrc"))
	err.Option = "user"
	return err
}

// Source is where a secret is. At most one of its ways is set.
type Source struct {
	// What is the word for the secret, with which the names of its options begin.
	What string
	// File and Command have it in their first line, Env is an environment variable.
	File, Env, Command string
	// Text is the secret itself, where that may be.
	Text string
	// Getenv looks the environment variable up; nil for os.Getenv.
	Getenv func(name string) string
}

func (s Source) getenv() func(string) string {
	if s.Getenv == nil {
		return os.Getenv
	}
	return s.Getenv
}

// IsSet reports whether the source has a way to a secret.
func (s Source) IsSet() bool { return s.File+s.Env+s.Command+s.Text != "" }

// Option is the first option that is set.
func (s Source) Option() probe.OptionName {
	switch {
	case s.File != "":
		return probe.OptionName(s.What + "-file")
	case s.Env != "":
		return probe.OptionName(s.What + "-env")
	case s.Command != "":
		return probe.OptionName(s.What + "-command")
	}
	return probe.OptionName(s.What)
}

// unread stands for the secret that a command prints which is not run.
const unread = "unread"

// Read reads the secret, empty where no way is set; noCommands leaves a command that
// prints it alone. Its error is a probe.OptionError.
func (s Source) Read(ctx context.Context, noCommands bool) (wire.Secret, error) {
	text := s.Text
	var err error
	given := 0
	for _, way := range []string{s.File, s.Env, s.Command, s.Text} {
		if way != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return "", nil
	case given > 1:
		return "", probe.OptionErrorf("%s, %s and %s exclude each other",
			probe.OptionName(s.What+"-file"), probe.OptionName(s.What+"-env"), probe.OptionName(s.What+"-command"))
	case s.File != "":
		text, err = readFile(s.File)
	case s.Env != "":
		text = s.getenv()(s.Env)
	case s.Command != "" && noCommands:
		text = unread
	case s.Command != "":
		text, err = runCommand(ctx, s.Command)
	}
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimSuffix(first, "\r")
	switch {
	case err != nil:
		return "", probe.OptionErrorf("%s: %w", s.Option(), err)
	case first == "":
		return "", probe.OptionErrorf("%s: %s", s.Option(), s.empty())
	}
	return wire.Secret(first), nil
}

// empty says where there is no secret.
func (s Source) empty() string {
	switch {
	case s.File != "":
		return fmt.Sprintf("the first line of %s is empty", s.File)
	case s.Env != "":
		return fmt.Sprintf("the environment variable %s is not set or empty", s.Env)
	}
	return "the command printed nothing on its first line"
}

// maxSecretFile is the largest secret that is read, in bytes.
const maxSecretFile = 64 << 10

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", probe.NoFile(name, err)
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
