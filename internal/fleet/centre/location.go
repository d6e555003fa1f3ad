package centre

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// Location is where the server of a fleet is.
type Location struct {
	// URL is how it is reached from the centre's machine; empty while that is not known.
	URL string `json:"url,omitempty"`
	// Embedded is set for the centre's own server, whose certificate agents know by its key.
	Embedded bool `json:"embedded"`
	// CAFile has the certificates that verify the server's; empty for those of the system.
	CAFile string `json:"ca_file,omitempty"`
}

// ReadLocation reads where the server of a state directory is, as the centre has left it. Before
// the first start it is taken to be the embedded one.
func ReadLocation(state string) (Location, error) {
	l := Location{Embedded: true}
	text, err := os.ReadFile(locationFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	return l, err
}

func (l Location) write(state string) error {
	if was, err := ReadLocation(state); err == nil && was == l && l.URL != "" {
		return nil
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return atomicfile.Write(locationFile(state), atomicfile.Private, atomicfile.Text(append(text, '\n')))
}

func locationFile(state string) string { return filepath.Join(state, folder, "server.json") }

// location is where the centre's server is.
func (c *Centre) location() Location {
	if c.server == nil {
		return Location{URL: c.URL, CAFile: c.CAFile}
	}
	host, port, _ := net.SplitHostPort(c.Listen) // it is listened at
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return Location{URL: "tls://" + net.JoinHostPort(host, port), Embedded: true}
}

// Local returns how to connect as the centre itself from its machine, where the state directory
// shows who that is.
func Local(state string) (fleet.Options, error) {
	l, err := ReadLocation(state)
	switch {
	case err != nil:
		return fleet.Options{}, err
	case l.URL == "":
		return fleet.Options{}, fmt.Errorf("%s is not the state directory of a centre that has run; mailprobe serve --fleet is one", state)
	}
	k, err := loadKeys(state)
	if err != nil {
		return fleet.Options{}, err
	}
	o := fleet.Options{URL: l.URL, CAFile: l.CAFile, Name: fleet.Centre, Key: k.user}
	if l.Embedded {
		o.Fingerprint, err = Fingerprint(state)
	}
	return o, err
}
