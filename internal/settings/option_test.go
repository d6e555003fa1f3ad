package settings

import (
	"errors"
	"fmt"
	"testing"

	"mailprobe/probe"
)

// TestAsKeys: options are named as keys, and what somebody else wrote stays.
func TestAsKeys(t *testing.T) {
	err := fmt.Errorf("ready: %w", probe.OptionErrorf("%s: %w; or %s", probe.OptionName("password-file"), errors.New("policy --via-user list"), probe.OptionName("via-user")))
	if got, want := AsKeys(err), `password_file: policy --via-user list; or via_user`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
