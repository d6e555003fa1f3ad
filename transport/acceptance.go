package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

// VersionsStep is the name of the step that asks which versions of TLS a server accepts.
const VersionsStep = "tls-versions"

// pause is the time between two connections that ask for a version: no server takes one
// client with a few connections a second for an attack.
const pause = 300 * time.Millisecond

// acceptance is whether a server accepts a version of TLS.
type acceptance struct {
	version  uint16
	accepted bool
	refused  bool
	// hungUp is set if the server closed the connection in the handshake, on a port where it
	// closes connections that it does not want as well.
	hungUp bool
	// failure is why it is not known, if neither accepted nor refused.
	failure *probe.Failure
}

// wantsVersions reports whether to ask for versions: not where the session did not come as
// far as TLS, for reasons that other connections would meet too.
func (l *Link) wantsVersions() bool { return l.options.Versions && l.shook && l.ctx.Err() == nil }

// askVersions is the step that finds out which versions of TLS the server accepts: by a
// connection for each but the one that the session had, one after the other.
func (l *Link) askVersions(s *probe.Step, goodbye Step) error {
	var had uint16
	if l.Conn.TLS() != nil {
		had = l.Conn.TLS().Version
	}
	var all []acceptance
	for i, version := range versions {
		a := acceptance{version: version, accepted: version == had}
		if !a.accepted {
			a = l.askVersion(version, len(versions)-i, goodbye)
		}
		all = append(all, a)
	}
	l.concludeVersions(s, all)
	return nil
}

// concludeVersions reports what was found. That a server hung up means a refusal if it
// answered a later connection.
func (l *Link) concludeVersions(s *probe.Step, all []acceptance) {
	answered := false
	for i := len(all) - 1; i >= 0; i-- {
		all[i].refused = all[i].refused || all[i].hungUp && answered
		answered = answered || all[i].accepted || all[i].refused
	}
	accepted := named(all, func(a acceptance) bool { return a.accepted })
	refused := named(all, func(a acceptance) bool { return a.refused })
	unknown := named(all, func(a acceptance) bool { return !a.accepted && !a.refused })
	if len(accepted) > 0 || len(unknown) == 0 {
		s.Learn(probe.Text("tls_versions", cmp.Or(strings.Join(accepted, " "), "none")).As(probe.Label))
		s.Say("it accepts " + spoken(accepted))
	}
	if len(refused) > 0 {
		s.Say("it refuses " + spoken(refused))
	}
	if len(unknown) > 0 {
		s.Learn(probe.Text("tls_versions_unknown", strings.Join(unknown, " ")))
	}
	if old := named(all, func(a acceptance) bool { return a.accepted && a.version < l.options.minVersion }); len(old) > 0 {
		s.RaiseFor(CauseOldVersionAccepted, "the server accepts "+spoken(old)+" from clients that have no newer version")
	}
	raiseUnknown(s, all)
}

// raiseUnknown says of which versions it is not known whether the server accepts them, once
// for each reason.
func raiseUnknown(s *probe.Step, all []acceptance) {
	reason := func(a acceptance) string {
		if a.accepted || a.refused {
			return ""
		}
		return a.failure.Err.Error()
	}
	for i, first := range all {
		why := reason(first)
		if why == "" || slices.ContainsFunc(all[:i], func(a acceptance) bool { return reason(a) == why }) {
			continue
		}
		same := named(all, func(a acceptance) bool { return reason(a) == why })
		s.RaiseFor(first.failure.Cause.As(probe.Unknown), "whether it accepts "+spoken(same)+" is not known: "+why, first.failure.Also...)
	}
}

// named returns the names of the versions that are so.
func named(all []acceptance, are func(acceptance) bool) (names []string) {
	for _, a := range all {
		if are(a) {
			names = append(names, shortVersion(a.version))
		}
	}
	return names
}

// spoken lists versions in a sentence.
func spoken(names []string) string {
	if len(names) == 0 {
		return "none of TLS 1.0 to 1.3"
	}
	last := len(names) - 1
	if last == 0 {
		return "TLS " + names[0]
	}
	return "TLS " + strings.Join(names[:last], ", ") + " and " + names[last]
}

// askVersion asks for one version on a connection of its own, in its share of the time that
// is left for the given number of them.
func (l *Link) askVersion(version uint16, left int, goodbye Step) acceptance {
	session, broken := l.Conn, l.broken
	defer func() { l.Conn, l.broken = session, broken }()
	a := acceptance{version: version}
	probe.Pause(l.ctx, pause)
	ctx, cancel := context.WithTimeout(l.ctx, l.probe.StepTimeout(l.ctx)/time.Duration(left))
	defer cancel()
	limit, _ := ctx.Deadline()
	if a.failure = l.connectAgain(ctx, limit, version); a.failure != nil {
		return a
	}
	defer l.Close()
	config := l.config(nil)
	config.MinVersion, config.MaxVersion, config.CipherSuites = version, version, allSuites()
	err := l.Conn.StartTLS(config)
	if err == nil {
		a.accepted = true
		l.leave(goodbye)
		return a
	}
	switch {
	case len(l.shown) > 0: // it agreed, and wants something else
		a.accepted = true
	case refusesVersion(err):
		a.refused = true
	case errors.Is(err, wire.ErrClosed), isReset(err):
		a.refused, a.hungUp = !l.Implicit(), l.Implicit()
	}
	a.failure = failureOf(l.explainHandshake(err))
	return a
}

// leave says goodbye in a session that has come as far as TLS, unless it begins with it and
// the server has yet to speak.
func (l *Link) leave(goodbye Step) {
	if l.Implicit() {
		return
	}
	l.Conn.SetTimeout(min(patience, l.probe.StepTimeout(l.ctx)))
	_ = goodbye.Do(&probe.Step{Name: goodbye.Name})
}

// connectAgain opens a connection, up to the server's consent to TLS.
func (l *Link) connectAgain(ctx context.Context, limit time.Time, version uint16) *probe.Failure {
	begin := time.Now()
	socket, err := l.probe.DialContext(ctx, "tcp", l.Target.AddrPort(l.address))
	if err != nil {
		a := l.explainDial(err, l.address, time.Since(begin))
		return &probe.Failure{Cause: a.cause, Err: errors.New(a.text)}
	}
	l.Result.Transcript.Record(wire.Comment, "connected again, to offer "+tls.VersionName(version)+" alone")
	l.Conn = wire.NewConn(l.ctx, socket, l.Result.Transcript)
	l.Conn.SetTimeout(time.Until(limit))
	if err = l.sendProxyHeader(); err == nil && !l.Implicit() && l.Preamble != nil {
		err = l.Preamble()
	}
	if err == nil {
		return nil
	}
	l.Close()
	const first = "greeting"
	return failureOf(l.Broken(first, l.Judge(&probe.Step{Name: first}, err)))
}

// failureOf returns the cause of an error, an unclear one if it has none.
func failureOf(err error) *probe.Failure {
	f := new(probe.Failure)
	if errors.As(err, &f) && f.Cause != nil {
		return f
	}
	return &probe.Failure{Cause: CauseTLSUnclear, Err: err}
}

// refusesVersion reports whether a handshake failed as the server does not want the version
// that was offered. Servers say so by several alerts, and those of old send another version.
func refusesVersion(err error) bool {
	text := textOfTLS(err)
	return strings.HasPrefix(text, "tls: server selected unsupported protocol version") ||
		isAlert(err) && slices.ContainsFunc([]string{"protocol version", "handshake failure", "insufficient security", "internal error", "illegal parameter", "decoding"},
			func(alert string) bool { return strings.Contains(text, alert) })
}
