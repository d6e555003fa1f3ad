package policy

import "strings"

// IsLocalhost reports whether a name is that of every machine itself (RFC 6761 §6.3). It is
// as those of IsHost.
func IsLocalhost(name string) bool {
	return name == "localhost" || name == "localhost.localdomain" || strings.HasSuffix(name, ".localhost")
}

// IsHost reports whether a name from DNS is made of letters, digits, hyphens and
// underscores: only such names stand in records to publish. It has no trailing dot and is
// in lower case.
func IsHost(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
