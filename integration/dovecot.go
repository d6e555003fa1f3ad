package integration

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

const dovecotProgram = "/usr/sbin/dovecot"

// owners are the users Dovecot runs its parts as: Debian's when root may
// choose, else everything is whoever runs the test.
type owners struct {
	Internal, Group, Login, Mail, MailGroup string
	Root                                    bool
}

func dovecotOwners() (owners, error) {
	if os.Geteuid() == 0 {
		return owners{Internal: "dovecot", Group: "dovecot", Login: "dovenull", Mail: "mail", MailGroup: "mail", Root: true}, nil
	}
	me, err := user.Current()
	if err != nil {
		return owners{}, err
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		return owners{}, err
	}
	return owners{Internal: me.Username, Group: group.Name, Login: me.Username, Mail: me.Username, MailGroup: group.Name}, nil
}

// startDovecot writes Dovecot's folder and starts it.
func (l *Lab) startDovecot() error {
	who, err := dovecotOwners()
	if err != nil {
		return err
	}
	dir := filepath.Join(l.dir, "dovecot")
	if err := l.writeDovecot(dir, who); err != nil {
		return fmt.Errorf("dovecot: %w", err)
	}
	d, err := startDaemon("dovecot", filepath.Join(dir, "log"),
		dovecotProgram, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	if err != nil {
		return fmt.Errorf("dovecot: %w", err)
	}
	l.daemons = append(l.daemons, d)
	return l.await(d, dovecotServices())
}

func (l *Lab) writeDovecot(dir string, who owners) error {
	for _, sub := range []string{"run", "state", "mail", filepath.Dir(l.keyPath(dir))} {
		if !filepath.IsAbs(sub) {
			sub = filepath.Join(dir, sub)
		}
		if err := os.MkdirAll(sub, 0o755); err != nil {
			return err
		}
	}
	if err := giveTo(who.Mail, filepath.Join(dir, "mail")); err != nil {
		return err
	}
	files := map[string]string{
		filepath.Join(dir, "passwd"): l.passwd(),
		l.keyPath(dir):               base64.StdEncoding.EncodeToString(l.tokenKey),
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "outage"), []byte("#!/bin/sh\nexit 111\n"), 0o755); err != nil {
		return err
	}
	if err := render(filepath.Join(dir, "oauth2.conf"), struct{ Dir string }{dir}); err != nil {
		return err
	}
	return render(filepath.Join(dir, "dovecot.conf"), struct {
		*Lab
		Dir, TLS string
		Who      owners
		Faulty   []Certificate

		Unverifiable string
	}{l, dir, l.dir, who, Certificates()[1:], Unverifiable})
}

// keyPath is where Dovecot looks for the key of a token that names none.
func (l *Lab) keyPath(dir string) string {
	return filepath.Join(dir, "keys", "default", "HS256", "default")
}

// giveTo makes path belong to the user called name.
func giveTo(name, path string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	return os.Chown(path, uid, -1)
}
