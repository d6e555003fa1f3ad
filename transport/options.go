package transport

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"time"

	"mailprobe/probe"
)

// Mode says when to use TLS.
type Mode string

// The modes of --tls.
const (
	Auto     Mode = "auto"     // if the server offers it
	Require  Mode = "require"  // by STARTTLS or from the start, else the check fails
	Off      Mode = "off"      // never
	Implicit Mode = "implicit" // from the start
	DANE     Mode = "dane"     // as Require, with a certificate that a TLSA record matches
)

// Options say how to use TLS and how to begin a connection.
type Options struct {
	// TLS is when to use TLS; empty means Auto.
	TLS Mode
	// CAFile holds the certificates of the authorities to trust instead of the system's.
	CAFile string
	// ServerName is the name the certificate must be for; empty means the host's.
	ServerName string
	// SNI is the name to send in the handshake, if it is not the one above.
	SNI Indication
	// Insecure accepts any certificate and only reports its faults; an old version of TLS or a
	// weak cipher is none of them.
	Insecure bool
	// MinVersion is the lowest good version of TLS, such as "1.2".
	MinVersion string
	// MaxVersion is the highest version of TLS to offer, empty for Go's highest.
	MaxVersion string
	// Ciphers are the only suites to offer, and no TLS 1.3 with them; Curves are the only
	// groups for the key exchange. Without any Go's are offered.
	Ciphers CipherSuites
	Curves  KeyExchanges
	// CertOut is the file to write the certificates to that servers show, empty for none.
	CertOut string
	// Versions asks which versions of TLS the server accepts.
	Versions bool
	// ClientCert and ClientKey are the files of a certificate to show the server.
	ClientCert, ClientKey string
	// WithoutTLS permits credentials on a connection that is not encrypted.
	WithoutTLS bool
	// Proxy is the version of the PROXY header to begin with: "v1", "v2" or empty.
	Proxy string
	// ConnectTimeout bounds how long connecting may take; 0 for the time of a step.
	ConnectTimeout time.Duration
	// DANE verifies the certificate by the server's TLSA records, and goes on if there are
	// none.
	DANE bool
	// Anchors is the file of the DNSSEC keys to trust instead of the root's.
	Anchors string
	// Enforced asks on a connection of its own whether the server demands TLS.
	Enforced bool
	// Handshaken is called with the state of each connection whose TLS handshake has
	// succeeded, before it is judged; nil for nothing.
	Handshaken func(*tls.ConnectionState)

	roots       *x509.CertPool
	certificate []tls.Certificate
	minVersion  uint16
	maxVersion  uint16 // 0 for Go's highest
	verified    *verified
	certOut     *certOut // nil for none
}

// Declare returns the options of TLS. more are modes besides those of every protocol.
func (o *Options) Declare(more ...Mode) []probe.Option {
	o.TLS, o.MinVersion = Auto, "1.2"
	modes := modes(more)
	return probe.Under("TLS",
		probe.Option{Name: "tls", Type: probe.TypeChoice, Value: &o.TLS, Choices: modes, Word: "MODE", Usage: "when to use TLS: " + strings.Join(modes[:len(modes)-1], ", ") + " or " + modes[len(modes)-1]},
		probe.Option{Name: "ca-file", Type: probe.TypeFile, Value: &o.CAFile, Usage: "trust the authorities in this PEM `file` instead of the system's"},
		probe.Option{Name: "server-name", Value: &o.ServerName, Usage: "the `name` that the certificate must be for, instead of the host's"},
		probe.Option{Name: "sni", Value: &o.SNI, Word: "name", Usage: "the name to send in the TLS handshake, none for none, instead of the one that the certificate must be for"},
		probe.Option{Name: "insecure", Type: probe.TypeBool, Value: &o.Insecure, Usage: "report faults of the certificate but do not let them affect the verdict"},
		probe.Option{Name: "tls-min", Type: probe.TypeChoice, Value: &o.MinVersion, Choices: versionNames(), Usage: "the lowest good `version` of TLS: 1.0, 1.1, 1.2 or 1.3"},
		probe.Option{Name: "tls-max", Type: probe.TypeChoice, Value: &o.MaxVersion, Choices: versionNames(), Usage: "the highest `version` of TLS to offer"},
		probe.Option{Name: "tls-ciphers", List: true, Value: &o.Ciphers, Word: "names", Usage: "offer only these cipher suites, by Go's or OpenSSL's names, and no TLS 1.3"},
		probe.Option{Name: "tls-curves", List: true, Value: &o.Curves, Word: "names", Usage: "offer only these groups for the key exchange, such as X25519,P-256"},
		probe.Option{Name: "client-cert", Credential: true, Type: probe.TypeFile, Value: &o.ClientCert, Usage: "show the server the certificate in this PEM `file`"},
		probe.Option{Name: "client-key", Credential: true, Type: probe.TypeFile, Value: &o.ClientKey, Usage: "PEM `file` with the key of --client-cert"})
}

