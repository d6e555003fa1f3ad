package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/mailtest"
)

// unpackedTool is a program that `make test` unpacks, with the environment that finds its
// libraries.
func unpackedTool(t *testing.T, name string) (program string, env []string) {
	t.Helper()
	program = reporttest.Tool(t, name)
	libraries, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(program)), "lib", "*-linux-gnu"))
	if err != nil {
		t.Fatal(err)
	}
	return program, append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
}

// contributed is a file of contrib with the path of the built program.
func contributed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../contrib/" + name)
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("mailprobe")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "/usr/bin/mailprobe", program)
}

// writeFiles writes files into a folder of the test.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// monitored is a mail host and the arguments with which each command of Nagios is to find
// it in order.
func monitored(t *testing.T) (address string, arguments map[string][]string) {
	t.Helper()
	dir := t.TempDir()
	host, err := mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "alice", Password: "correct horse"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	ca := filepath.Join(dir, "ca.pem")
	if err := host.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{
		"alice":       "correct horse\n",
		"checks.yaml": "checks: [{name: relay, kind: smtp, target: \"" + host.Addr(mailtest.SMTP) + "\", ca_file: ca.pem, server_name: mx.example.org}]\n",
	})
	trust := " --ca-file " + ca + " --server-name mx.example.org "
	return host.Addr(mailtest.SMTP), map[string][]string{
		"check_mailprobe_smtp":    {"--tls=require -t alice@example.org" + trust},
		"check_mailprobe_deliver": {"alice@example.org", host.SMTPURL(), host.POP3SURL("alice"), "--fetch-password-file " + dir + "/alice --fetch-ca-file " + ca + " --fetch-server-name mx.example.org --via-ca-file " + ca + " --via-server-name mx.example.org --state " + dir},
		"check_mailprobe_file":    {dir + "/checks.yaml --state " + dir},
	}
}
