package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// stage is what the demo runs on: two hosts, and a folder with the passwords and the
// certificate to trust.
type stage struct {
	folder           string
	server1, server2 *mailtest.Host
}

// The users: bob at server 1 writes to alice at server 2, carol's mailbox is full.
const (
	writer  = "bob"
	reader  = "alice"
	hoarder = "carol"
)

// newStage starts the hosts. close must be called when they are no longer needed.
func newStage() (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return s, err
	}
	passwords := map[string]string{writer: rand.Text(), reader: rand.Text(), hoarder: rand.Text()}
	if err := s.write(passwords, authority); err != nil {
		return s, err
	}
	s.server1, err = mailtest.Start(mailtest.Config{
		Name: "mx1.example.org", Authority: authority,
		Accounts: []mailtest.Account{{User: writer, Password: passwords[writer]}},
		// The certificate of one port was forgotten at the renewal.
		Faults: mailtest.Faults{Services: []mailtest.Service{mailtest.Submissions}, Certificate: "expired"},
	})
	if err != nil {
		return s, err
	}
	s.server2, err = mailtest.Start(mailtest.Config{
		Name: "mx2.example.net", Authority: authority,
		// Like most servers today.
		Without: []string{"APOP"},
		Accounts: []mailtest.Account{
			{User: reader, Password: passwords[reader]},
			{User: hoarder, Password: passwords[hoarder], Quota: 1},
		},
	})
	if err != nil {
		return s, err
	}
	mailtest.Join(s.server1, s.server2)
	return s, s.server2.Deliver(reader, []byte("From: bob@example.org\nTo: alice@example.net\nSubject: Welcome\n\nThis is the demo's mailbox.\n"))
}

// write creates the folder and its files.
func (s *stage) write(passwords map[string]string, authority *wiretest.Authority) (err error) {
	if s.folder, err = os.MkdirTemp("", "demo-"); err != nil {
		return err
	}
	for user, password := range passwords {
		err = errors.Join(err, os.WriteFile(s.file(user), []byte(password+"\n"), 0o600))
	}
	wrong := os.WriteFile(s.file("wrong"), []byte(rand.Text()+"\n"), 0o600)
	return errors.Join(err, wrong, authority.WriteFile(s.file("ca.pem")))
}

// file returns the path of a file in the folder.
func (s *stage) file(name string) string { return filepath.Join(s.folder, name) }

// close stops the hosts and removes the folder.
func (s *stage) close() error {
	for _, host := range []*mailtest.Host{s.server1, s.server2} {
		if host != nil {
			_ = host.Close()
		}
	}
	if s.folder == "" {
		return nil
	}
	return os.RemoveAll(s.folder)
}

// scene is a question, the command that answers it, and the verdicts it may have, the
// expected one first.
type scene struct {
	question string
	args     []string
	ends     []probe.Status
}

// scenes returns what the demo shows, in this order.
func (s *stage) scenes() []scene {
	ca := s.file("ca.pem")
	mx2, pop3s := s.server2.SMTPURL(), s.server2.POP3SURL("")
	ok, critical := []probe.Status{probe.OK}, []probe.Status{probe.Critical}
	return []scene{
		// Without the permission to ping the command says how to get it.
		{"Is there a path to the server?", []string{"ping", "-c", "3", "-i", "100ms", "127.0.0.1"}, []probe.Status{probe.OK, probe.Unknown}},
		{"Would server 2 take mail for alice, over good TLS?", []string{"smtp", "--ca-file", ca, "--tls=require", "-t", "alice@example.net", mx2}, ok},
		{"Can alice log in and read her mail?", []string{"pop3", "--ca-file", ca, "-u", reader, "--password-file", s.file(reader), pop3s}, ok},
		{"Does mail from bob reach alice, and how fast?", s.delivery(), ok},
		{"What if nobody renews a certificate?", []string{"smtp", "--ca-file", ca, s.server1.URL(mailtest.Submissions, "")}, critical},
		{"What if the password is wrong?", []string{"pop3", "--ca-file", ca, "-u", reader, "--password-file", s.file("wrong"), pop3s}, critical},
		{"What if the mailbox is full?", []string{"smtp", "--ca-file", ca, "-t", "carol@example.net", mx2}, critical},
	}
}

// delivery returns the command that sends a message from bob's server to alice's.
func (s *stage) delivery() []string {
	ca := s.file("ca.pem")
	return []string{
		"deliver", "-f", "bob@example.org", "-t", "alice@example.net", "--state", s.file("state"),
		"--via", s.server1.URL(mailtest.Submission, writer), "--via-ca-file", ca, "--via-password-file", s.file(writer),
		"--fetch", s.server2.POP3SURL(reader), "--fetch-ca-file", ca, "--fetch-password-file", s.file(reader),
	}
}

// opening is printed before the first scene.
const opening = `# Two mail servers now run inside this process, on loopback addresses:
#   server 1, mx1.example.org, is that of bob, who writes
#   server 2, mx2.example.net, is that of alice, who reads, and of carol, whose
#   mailbox is full
`

// ending is printed after the last scene.
const ending = `
# This was shown: what works, and what failures look like.
%s#
# Now try your own domain: mailprobe domain example.org
# and its servers: mailprobe smtp --mx example.org
# To go on with these two: mailprobe demo --serve
`

// describe prints how to reach the hosts, and commands to begin with.
func (s *stage) describe(w io.Writer) {
	fmt.Fprint(w, opening)
	for _, host := range []*mailtest.Host{s.server1, s.server2} {
		fmt.Fprintf(w, "\n%s\n", host.Name())
		for _, service := range mailtest.Services() {
			fmt.Fprintf(w, "  %s\n", host.URL(service, ""))
		}
	}
	fmt.Fprint(w, "\naccounts, and the files of their passwords\n")
	for _, address := range []string{writer + "@example.org", reader + "@example.net", hoarder + "@example.net"} {
		user, _, _ := strings.Cut(address, "@")
		fmt.Fprintf(w, "  %-18s %s\n", address, s.file(user))
	}
	fmt.Fprintf(w, "\nthe certificate to trust\n  %s\n\nTry:\n", s.file("ca.pem"))
	for _, scene := range s.scenes() {
		fmt.Fprintf(w, "\n# %s\n%s\n", scene.question, commandLine(scene.args))
	}
	fmt.Fprint(w, "\n# Ctrl-C ends the servers and removes the files.\n")
}
