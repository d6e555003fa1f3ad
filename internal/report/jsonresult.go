package report

import "mailprobe/probe"

// JSON returns a result in one line as the format json has it, with clean texts; the
// transcript only where it is wanted.
func JSON(r *probe.Result, transcript bool) ([]byte, error) { return encode(r, transcript) }