// DeclareInspection returns the options that show more of a server's TLS than a session
// needs.
func (o *Options) DeclareInspection() []probe.Option {
	return probe.Under("TLS",
		probe.Option{Name: "tls-versions", Type: probe.TypeBool, Value: &o.Versions, Usage: "find out which versions of TLS the server accepts, by a connection for each"},
		probe.Option{Name: "cert-out", Type: probe.TypeFile, Writes: true, Value: &o.CertOut, Usage: "write the certificates that servers show to this PEM `file`"})
}

// DeclareLogin returns the option that permits credentials without TLS.
func (o *Options) DeclareLogin() []probe.Option {
	return probe.Under("log-in", probe.Option{Name: "auth-without-tls", Type: probe.TypeBool, Value: &o.WithoutTLS,
		Usage: "send credentials even where the connection is not encrypted or the certificate is not good"})
}

// DeclareProxy returns the option of the PROXY header.
func (o *Options) DeclareProxy() []probe.Option {
	return []probe.Option{{Name: "proxy-protocol", Type: probe.TypeChoice, Value: &o.Proxy, Choices: []string{"v1", "v2"},
		Usage: "begin with a PROXY header, `v1 or v2`, as a load balancer does"}}
}

// modes returns the words for the modes of every protocol, and for more.
func modes(more []Mode) (words []string) {
	for _, m := range append([]Mode{Auto, Require, Off, Implicit}, more...) {
		words = append(words, string(m))
	}
	return words
}

// Set implements probe.Value.
func (m *Mode) Set(text string) error {
	*m = Mode(text)
	return nil
}

// String returns the mode's word.
func (m *Mode) String() string { return string(*m) }

// Prepare reads the files that the flags name and checks their values.
func (o *Options) Prepare() error {
	o.verified = &verified{}
	if err := o.prepareVersions(); err != nil {
		return err
	}
	if err := o.prepareOffer(); err != nil {
		return err
	}
	if o.Proxy != "" && o.Proxy != "v1" && o.Proxy != "v2" {
		return probe.OptionErrorf("%s: %q is neither v1 nor v2", probe.OptionName("proxy-protocol"), o.Proxy)
	}
	if err := o.readRoots(); err != nil {
		return err
	}
	if err := o.prepareCertOut(); err != nil {
		return err
	}
	return o.readClientCertificate()
}

// Roots returns the authorities of CAFile once Prepare has read them, nil for the
// system's.
func (o *Options) Roots() *x509.CertPool { return o.roots }

func (o *Options) readRoots() error {
	if o.CAFile == "" {
		return nil
	}
	text, err := os.ReadFile(o.CAFile)
	if err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("ca-file"), probe.NoFile(o.CAFile, err))
	}
	o.roots = x509.NewCertPool()
	if !o.roots.AppendCertsFromPEM(text) {
		return probe.OptionErrorf("%s: %s has no PEM certificate", probe.OptionName("ca-file"), o.CAFile)
	}
	return nil
}

func (o *Options) readClientCertificate() error {
	if o.ClientCert == "" && o.ClientKey == "" {
		return nil
	}
	if o.ClientCert == "" {
		return probe.OptionErrorf("%s needs %s, too", probe.OptionName("client-key"), probe.OptionName("client-cert"))
	}
	key := o.ClientKey
	if key == "" {
		key = o.ClientCert
	}
	text, err := os.ReadFile(o.ClientCert)
	if err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("client-cert"), probe.NoFile(o.ClientCert, err))
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return probe.OptionErrorf("%s: %s has no PEM certificate", probe.OptionName("client-cert"), o.ClientCert)
	}
	cert, err := tls.LoadX509KeyPair(o.ClientCert, key)
	if err != nil {
		return probe.OptionErrorf("%s: %w; both files must be PEM and belong together", probe.OptionName("client-cert"), err)
	}
	o.certificate = []tls.Certificate{cert}
	return nil
}
