package main

import (
	"fmt"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/bench/tun"
)

func init() {
	commands["network"] = network
	needs["network"] = func() error { return elsewhere(networkLacks) }
	needs["mounts"] = mountsLack
	needs["firewall"] = func() error { return elsewhere(firewallLacks) }
}

// network moves the script to a network namespace of its own, behind whose device
// every address of 10.99.0.0/16 answers. With a number N the first of every N
// requests is lost and the second answered twice.
func network(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: network [N]")
	}
	ts.Check(tun.Isolate())
	device, err := tun.Open("tun0", "10.99.0.1/16")
	ts.Check(err)
	ts.Defer(func() { _ = device.Close() })
	if len(args) == 0 {
		go func() { _ = tun.Echo(device, 0) }()
		return
	}
	every, err := strconv.Atoi(args[0])
	ts.Check(err)
	go func() { _ = tun.Serve(device, tun.Lossy(every)) }()
}

// elsewhere calls f on a thread of its own, which ends with it.
func elsewhere(f func() error) error {
	done := make(chan error)
	go func() { done <- f() }()
	return <-done
}

func networkLacks() error {
	if err := tun.Isolate(); err != nil {
		return err
	}
	device, err := tun.Open("tun0")
	if err != nil {
		return err
	}
	return device.Close()
}

// mountsLack reports why no command can have file systems of its own.
func mountsLack() error {
	out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/tmp").CombinedOutput()
	if err != nil {
		return fmt.Errorf("unshare: %w: %s", err, out)
	}
	return nil
}

func firewallLacks() error {
	if err := networkLacks(); err != nil {
		return err
	}
	out, err := exec.Command("nft", "add", "table", "inet", "try").CombinedOutput()
	if err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}
