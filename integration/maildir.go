package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Stored is a message that is in a mailbox before the first session.
type Stored struct {
	// Folder is the mailbox, empty for INBOX.
	Folder string
	// Text is the message, with lines that end in a line feed.
	Text string
	// Received is when it came.
	Received time.Time
}

// Store puts messages into the mailbox of a user, as files, so that thousands take no time.
func (l *Lab) Store(u User, messages []Stored) error {
	who, err := dovecotOwners()
	if err != nil {
		return err
	}
	home := filepath.Join(l.dir, "dovecot", "mail", u.Name)
	made := []string{home, filepath.Join(home, "Maildir")}
	known := map[string]bool{}
	for i, m := range messages {
		dir := filepath.Join(home, "Maildir")
		if m.Folder != "" {
			dir = filepath.Join(dir, "."+m.Folder)
		}
		if !known[dir] {
			known[dir] = true
			for _, sub := range []string{"tmp", "new", "cur"} {
				err = errors.Join(err, os.MkdirAll(filepath.Join(dir, sub), 0o700))
				made = append(made, filepath.Join(dir, sub))
			}
			made = append(made, dir)
		}
		name := filepath.Join(dir, "cur", fmt.Sprintf("%d.M%dP1.lab:2,", m.Received.Unix(), i))
		err = errors.Join(err, os.WriteFile(name, []byte(m.Text), 0o600), os.Chtimes(name, m.Received, m.Received))
		made = append(made, name)
	}
	for _, name := range made {
		err = errors.Join(err, giveTo(who.Mail, name))
	}
	return err
}
