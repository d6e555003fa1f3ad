package integration

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Packages are the Debian packages that hold the servers.
const Packages = "postfix dovecot-core dovecot-pop3d dovecot-imapd dovecot-lmtpd"

// ErrMissing is why Start started nothing: a server's program is not there,
// or Postfix is, but the user is not root.
var ErrMissing = errors.New("server missing")

// Lab is a running mail host.
type Lab struct {
	dir      string
	network  string // the first three numbers of its addresses
	ports    map[Service]int
	ca       *authority
	users    []User
	tight    User
	hashed   User
	single   []User
	used     atomic.Int32
	tokenKey []byte
	daemons  []*daemon
	greylist *greylist

	usedSingle atomic.Int32
}

// Start starts a lab and waits until each of its services takes connections.
// It runs Dovecot alone, and then returns a lab and an ErrMissing, where only
// Postfix cannot be run.
func Start() (*Lab, error) {
	if _, err := os.Stat(dovecotProgram); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMissing, err)
	}
	l, err := prepare(ownLoopback())
	if err == nil {
		err = l.startDovecot()
	}
	missing := postfixMissing()
	if err == nil && missing == nil {
		err = errors.Join(l.startPostfix(), l.startRelay())
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, l.Logs())
		l.Stop()
		return nil, err
	}
	return l, missing
}

// ownLoopback returns the network of a lab at the loopback of this machine.
func ownLoopback() string {
	n := make([]byte, 2)
	rand.Read(n)
	return fmt.Sprintf("127.%d.%d", 1+n[0]%254, n[1])
}

// prepare makes the folder, the certificates and the accounts of a lab in a network, such as
// 127.1.2, whose addresses the machine has.
func prepare(network string) (*Lab, error) {
	l := &Lab{network: network, users: makeUsers(), tokenKey: []byte(rand.Text()), ports: map[Service]int{}}
	l.tight, l.hashed = newUser(tightUser), newUser(hashedUser)
	for _, name := range singleUsers {
		l.single = append(l.single, newUser(name))
	}
	dir, err := os.MkdirTemp("", "mailprobe-lab-")
	if err != nil {
		return l, err
	}
	l.dir = dir
	if err := os.Chmod(dir, 0o755); err != nil { // the servers' own users walk through it
		return l, err
	}
	if err := l.pickPorts(); err != nil {
		return l, err
	}
	l.ca, err = issueAll(dir, l.ip)
	return l, err
}

// pickPorts finds a free port for each service. The network is the lab's own,
// so nobody takes them before the servers do.
func (l *Lab) pickPorts() error {
	for _, s := range slices.Concat(postfixServices(), relayServices(), dovecotServices(), []Service{Exim}) {
		listener, err := net.Listen("tcp", net.JoinHostPort(l.Host(Good), "0"))
		if err != nil {
			return err
		}
		defer listener.Close() // only at the end, so that no port comes twice
		l.ports[s] = listener.Addr().(*net.TCPAddr).Port
	}
	return nil
}

func (l *Lab) ip(c Certificate) net.IP { return net.ParseIP(l.Host(c)) }

// Host is the address where the servers show the certificate c.
func (l *Lab) Host(c Certificate) string {
	return fmt.Sprintf("%s.%d", l.network, 1+slices.Index(Certificates(), c))
}

// Port is the port of the service s, the same at every address.
func (l *Lab) Port(s Service) string { return strconv.Itoa(l.ports[s]) }

// Addr is where the service s answers, with the certificate c.
func (l *Lab) Addr(s Service, c Certificate) string {
	return net.JoinHostPort(l.Host(c), l.Port(s))
}

// Limited is the address where Dovecot lets an account have one session at a time of
// each protocol, with the certificate Good.
func (l *Lab) Limited() string { return l.network + ".253" }

// LimitedAddr is where a service of Dovecot answers at Limited.
func (l *Lab) LimitedAddr(s Service) string { return net.JoinHostPort(l.Limited(), l.Port(s)) }

// CAFile holds, in PEM, the certificate of the authority to trust.
func (l *Lab) CAFile() string { return filepath.Join(l.dir, "ca.crt") }

// ClientCertificate names the files of a certificate that ClientCert takes, and
// of its key.
func (l *Lab) ClientCertificate() (cert, key string) {
	return filepath.Join(l.dir, "client.crt"), filepath.Join(l.dir, "client.key")
}

// Roots is the authority to trust as a pool.
func (l *Lab) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(l.ca.cert)
	return pool
}

// Logs is the end of what the servers logged.
func (l *Lab) Logs() string {
	var text string
	for _, d := range l.daemons {
		text += "--- " + d.name + "\n" + d.logTail()
	}
	return text
}

// Stop ends the servers and removes everything they wrote.
func (l *Lab) Stop() error {
	var ending sync.WaitGroup
	for _, d := range l.daemons {
		ending.Go(d.stop)
	}
	ending.Wait()
	l.daemons = nil
	if l.greylist != nil {
		l.greylist.stop()
	}
	return os.RemoveAll(l.dir)
}

// await polls until d takes connections for each of services.
func (l *Lab) await(d *daemon, services []Service) error {
	deadline := time.Now().Add(10 * time.Second)
	for _, s := range services {
		for {
			c, err := net.DialTimeout("tcp", l.Addr(s, Good), time.Second)
			if err == nil {
				c.Close()
				break
			}
			if dead := d.running(); dead != nil {
				return dead
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s is not ready: %w", d.name, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}
