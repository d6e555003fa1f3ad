package integration

import (
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// passwordMechanisms are those of SASL that Postfix and Dovecot both know.
func passwordMechanisms() []string {
	return []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}
}

func tokenMechanisms() []string { return []string{"XOAUTH2", "OAUTHBEARER"} }

// login is one way to log in.
type login struct {
	kind, target string
	service      Service
	mechanism    string
}

// smtpLogins and mailboxLogins are all ways there are, over STARTTLS and over
// implicit TLS in turn.
func smtpLogins(mechanisms []string) (all []login) {
	for i, m := range mechanisms {
		if i%2 == 0 {
			all = append(all, login{"smtp", lab.Addr(Submission, Good), Submission, m})
		} else {
			all = append(all, login{"smtp", "smtps://" + lab.Addr(SMTPS, Good), SMTPS, m})
		}
	}
	return all
}

// mailboxLogins takes implicit TLS and STARTTLS in turn.
func mailboxLogins(kind string, overTLS, plain Service, mechanisms []string) (all []login) {
	for i, m := range mechanisms {
		if i%2 == 0 {
			all = append(all, login{kind, kind + "s://" + lab.Addr(overTLS, Good), overTLS, m})
		} else {
			all = append(all, login{kind, lab.Addr(plain, Good), plain, m})
		}
	}
	return all
}

// Each mechanism logs in with the right secret, and with a wrong one is reported
// so by the server.
func TestMechanisms(t *testing.T) {
	needDovecot(t)
	logins := mailboxLogins("pop3", POP3S, POP3, append(passwordMechanisms(), "user", "apop"))
	if withPostfix {
		logins = append(logins, smtpLogins(passwordMechanisms())...)
	}
	for _, l := range logins {
		t.Run(l.kind+" "+l.mechanism, func(t *testing.T) {
			t.Parallel()
			user := lab.NewUser()
			l.succeeds(t, user.Password, password(user))
			l.fails(t, "wrong-"+user.Password[3:], password(user))
		})
	}
}

func TestTokens(t *testing.T) {
	needDovecot(t)
	logins := mailboxLogins("pop3", POP3S, POP3, tokenMechanisms())
	if withPostfix {
		logins = append(logins, smtpLogins(tokenMechanisms())...)
	}
	for _, l := range logins {
		t.Run(l.kind+" "+l.mechanism, func(t *testing.T) {
			t.Parallel()
			user := lab.NewUser()
			l.succeeds(t, lab.Token(user, time.Now().Add(time.Hour)), token(user))
			l.fails(t, lab.Token(user, time.Now().Add(-time.Hour)), token(user))
		})
	}
}

func (l login) succeeds(t *testing.T, secret string, flags []string) {
	t.Helper()
	o := check(t, secret, l.kind, l.target, append(flags, "--auth", l.mechanism)...).is(probe.OK)
	o.step("auth", probe.OK)
	if verb := "C: AUTH " + strings.ToUpper(l.mechanism); l.mechanism == strings.ToUpper(l.mechanism) && !o.said(verb) {
		t.Errorf("the transcript has no %q", verb)
	}
}

func (l login) fails(t *testing.T, secret string, flags []string) {
	t.Helper()
	words := "535 5.7.8"
	if l.kind == "pop3" {
		words = "-ERR [AUTH] Authentication failed."
	}
	check(t, secret, l.kind, l.target, append(flags, "--auth", l.mechanism)...).is(probe.Critical).
		because("auth", probe.Critical, "wrong-credentials", probe.BlameAccount, words)
}

// Without --auth the strongest mechanism that is offered is taken.
func TestStrongestMechanism(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	o := check(t, user.Password, "pop3", lab.Addr(POP3, Good), password(user)...).is(probe.OK)
	if !o.said("C: AUTH SCRAM-SHA-256") {
		t.Error("SCRAM-SHA-256 was not taken")
	}
}

// No format, with the transcript or without, shows a secret; run looks.
func TestFormatsKeepSecrets(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	wrong := "wrong-" + user.Password[3:]
	for _, format := range []string{"table", "json", "jsonl", "nagios", "prometheus", "transcript"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			for secret, want := range map[string]int{user.Password: 0, wrong: 2} {
				args := []string{"smtp", lab.Addr(Submission, Good), "-o", format, "--auth", "PLAIN", "--ca-file", lab.CAFile(), "--server-name", Hostname}
				args = append(args, password(user)...)
				if format != "nagios" {
					args = append(args, "-v")
				}
				code, stdout, stderr := run(t, secret, args...)
				if code != want || stdout == "" {
					t.Errorf("exit code %d, want %d\n%s%s", code, want, stdout, stderr)
				}
			}
		})
	}
}

// Where the connection is not encrypted, or not to the right server, no
// credentials are sent.
func TestCredentialsNeedTLS(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	for target, cause := range map[string]string{lab.Addr(ClearAuth, Good): "not-confidential", lab.Addr(Submission, WrongName): "cert-wrong-name"} {
		o := check(t, user.Password, "smtp", target, password(user)...).is(probe.Critical)
		o.because("auth", probe.Critical, cause, probe.BlameServer, "not tried")
		if o.said("C: AUTH") {
			t.Errorf("%s: AUTH was sent", target)
		}
	}
	o := check(t, user.Password, "smtp", lab.Addr(ClearAuth, Good), append(password(user), "--auth-without-tls", "--tls=off")...)
	o.is(probe.OK).step("auth", probe.OK)
}
