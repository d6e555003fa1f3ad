//go:build !linux

package icmp

// DropPrivileges does nothing: raw sockets are no capability of their own here.
func DropPrivileges() error { return nil }
