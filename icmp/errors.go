package icmp

import (
	"fmt"
	"io/fs"
	"os"
)

// A PermissionError means that this process may open neither kind of socket.
type PermissionError struct {
	Raw      error // why there is no raw socket
	Datagram error // why there is no datagram socket
}

// Error names both errors of the system and the commands that permit a socket.
func (e *PermissionError) Error() string {
	return e.Reason() + "; " + e.Hint()
}

func (e *PermissionError) Reason() string {
	return fmt.Sprintf("no permission to send ICMP (raw socket: %v; datagram socket: %v)", e.Raw, e.Datagram)
}

// Hint returns the commands, either of which permits a socket when run as root.
func (e *PermissionError) Hint() string {
	return "as root, permit the datagram socket to all users with `" + PermitDatagram +
		"` or the raw socket to this program with `" + setcapCommand() + "`"
}

// Unwrap makes the error match [fs.ErrPermission] and both causes.
func (e *PermissionError) Unwrap() []error { return []error{fs.ErrPermission, e.Raw, e.Datagram} }

// PermitDatagram is the command that permits the datagram socket to all users, as root. The
// setting counts for IPv6 as well.
const PermitDatagram = `sysctl -w net.ipv4.ping_group_range="0 2147483647"`

func setcapCommand() string {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return "setcap cap_net_raw+ep " + path
}

// An OptionError means that the system refused to set an option of a socket.
type OptionError struct {
	Option string
	Err    error
}

// Error names the option.
func (e *OptionError) Error() string { return fmt.Sprintf("set %s: %v", e.Option, e.Err) }

// Unwrap returns the system's own error.
func (e *OptionError) Unwrap() error { return e.Err }

// A RawError means that this process may not open a raw socket, which probes by TCP and
// UDP need.
type RawError struct {
	Err error
}

// Error names the refusal.
func (e *RawError) Error() string { return "no permission for a raw socket: " + e.Err.Error() }

// Unwrap returns what the system said.
func (e *RawError) Unwrap() error { return e.Err }

// Hint returns the command that permits the socket when run as root.
func (e *RawError) Hint() string {
	return "as root, permit the raw socket to this program with `" + setcapCommand() + "`"
}
