package transport

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	"mailprobe/probe"
)

// What this side offers in the handshake, where that is less than it could.

// versions are those of crypto/tls, the oldest first. SSL 3.0 and older ones are beyond it.
var versions = []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}

// versionNames returns the versions in the form of --tls-min.
func versionNames() (names []string) {
	for _, v := range versions {
		names = append(names, shortVersion(v))
	}
	return names
}

// prepareVersions reads the lowest good and the highest version.
func (o *Options) prepareVersions() error {
	names := versionNames()
	read := func(name string, text string) (uint16, error) {
		if i := slices.Index(names, text); i >= 0 {
			return versions[i], nil
		}
		return 0, probe.OptionErrorf("%s: %q is none of %s", probe.OptionName(name), text, strings.Join(names, ", "))
	}
	var err error
	if o.minVersion, err = read("tls-min", cmp.Or(o.MinVersion, "1.2")); err != nil || o.MaxVersion == "" {
		return err
	}
	if o.maxVersion, err = read("tls-max", o.MaxVersion); err != nil || o.maxVersion >= o.minVersion {
		return err
	}
	return probe.OptionErrorf("%s=%s is below %s=%s, so no version would be good: add %[3]s=%[2]s",
		probe.OptionName("tls-max"), o.MaxVersion, probe.OptionName("tls-min"), shortVersion(o.minVersion))
}

// prepareOffer checks the suites, groups and versions against each other. Go adds the
// suites of TLS 1.3 to any choice, so with one it is not offered: the server would take
// one of those.
func (o *Options) prepareOffer() error {
	ciphers, curves := probe.OptionName("tls-ciphers"), probe.OptionName("tls-curves")
	switch {
	case o.Versions && o.TLS == Off:
		return probe.OptionErrorf("%s has nothing to ask for with %s=off", probe.OptionName("tls-versions"), probe.OptionName("tls"))
	case len(o.Ciphers) > 0 && o.minVersion > tls.VersionTLS12:
		return probe.OptionErrorf("%s names suites of TLS 1.2 and below, and Go's TLS does not let one choose those of 1.3: leave it out, or %s=1.3", ciphers, probe.OptionName("tls-min"))
	case len(o.Ciphers) > 0 && o.maxVersion > tls.VersionTLS12:
		return probe.OptionErrorf("%s names suites of TLS 1.2 and below, and Go's TLS does not let one choose those of 1.3: leave it out, or %s=1.3", ciphers, probe.OptionName("tls-max"))
	case len(o.Ciphers) > 0:
		o.maxVersion = cmp.Or(o.maxVersion, tls.VersionTLS12)
	}
	if o.maxVersion != 0 && o.maxVersion < tls.VersionTLS13 && len(o.Curves) > 0 && len(o.Curves.classic()) == 0 {
		return probe.OptionErrorf("%s: %s is for TLS 1.3, which is not offered: add X25519 or P-256", curves, o.Curves.String())
	}
	return nil
}

// PrepareRepeat returns an error if each of several sessions would ask for versions: that
// takes three connections more a session, and the answer is the same.
func (o *Options) PrepareRepeat(p *probe.Options) error {
	if o.Versions && p.Repeat > 1 {
		return probe.OptionErrorf("%s asks with three connections, and %s would have every session do so: ask with one of them at a time",
			probe.OptionName("tls-versions"), probe.OptionName(probe.RepeatStep))
	}
	return nil
}

// isRestricted reports whether the user has this side offer less than it could.
func (o *Options) isRestricted() bool {
	return o.MaxVersion != "" || len(o.Ciphers) > 0 || len(o.Curves) > 0
}

// restrictions lists the options by which this side offers less.
func (o *Options) restrictions() string {
	var set []string
	for name, is := range map[string]bool{"--tls-max": o.MaxVersion != "", "--tls-ciphers": len(o.Ciphers) > 0, "--tls-curves": len(o.Curves) > 0} {
		if is {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return strings.Join(set, " and ")
}

// config accepts every certificate and, unless the user chose, every version and cipher;
// they are judged after the handshake. With nil curves Go's are used.
func (l *Link) config(curves []tls.CurveID) *tls.Config {
	l.asked, l.shown = false, nil
	suites := allSuites()
	if len(l.options.Ciphers) > 0 {
		suites = l.options.Ciphers
	}
	return &tls.Config{
		ServerName:           l.indicated(),
		InsecureSkipVerify:   true,
		MinVersion:           tls.VersionTLS10,
		MaxVersion:           l.options.maxVersion,
		CipherSuites:         suites,
		CurvePreferences:     curves,
		GetClientCertificate: l.clientCertificate,
		VerifyPeerCertificate: func(shown [][]byte, _ [][]*x509.Certificate) error {
			l.shown = shown
			return nil
		},
	}
}

// indicated returns the name to send in the handshake, empty for none.
func (l *Link) indicated() string {
	if l.options.SNI.set {
		return l.options.SNI.name
	}
	return l.serverName()
}

// shorter returns the groups for a ClientHello that fits into one packet; ok is false where
// the first one was as short.
func (o *Options) shorter() (curves []tls.CurveID, ok bool) {
	if o.maxVersion != 0 && o.maxVersion < tls.VersionTLS13 {
		return nil, false
	}
	if len(o.Curves) == 0 {
		return classicCurves, true
	}
	curves = o.Curves.classic()
	return curves, len(curves) > 0 && len(curves) < len(o.Curves)
}
