package agent

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// FileName is where the owner's settings are looked for where no file is named.
const FileName = "/etc/mailprobe/agent.yaml"

// maxFile bounds the owner's settings, in bytes.
const maxFile = 1 << 20

// Config are the owner's settings.
type Config struct {
	// Join is the URL of the centre, TokenFile the file with the token of the invitation, and
	// CAFile the certificates by which the server is verified, each empty for none.
	Join, TokenFile, CAFile string
	// Rules are what the centre may ask for.
	Rules Rules
	// Credentials are where the secrets are that checks name, by their names.
	Credentials map[string]Source
	// TestHosts are the mail servers, HOST or HOST:PORT, by which the agent finds out whether
	// connections to port 25 get out; none for exchangers of big providers.
	TestHosts []string
}

// Source is where a secret is: in the first line of a file, or an environment variable.
type Source struct {
	File, Env string
	// Hosts are those that it may be sent to.
	Hosts []string
}

// LoadConfig reads the owner's settings from a file; from FileName, where there is one, if none
// is named. The error says all that is wrong with it.
func LoadConfig(name string, kinds []probe.Kind) (*Config, error) {
	return loadConfig(cmp.Or(name, FileName), name != "", kinds)
}

// loadConfig reads the settings from a file, which may be missing where it was not given.
func loadConfig(name string, given bool, kinds []probe.Kind) (*Config, error) {
	text, _, err := atomicfile.Read(name, maxFile)
	switch {
	case !given && errors.Is(err, fs.ErrNotExist):
		return &Config{Rules: defaultRules(kinds)}, nil
	case err != nil:
		return nil, err
	}
	c, problems := ParseConfig(name, text, kinds)
	if len(problems.Errors()) > 0 {
		return nil, problems.Errors()
	}
	return c, nil
}

// ParseConfig reads the text of the owner's settings. They can be used only where no problem is
// an error.
func ParseConfig(name string, text []byte, kinds []probe.Kind) (*Config, settings.Problems) {
	document, top := settings.Parse(name, text)
	r := &reader{Document: document, kinds: kinds, config: &Config{Rules: defaultRules(kinds), Credentials: map[string]Source{}}}
	if !top.IsZero() {
		r.Read(top, "the file", r.fields(), nil, nil)
	}
	return r.config, r.Problems
}

// reader reads the owner's settings.
type reader struct {
	*settings.Document
	kinds  []probe.Kind
	config *Config
}

func (r *reader) fields() []settings.Field {
	c := r.config
	file := func(into *string) settings.Reader {
		return func(at settings.Pair) {
			if text, ok := r.Text(at.Value, at.Name); ok {
				*into = r.Beside(text)
			}
		}
	}
	return []settings.Field{
		{Name: "join", About: "the URL of the centre, tls://HOST:PORT", Into: &c.Join},
		{Name: "token_file", About: "the file with the token of the invitation", Into: file(&c.TokenFile)},
		{Name: "ca_file", About: "the certificates by which the centre's server is verified, in PEM form", Into: file(&c.CAFile)},
		{Name: "allow", About: "what the centre may ask for", Into: r.readAllow},
		{Name: "credentials", About: "where the secrets are that checks name", Into: r.readCredentials},
		{Name: "test_hosts", About: "mail servers by which the agent finds out whether port 25 gets out", Into: r.readTestHosts},
	}
}

func (r *reader) readAllow(at settings.Pair) {
	rules := &r.config.Rules
	r.Read(at.Value, "allow", []settings.Field{
		{Name: "kinds", About: "the kinds of checks", Into: r.readKinds},
		{Name: "networks", About: "the addresses: public, and ranges such as 10.0.0.0/8", Into: r.readNetworks},
		{Name: "ports", About: "the ports, such as 25 and 2000-2100", Into: r.readPorts},
		{Name: "rate", About: "how many sessions begin in a second at most", Into: r.rate(&rules.Rate)},
		{Name: "rate_per_host", About: "how many of them with one host", Into: r.rate(&rules.HostRate)},
	}, nil, nil)
}

func (r *reader) readKinds(at settings.Pair) {
	var names []string
	for _, k := range r.kinds {
		names = append(names, k.Name)
	}
	r.config.Rules.Kinds = nil
	r.each(at, func(n settings.Node, text string) error {
		if !slices.Contains(names, text) {
			return fmt.Errorf("there is no kind %q; %s", text, settings.Meant(text, names))
		}
		r.config.Rules.Kinds = append(r.config.Rules.Kinds, text)
		return nil
	})
}

func (r *reader) readNetworks(at settings.Pair) {
	rules := &r.config.Rules
	rules.Public, rules.Networks = false, nil
	r.each(at, func(_ settings.Node, text string) error {
		if text == "public" {
			rules.Public = true
			return nil
		}
		prefix, err := parsePrefix(text)
		rules.Networks = append(rules.Networks, prefix)
		return err
	})
}

