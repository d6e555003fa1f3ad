package fleet

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// Options say how to connect.
type Options struct {
	// URL is tls://HOST:PORT, or nats://HOST:PORT of this machine's loopback; several are
	// separated by commas.
	URL string
	// Name is that of the place or of who submits.
	Name string
	// Key is the user's nkey; the connection is its owner's. Nil is for a server of this
	// machine that asks nobody who he is.
	Key nkeys.KeyPair
	// Token joins: it binds the key to the name. It may be given again with the same key.
	Token *Token
	// Fingerprint is what Token.Fingerprint is, for later connections; nil for none.
	Fingerprint []byte
	// CAFile has the certificates that the server's is verified against, where there is no
	// fingerprint; empty for those of the system.
	CAFile string
	// Patient has Connect return a connection that is not made yet, and goes on being
	// tried, where the server cannot be reached or refuses.
	Patient bool
	// InProcess is a server in this process, in the place of the URL; nil for none.
	InProcess nats.InProcessConnProvider
	// Changed is called when the connection is made, lost (with why) or made again, and
	// when an attempt fails; nil for nobody.
	Changed func(connected bool, err error)
}

// InboxPrefix is what the inboxes of a place begin with, and none of another's.
func InboxPrefix(name string) string { return "_INBOX_" + name }

// defaultPort is that of NATS.
const defaultPort = "4222"

const (
	// connectWithin is how long one attempt may take, with TLS and the centre's answer.
	connectWithin = 10 * time.Second
	// refusedWithin is how long the centre takes at most to refuse somebody. The server itself
	// does when nobody has answered for five seconds.
	refusedWithin = 4 * time.Second
)

