package integration

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

const postfixMaster = "/usr/lib/postfix/sbin/master"

// postfixMissing says why Postfix cannot be run here, nil if it can.
func postfixMissing() error {
	if _, err := os.Stat(postfixMaster); err != nil {
		return fmt.Errorf("%w: %v", ErrMissing, err)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: postfix runs for root only", ErrMissing)
	}
	return nil
}

// startPostfix writes Postfix's folder and starts it.
func (l *Lab) startPostfix() error {
	dir := filepath.Join(l.dir, "postfix")
	if err := l.writePostfix(dir); err != nil {
		return fmt.Errorf("postfix: %w", err)
	}
	d, err := startDaemon("postfix", filepath.Join(dir, "log"), postfixMaster, "-c", dir)
	if err != nil {
		return fmt.Errorf("postfix: %w", err)
	}
	l.daemons = append(l.daemons, d)
	return l.await(d, postfixServices())
}

func (l *Lab) writePostfix(dir string) (err error) {
	if l.greylist, err = startGreylist(l.Host(Good)); err != nil {
		return err
	}
	if err := makeQueue(filepath.Join(dir, "queue")); err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	if err := giveTo("postfix", data); err != nil {
		return err
	}
	for _, name := range []string{"main.cf", "master.cf", "recipients", "mailboxes"} {
		if err := render(filepath.Join(dir, name), l.postfixData(dir)); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lab) postfixData(dir string) any {
	sockets := filepath.Join(l.dir, "dovecot", "run")
	return struct {
		*Lab
		Dir, TLS, Auth, LMTPSocket string
		Policy, Nobody             string
		Hostname, Domain, Outlaw   string
		Greylisted, Full, Refused  string
		SmallMailLimit             int
		Kinds                      []Certificate
		Users                      []User
		Mailboxes                  []string
	}{
		l, dir, l.dir, filepath.Join(sockets, "postfix-auth"), filepath.Join(sockets, "postfix-lmtp"),
		l.greylist.addr(), net.JoinHostPort(l.network+".254", "9"),
		Hostname, Domain, Outlaw, Greylisted, FullMailbox, Refused, SmallMailLimit, Certificates(),
		l.users, append([]string{quotaUser, tightUser, Greylisted, FullMailbox, Refused}, singleUsers...),
	}
}

// makeQueue makes the folders that Postfix's own start script would.
func makeQueue(queue string) error {
	ours := []string{
		"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
		"maildrop", "private", "public", "saved", "trace",
	}
	for _, sub := range append([]string{"", "pid"}, ours...) {
		if err := os.MkdirAll(filepath.Join(queue, sub), 0o755); err != nil {
			return err
		}
	}
	for _, sub := range ours {
		if err := giveTo("postfix", filepath.Join(queue, sub)); err != nil {
			return err
		}
	}
	return nil
}