// parsePrefix reads a range of addresses, or one address.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" && !addr.Is4In6() {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return prefix, fmt.Errorf("%q is no range of addresses such as 10.0.0.0/8 or 2001:db8::/32, and not public", text)
	case prefix != prefix.Masked():
		return prefix, fmt.Errorf("%q has bits beyond its length; %s would be the range", text, prefix.Masked())
	}
	return prefix, nil
}

func (r *reader) readPorts(at settings.Pair) {
	r.config.Rules.Ports = nil
	r.each(at, func(_ settings.Node, text string) error {
		ports, err := parsePorts(text)
		r.config.Rules.Ports = append(r.config.Rules.Ports, ports)
		return err
	})
}

// parsePorts reads PORT or FIRST-LAST.
func parsePorts(text string) (p Ports, err error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, errFrom := strconv.ParseUint(first, 10, 16)
	to, errTo := strconv.ParseUint(last, 10, 16)
	if errFrom != nil || errTo != nil || from == 0 || from > to {
		return p, fmt.Errorf("%q is no port from 1 to 65535, and no range such as 2000-2100", text)
	}
	return Ports{uint16(from), uint16(to)}, nil
}

// each reads the texts of a list, of which there is at least one.
func (r *reader) each(at settings.Pair, read func(settings.Node, string) error) {
	items := at.Value.Items()
	if len(items) == 0 {
		r.Fault(at.Value, "%s permits nothing; leave it out for what is permitted without it", at.Name)
	}
	for _, n := range items {
		if text, ok := r.Text(n, at.Name); ok {
			if err := read(n, text); err != nil {
				r.Fault(n, "%s: %v", at.Name, err)
			}
		}
	}
}

// rate reads a number of things a second.
func (r *reader) rate(into *float64) settings.Reader {
	return func(at settings.Pair) {
		text, ok := r.Text(at.Value, at.Name)
		if !ok {
			return
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n >= 0.001 && n <= 10000) {
			r.Fault(at.Value, "%s is a number of sessions a second, from 0.001 to 10000, such as 5", at.Name)
			return
		}
		*into = n
	}
}

func (r *reader) readCredentials(at settings.Pair) {
	for _, each := range r.Pairs(at.Value, "credentials") {
		name, source := each.Key.Written(), Source{}
		r.Read(each.Value, "credential "+name, []settings.Field{
			{Name: "file", About: "the file with the secret in its first line", Into: func(at settings.Pair) {
				if text, ok := r.Text(at.Value, "file"); ok {
					source.File = r.Beside(text)
				}
				r.WarnOfSecret(settings.Pair{Name: "password_file", Key: at.Key, Value: at.Value})
			}},
			{Name: "hosts", About: "the hosts that it may be sent to", Into: &source.Hosts},
			{Name: "env", About: "the environment variable with the secret", Into: &source.Env},
		}, nil, nil)
		if (source.File == "") == (source.Env == "") {
			r.Fault(each.Key, "credential %s has either file: or env:", name)
		}
		if len(source.Hosts) == 0 {
			r.Fault(each.Key, "credential %s has no hosts: without them the centre could have it sent anywhere; hosts: [mail.example.org] would be right", name)
		}
		r.config.Credentials[name] = source
	}
}

func (r *reader) readTestHosts(at settings.Pair) {
	r.each(at, func(_ settings.Node, text string) error {
		host, port := text, defaultTestPort
		if strings.Contains(text, ":") && net.ParseIP(text) == nil {
			var err error
			if host, port, err = net.SplitHostPort(text); err != nil {
				return fmt.Errorf("%q is not HOST, HOST:PORT or [IPV6]:PORT", text)
			}
		}
		if _, err := parsePorts(port); err != nil || host == "" || strings.ContainsAny(host, "/ @\t") || strings.Contains(port, "-") {
			return fmt.Errorf("%q is not HOST, HOST:PORT or [IPV6]:PORT", text)
		}
		r.config.TestHosts = append(r.config.TestHosts, net.JoinHostPort(host, port))
		return nil
	})
}

// Check returns what is wrong with the credentials: a file that cannot be read.
func (c *Config) Check() error {
	for name, source := range c.Credentials {
		if _, err := source.read(); err != nil {
			return fmt.Errorf("credential %s: %w", name, err)
		}
	}
	return nil
}

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 64 << 10

// read returns the secret.
func (s Source) read() (string, error) {
	text := os.Getenv(s.Env)
	if s.File != "" {
		all, _, err := atomicfile.Read(s.File, maxSecret)
		if err != nil {
			return "", err
		}
		text = string(all)
	}
	first, _, _ := strings.Cut(text, "\n")
	if first = strings.TrimSuffix(first, "\r"); first == "" {
		return "", fmt.Errorf("%s is empty", s.where())
	}
	return first, nil
}

func (s Source) where() string {
	if s.File != "" {
		return "the first line of " + s.File
	}
	return "the environment variable " + s.Env
}
