package push_test

import (
	"strings"
	"testing"

	"mailprobe/internal/push"
	"mailprobe/probe/probetest"
)

func TestConform(t *testing.T) {
	probetest.Conform(t, push.Kind(), "--token="+strings.Repeat("x", 32))
}
