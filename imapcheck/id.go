package imapcheck

import (
	"errors"
	"fmt"
	"strings"

	"mailprobe/internal/release"
	"mailprobe/probe"
	"mailprobe/transport"
)

// Identification is what a server says about itself (RFC 2971 §3.3); empty if it does not
// say.
type Identification struct {
	// Name and Version are those of its program.
	Name, Version string
}

// String returns name and version.
func (i Identification) String() string { return strings.TrimSpace(i.Name + " " + i.Version) }

// ID exchanges names of programs with a server that offers ID (RFC 2971 §3.1). Unreadable
// parts of the answer are dropped, as nothing depends on them.
func (s *Session) ID(name, version string) (Identification, error) {
	var id Identification
	c := s.command("ID")
	c.onData = func(d *data) error {
		if d.name == "ID" && !d.numbered {
			id = readID(d)
		}
		return nil
	}
	own := fmt.Sprintf(`("name" "%s" "version" "%s")`, escapeQuoted.Replace(name), escapeQuoted.Replace(version))
	_, err := c.run(own)
	return id, err
}

// maxIDValue is the longest value there may be, in bytes (RFC 2971 §3.3).
const maxIDValue = 1024

// readID reads NIL or a list of fields, each with its value or NIL.
func readID(d *data) (id Identification) {
	all, ok := d.values()
	if !ok || len(all) != 1 {
		return id
	}
	for list := all[0].list; len(list) >= 2; list = list[2:] {
		text := list[1].text
		if list[1].kind != stringKind || len(text) > maxIDValue {
			continue
		}
		switch strings.ToLower(list[0].text) {
		case "name":
			id.Name = text
		case "version":
			id.Version = text
		}
	}
	return id
}

// Who mailprobe says that it is.
const ownName = "mailprobe"

// ownVersion returns mailprobe's version, if the build recorded one.
func ownVersion() string {
	if version := release.Version(); strings.HasPrefix(version, "v") {
		return version
	}
	return "devel"
}

// offersID reports whether ID is offered after the log-in. A server that lists nothing
// then still offers what it listed before.
func (w *walk) offersID() bool {
	offered := w.session.Capabilities()
	if offered == nil {
		offered = w.before
	}
	return offered.Has(capID)
}

// id identifies this program, which some servers require before they open a mailbox. A
// refusal is no fault, as ID must not change what a session may do (RFC 2971 §3).
func (w *walk) id(s *probe.Step) error {
	id, err := w.session.ID(ownName, ownVersion())
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		s.Say("the server does not say who it is: " + refusal.Reply.Quote())
		return nil
	case err != nil:
		return judge(s, err)
	case id.String() == "":
		s.Say("the server does not say who it is")
		return nil
	}
	s.Learn(probe.Text("implementation", id.String()))
	s.Say(transport.Quote(id.String()))
	return nil
}
