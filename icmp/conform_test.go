package icmp

import (
	"testing"

	"mailprobe/probe/probetest"
)

func TestConform(t *testing.T) {
	probetest.Conform(t, kindWith(func(Options) (*Engine, error) {
		f := newFakeNet(1)
		f.answer = hostile
		return f.engine(t, Options{}), nil
	}), "-c", "3", "192.0.2.7", "mx.example.org")
}
