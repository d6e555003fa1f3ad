package centre

import (
	"errors"
	"path/filepath"

	"github.com/nats-io/nkeys"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// keys are those of the centre, each in a file of its own.
type keys struct {
	user     nkeys.KeyPair // as whom the centre connects
	issuer   nkeys.KeyPair // what it signs permissions with
	callouts nkeys.KeyPair // what questions of the server are encrypted for
}

func loadKeys(state string) (k keys, err error) {
	dir := filepath.Join(state, folder)
	if err := atomicfile.Folder(dir); err != nil {
		return k, err
	}
	var errs [3]error
	k.user, errs[0] = fleet.LoadKey(filepath.Join(dir, "centre.nk"), nkeys.CreateUser)
	k.issuer, errs[1] = fleet.LoadKey(filepath.Join(dir, "issuer.nk"), nkeys.CreateAccount)
	k.callouts, errs[2] = fleet.LoadKey(filepath.Join(dir, "callout.nk"), nkeys.CreateCurveKeys)
	return k, errors.Join(errs[:]...)
}

// public returns the public part of a key that was read or made by loadKeys.
func public(k nkeys.KeyPair) string {
	text, _ := k.PublicKey() // of a key with a seed it always is
	return text
}
