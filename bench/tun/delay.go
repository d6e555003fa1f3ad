//go:build linux

package tun

import (
	"errors"
	"os"
	"time"
)

// Join carries packets between two TUN devices, as a cable does on which each takes so
// long. It returns when either device is closed.
func Join(a, b *Device, delay time.Duration) error {
	ended := make(chan error, 2)
	go func() { ended <- carry(a, b, delay) }()
	go func() { ended <- carry(b, a, delay) }()
	return <-ended
}

// carry writes what it reads, in order, each packet when its time has come.
func carry(from, to *Device, delay time.Duration) error {
	type due struct {
		at time.Time
		p  Packet
	}
	queue := make(chan due, 1<<12)
	defer close(queue)
	go func() {
		for d := range queue {
			time.Sleep(time.Until(d.at))
			_, _ = to.Write(d.p) // a device that is down loses packets, as a cable does
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		queue <- due{time.Now().Add(delay), append(Packet(nil), buf[:n]...)}
	}
}
