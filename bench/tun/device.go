//go:build linux

// Package tun stands in for a network: a TUN device whose far side is a
// program that answers echo requests as configured, with any delay, any
// number of times, from any address, altered, or with an ICMP error. What a
// pinger reports can then be held against what truly happened.
package tun

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Device is a TUN device. What the kernel routes to it is read from it, and
// what is written to it arrives in the kernel as if from a network.
type Device struct {
	Name string
	file *os.File
}

// Open makes a TUN device in the network namespace of the calling thread and
// brings it up with the given addresses, such as "10.99.0.1/16". The error
// matches [os.ErrPermission] or [os.ErrNotExist] where the machine has no TUN.
func Open(name string, addrs ...string) (*Device, error) {
	return open(name, unix.IFF_TUN, addrs)
}

// OpenTap makes a TAP device likewise: what is read and written are Ethernet frames,
// and the kernel asks for the addresses of neighbours (see [ServeLink]).
func OpenTap(name string, addrs ...string) (*Device, error) {
	return open(name, unix.IFF_TAP, addrs)
}

func open(name string, mode uint16, addrs []string) (*Device, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("open /dev/net/tun", err)
	}
	req, err := unix.NewIfreq(name)
	if err == nil {
		req.SetUint16(mode | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("make device %s: %w", name, err)
	}
	d := &Device{Name: req.Name(), file: os.NewFile(uintptr(fd), name)}
	for _, addr := range addrs {
		if err := IP("addr", "add", addr, "dev", d.Name, "nodad"); err != nil {
			d.Close()
			return nil, err
		}
	}
	err = IP("link", "set", d.Name, "up")
	for _, addr := range addrs {
		err = errors.Join(err, AwaitLocal(addr))
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// AwaitLocal returns when the kernel takes packets to an address of its own, which
// for IPv6 is some milliseconds after the address was added.
func AwaitLocal(prefix string) error {
	addr, _, _ := strings.Cut(prefix, "/")
	for range 200 {
		if out, _ := exec.Command("ip", "route", "get", addr).Output(); strings.HasPrefix(string(out), "local ") {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("packets to %s do not arrive", addr)
}

// Read reads one packet that the kernel sent.
func (d *Device) Read(b []byte) (int, error) { return d.file.Read(b) }

// Write hands one packet to the kernel.
func (d *Device) Write(b []byte) (int, error) { return d.file.Write(b) }

// Close removes the device.
func (d *Device) Close() error { return d.file.Close() }

// IP runs the command ip in the network namespace of the calling thread.
func IP(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Isolate moves the calling goroutine, on a thread of its own, to a new network
// namespace with only a loopback interface. Thread and namespace go when the
// goroutine ends; sockets opened before stay where they are.
func Isolate() error {
	runtime.LockOSThread() // never unlocked: the thread is of no use elsewhere
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	return IP("link", "set", "lo", "up")
}
