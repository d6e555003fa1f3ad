package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Mode says when there is to be TLS.
type Mode string

// The modes of --tls.
const (
	Auto     Mode = "auto"     // if the server offers it
	Require  Mode = "require"  // by STARTTLS or from the start, else the check fails
	Off      Mode = "off"      // never
	Implicit Mode = "implicit" // from the start
)

// Options say how to use TLS and how to begin a connection.
type Options struct {
	// TLS is when there is to be TLS; empty means Auto.
	TLS Mode
	// CAFile holds the certificates of the authorities to trust instead of the system's.
	CAFile string
	// ServerName is the name the certificate must be for; empty means the host's.
	ServerName string
	// Insecure accepts any certificate and only reports its faults; an old version of TLS or a
	// weak cipher is none of them.
	Insecure bool
	// MinVersion is the lowest good version of TLS, such as "1.2".
	MinVersion string
	// ClientCert and ClientKey are the files of a certificate to show the server.
	ClientCert, ClientKey string
	// WithoutTLS permits credentials on a connection that is not encrypted.
	WithoutTLS bool
	// Proxy is the version of the PROXY header to begin with: "v1", "v2" or empty.
	Proxy string

	roots       *x509.CertPool
	certificate []tls.Certificate
	minVersion  uint16
}

// Bind declares the flags of TLS.
func (o *Options) Bind(flags *pflag.FlagSet) {
	o.TLS = Auto
	flags.Var(&o.TLS, "tls", "when to use TLS: auto, require, off or implicit")
	flags.StringVar(&o.CAFile, "ca-file", "", "trust the authorities in this PEM `file` instead of the system's")
	flags.StringVar(&o.ServerName, "server-name", "", "the `name` that the certificate must be for, instead of the host's")
	flags.BoolVar(&o.Insecure, "insecure", false, "accept any certificate; its faults are told and have no effect")
	flags.StringVar(&o.MinVersion, "tls-min", "1.2", "the lowest good `version` of TLS: 1.0, 1.1, 1.2 or 1.3")
	flags.StringVar(&o.ClientCert, "client-cert", "", "show the server the certificate in this PEM `file`")
	flags.StringVar(&o.ClientKey, "client-key", "", "PEM `file` with the key of --client-cert")
}

// BindLogin declares the flag that permits credentials without TLS.
func (o *Options) BindLogin(flags *pflag.FlagSet) {
	flags.BoolVar(&o.WithoutTLS, "auth-without-tls", false, "send credentials even where the connection is not encrypted or the certificate is not good")
}

// BindProxy declares the flag of the PROXY header.
func (o *Options) BindProxy(flags *pflag.FlagSet) {
	flags.StringVar(&o.Proxy, "proxy-protocol", "", "begin with a PROXY header, `v1 or v2`, as a load balancer does")
}

// Set reads a mode.
func (m *Mode) Set(text string) error {
	modes := []Mode{Auto, Require, Off, Implicit}
	if !slices.Contains(modes, Mode(text)) {
		return fmt.Errorf("%q is none of %v", text, modes)
	}
	*m = Mode(text)
	return nil
}

// String returns the mode's word.
func (m *Mode) String() string { return string(*m) }

// Type names the value in a help text.
func (m *Mode) Type() string { return "MODE" }

// Prepare reads the files that the flags name and checks their values.
func (o *Options) Prepare() error {
	versions := map[string]uint16{"": tls.VersionTLS12, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	var ok bool
	if o.minVersion, ok = versions[o.MinVersion]; !ok {
		known := slices.Sorted(maps.Keys(versions))
		return fmt.Errorf("--tls-min %q is none of %s", o.MinVersion, strings.Join(known[1:], ", "))
	}
	if o.Proxy != "" && o.Proxy != "v1" && o.Proxy != "v2" {
		return fmt.Errorf("--proxy-protocol %q is neither v1 nor v2", o.Proxy)
	}
	if err := o.readRoots(); err != nil {
		return err
	}
	return o.readClientCertificate()
}

func (o *Options) readRoots() error {
	if o.CAFile == "" {
		return nil
	}
	text, err := os.ReadFile(o.CAFile)
	if err != nil {
		return fmt.Errorf("--ca-file: %w", err)
	}
	o.roots = x509.NewCertPool()
	if !o.roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("--ca-file: there is no PEM certificate in %s", o.CAFile)
	}
	return nil
}

func (o *Options) readClientCertificate() error {
	if o.ClientCert == "" && o.ClientKey == "" {
		return nil
	}
	if o.ClientCert == "" {
		return fmt.Errorf("--client-key needs --client-cert, too")
	}
	key := o.ClientKey
	if key == "" {
		key = o.ClientCert
	}
	cert, err := tls.LoadX509KeyPair(o.ClientCert, key)
	if err != nil {
		return fmt.Errorf("--client-cert: %w; both files must be PEM and belong together", err)
	}
	o.certificate = []tls.Certificate{cert}
	return nil
}
