package integration

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Each server shows each certificate, and the standard library finds in it
// the fault it is named after and no other.
func TestLabCertificates(t *testing.T) {
	needPostfix(t)
	for _, service := range []Service{SMTPS, POP3S, IMAPS} {
		for _, kind := range Certificates() {
			conn, err := net.Dial("tcp", lab.Addr(service, kind))
			if err != nil {
				t.Fatal(err)
			}
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			err = tls.Client(conn, trusting()).Handshake()
			conn.Close()
			if got := faultOf(err); got != kind {
				t.Errorf("%s with the certificate %s: %q (%v)", service, kind, got, err)
			}
		}
	}
}

// faultOf names the certificate that explains the outcome of a handshake.
func faultOf(err error) Certificate {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		return Good
	case errors.As(err, &invalid) && strings.Contains(err.Error(), "is after"):
		return Expired
	case errors.As(err, &invalid) && strings.Contains(err.Error(), "is before"):
		return NotYetValid
	case errors.As(err, &name):
		return WrongName
	case errors.As(err, &unknown) && unknown.Cert.Issuer.CommonName == unknown.Cert.Subject.CommonName:
		return SelfSigned
	case errors.As(err, &unknown):
		return UnknownIssuer
	}
	return "some other fault"
}

// Stop ends every process of the lab and removes its folder.
func TestLabStops(t *testing.T) {
	needPostfix(t)
	second, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if got := processesNaming(t, second.dir); len(got) == 0 {
		t.Error("no process names the lab's folder: the test is blind")
	}
	if err := second.Stop(); err != nil {
		t.Error(err)
	}
	for _, d := range second.daemons {
		if d.running() == nil {
			t.Errorf("%s still runs", d.name)
		}
	}
	if got := processesNaming(t, second.dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
	if _, err := os.Stat(second.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// processesNaming lists the processes whose command line or working folder
// has text in it: a Postfix daemon works in the queue folder, a Dovecot one
// in the base folder.
func processesNaming(t *testing.T, text string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `for p in /proc/[0-9]*; do
		echo "$p $(tr '\0' ' ' <$p/cmdline) $(readlink $p/cwd)"; done 2>/dev/null`).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}
