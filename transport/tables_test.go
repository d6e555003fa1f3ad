package transport_test

import (
	"testing"

	"mailprobe/transport"
	"mailprobe/transport/transporttest"
)

func TestTLSErrors(t *testing.T) {
	transporttest.Table(t, transport.TLSErrors(), func(step, text string) transport.Evidence {
		return transport.Evidence{Step: step, Text: text}
	})
}
