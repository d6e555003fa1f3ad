//go:build linux

// Command responder answers echo requests to any address behind a TUN device
// after a delay. It must run in a network namespace made for it.
package main

import (
	"flag"
	"fmt"
	"os"

	"mailprobe/bench/tun"
)

func main() {
	delay := flag.Duration("delay", 0, "time until the reply")
	addr := flag.String("addr", "10.99.0.1/8", "address of this side")
	queue := flag.Int("txqueuelen", 20000, "packets the device holds for the responder; with less, those sent while it is not running are lost")
	flag.Parse()
	d, err := tun.Open("tun0", *addr)
	if err == nil {
		err = tun.IP("link", "set", d.Name, "txqueuelen", fmt.Sprint(*queue))
	}
	if err == nil {
		fmt.Println("ready")
		err = tun.Echo(d, *delay)
	}
	fmt.Fprintln(os.Stderr, "responder:", err)
	os.Exit(1)
}