// Connect connects to the centre's server. A connection that is lost is made again, for ever,
// until the caller closes it; nothing that is published meanwhile is kept: it fails with
// nats.ErrReconnectBufExceeded.
func Connect(ctx context.Context, o Options) (*nats.Conn, error) {
	all, err := o.options()
	if err != nil {
		return nil, err
	}
	var servers []string
	if o.InProcess == nil {
		if servers, err = parseURLs(o.URL); err != nil {
			return nil, err
		}
	}
	type made struct {
		conn *nats.Conn
		err  error
	}
	result := make(chan made, 1)
	begin := time.Now()
	go func() {
		conn, err := nats.Connect(strings.Join(servers, ","), all...)
		result <- made{conn, err}
	}()
	select {
	case m := <-result:
		if errors.Is(m.err, nats.ErrAuthorization) && time.Since(begin) >= refusedWithin {
			return m.conn, o.unanswered()
		}
		return m.conn, o.explained(m.err)
	case <-ctx.Done():
		go func() {
			if m := <-result; m.conn != nil {
				m.conn.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

func (o Options) options() ([]nats.Option, error) {
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	all := []nats.Option{
		nats.Name(o.Name), nats.CustomInboxPrefix(InboxPrefix(o.Name)),
		nats.MaxReconnects(-1), nats.CustomReconnectDelay(pause), nats.IgnoreAuthErrorAbort(), nats.ReconnectBufSize(-1),
		nats.Timeout(connectWithin), nats.RetryOnFailedConnect(o.Patient), nats.PingInterval(HelloEvery), nats.MaxPingsOutstanding(2),
		func(n *nats.Options) error { n.TLSConfig = config; return nil },
	}
	if o.Key != nil {
		public, err := o.Key.PublicKey()
		if err != nil {
			return nil, err
		}
		all = append(all, nats.Nkey(public, o.Key.Sign))
		if o.Token != nil {
			all = append(all, nats.Token(o.Token.Proof(public)))
		}
	}
	if o.fingerprint() != nil {
		all = append(all, nats.IgnoreDiscoveredServers()) // one certificate is known, that of the server itself
	}
	if o.InProcess != nil {
		all = append(all, nats.InProcessServer(o.InProcess))
	}
	return append(all, o.handlers()...), nil
}

// handlers say how the connection is.
func (o Options) handlers() []nats.Option {
	changed := o.Changed
	if changed == nil {
		changed = func(bool, error) {}
	}
	var renewed atomic.Bool // the server ends a connection whose permissions have to be renewed
	return []nats.Option{
		nats.ConnectHandler(func(*nats.Conn) { changed(true, nil) }),
		nats.ReconnectHandler(func(*nats.Conn) { changed(true, nil) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if !renewed.Swap(false) {
				changed(false, o.explained(err))
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { changed(false, o.explained(err)) }),
		nats.ErrorHandler(func(c *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrAuthExpired) {
				renewed.Store(true)
				return
			}
			changed(c.IsConnected(), o.explained(err))
		}),
	}
}

// Streams returns the streams of the centre as who is connected has them: a member, or the centre
// itself and everybody at a server that asks nobody who he is.
func Streams(conn *nats.Conn) (jetstream.JetStream, error) {
	if conn.Opts.Name == Centre || conn.Opts.Nkey == "" {
		return jetstream.New(conn)
	}
	return jetstream.NewWithAPIPrefix(conn, API)
}

// pause is the time before another attempt: half a second, doubled up to eight, and up to as much
// again, so that those who lost the same server do not come back at the same moment.
func pause(attempts int) time.Duration {
	d := 500 * time.Millisecond << min(attempts, 4)
	return d + rand.N(d)
}

// CheckURL returns what is wrong with Options.URL, nil for nothing.
func CheckURL(text string) error {
	_, err := parseURLs(text)
	return err
}

// parseURLs reads the URLs. What would send anything in the open to another machine is an error.
func parseURLs(text string) (all []string, err error) {
	for one := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" || u.Hostname() == "" {
			return nil, fmt.Errorf("%q is no URL of a centre; tls://HOST:PORT would be right", strings.TrimSpace(one))
		}
		switch {
		case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
			return nil, fmt.Errorf("%q has more than a host and a port; tls://%s would be right", u.Redacted(), u.Host)
		case u.Scheme == "tls", u.Scheme == "nats" && loopback(u.Hostname()):
		case u.Scheme == "nats":
			return nil, fmt.Errorf("%q is another machine, and is reached with TLS only; tls://%s would be right", one, u.Host)
		default:
			return nil, fmt.Errorf("%q has the scheme %q; tls://%s would be right", one, u.Scheme, u.Host)
		}
		if u.Port() == "" {
			u.Host = net.JoinHostPort(u.Hostname(), defaultPort)
		}
		all = append(all, u.Scheme+"://"+u.Host)
	}
	return all, nil
}

// loopback reports whether a host is an address of this machine's loopback, not a name, which
// could lead anywhere.
func loopback(host string) bool { return net.ParseIP(host).IsLoopback() }

func (o Options) fingerprint() []byte {
	if o.Token != nil {
		return o.Token.Fingerprint
	}
	return o.Fingerprint
}

// tlsConfig is nil where no URL has TLS.
func (o Options) tlsConfig() (*tls.Config, error) {
	if !strings.Contains(o.URL, "tls:") {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	if want := o.fingerprint(); want != nil {
		c.InsecureSkipVerify = true // the key is held against the fingerprint, whatever its name
		c.VerifyConnection = func(s tls.ConnectionState) error { return verifyKey(s, want) }
		return c, nil
	}
	if o.CAFile == "" {
		return c, nil
	}
	text, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", o.CAFile)
	}
	return c, nil
}

// Fingerprint is the SHA-256 of a certificate's public key, as Token.Fingerprint.
func Fingerprint(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return sum[:]
}

var errOtherKey = errors.New("the server has another certificate than the token names: it is not the centre that the token is from, or that has made a new one; nothing was sent to it")

func verifyKey(s tls.ConnectionState, want []byte) error {
	if subtle.ConstantTimeCompare(Fingerprint(s.PeerCertificates[0]), want) != 1 {
		return errOtherKey
	}
	return nil
}

// ErrRefused: the centre does not admit who connects.
var ErrRefused = errors.New("the centre refuses this connection: the token is used, an hour old or for another name, or the place was revoked; ask for one by mailprobe fleet invite NAME, and the centre's log says which it is")

// unanswered says that nobody has told the server who may connect.
func (o Options) unanswered() error {
	return fmt.Errorf("the server at %s answers, and the centre behind it does not say who may connect: see whether mailprobe serve --fleet runs, and is connected to it", o.URL)
}

// explained adds to what NATS says who has to act, where that is known.
func (o Options) explained(err error) error {
	var unknown x509.UnknownAuthorityError
	var misnamed x509.HostnameError
	var unresolved *net.DNSError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errOtherKey):
		return errOtherKey
	case errors.Is(err, nats.ErrAuthorization):
		return ErrRefused
	case strings.HasSuffix(err.Error(), "got 'PING'"): // the server's, two seconds after it was asked
		return o.unanswered()
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fmt.Errorf("%w: a server that does not speak TLS is reached over nats://127.0.0.1 only", err)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("what listens at %s closes the connection: the server ends, or it is none of a fleet", o.URL)
	case errors.Is(err, nats.ErrNoInfoReceived):
		return fmt.Errorf("what listens at %s is no server of a fleet: see --fleet-listen of mailprobe serve --fleet for its address", o.URL)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, syscall.ECONNREFUSED): // what NATS makes of refused connections
		return fmt.Errorf("nothing listens at %s, or a firewall refuses the connection: see whether mailprobe serve --fleet, or its nats-server, runs there", o.URL)
	case !strings.Contains(o.URL, "tls://") && (errors.As(err, &unknown) || errors.As(err, &misnamed)):
		return fmt.Errorf("the server at %s speaks TLS; %s would be right", o.URL, strings.ReplaceAll(o.URL, "nats://", "tls://"))
	case errors.As(err, &unknown):
		return fmt.Errorf("the certificate of %s is of an authority that is not known here; --ca-file names its file", o.URL)
	case errors.As(err, &misnamed):
		return fmt.Errorf("the certificate of %s is for another name: %w", o.URL, misnamed)
	case errors.As(err, &unresolved):
		return fmt.Errorf("the name %s of the centre cannot be resolved: %s", unresolved.Name, unresolved.Err)
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%s does not answer within %s: a firewall drops the connection, the server is overloaded, or its centre does not run", o.URL, connectWithin)
	}
	return err
}
