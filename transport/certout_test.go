package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/probe"
)

// The file is what the server sent, also where that is bad; what somebody else wrote stays.
func TestCertOut(t *testing.T) {
	w := newWorkshop(t)
	w.issue("middle", ecKey, "-authority")
	w.issue("leaf", ecKey, "-CA middle.pem -CAkey middle.key")
	server := w.serve("-cert leaf.pem -key leaf.key -cert_chain middle.pem")
	out := w.file("out.pem")
	// Not of a trusted authority, and for another name.
	r := try(t, server, "--tls=require", "--cert-out", out, "--server-name", "other.example.org")
	if r.Status != probe.Critical {
		t.Fatalf("%s\n%s", r.Status, everything(r))
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), certOutHead+"# 192.0.2.1 at 192.0.2.1:9\n-----BEGIN CERTIFICATE-----\n") || strings.Count(string(text), "BEGIN") != 2 {
		t.Errorf("got\n%s", text)
	}
	w.run("verify -CAfile ca.pem -untrusted out.pem out.pem") // OpenSSL reads it
	if r := try(t, server, "--tls=require", "--cert-out", out, "--ca-file", w.file("ca.pem"), "--server-name", mx); r.Status != probe.OK {
		t.Errorf("written again: %s\n%s", r.Status, everything(r))
	}
	if again, _ := os.ReadFile(out); string(again) != string(text) {
		t.Errorf("the file grew:\n%s", again)
	}
}

// Files that are not the option's own are not touched; several servers have a block each.
func TestCertOutFile(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "fullchain.pem")
	if err := os.WriteFile(foreign, []byte("-----BEGIN CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		foreign:                            "was not written by --cert-out before",
		"-":                                "standard output is for the result",
		dir:                                "is a directory",
		filepath.Join(dir, "new"):          "",
		filepath.Join(dir, "not", "there"): "there is no folder",
	} {
		o := &Options{CertOut: name}
		if err := o.Prepare(); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	o := &Options{CertOut: filepath.Join(dir, "new")}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	for _, server := range []string{"a at 192.0.2.1:25", "b\n-----BEGIN at 192.0.2.2:25", "a at 192.0.2.1:25"} {
		if err := o.certOut.add(server, [][]byte{[]byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(o.CertOut)
	const block = "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n"
	want := certOutHead + "# a at 192.0.2.1:25\n" + block + "# b\\n-----BEGIN at 192.0.2.2:25\n" + block
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, text, want)
	}
}
