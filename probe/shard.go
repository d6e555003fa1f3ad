package probe

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Canonical returns the target in one form for all its spellings: the host alone for a
// kind without ports, and otherwise SCHEME://[USER@]HOST:PORT, the host in lower case,
// in ASCII and without a final dot, an address as RFC 5952 has it. ParseTarget reads it
// again. Neither a platform nor a release changes it.
func (t Target) Canonical() string {
	host := t.Host
	if !strings.Contains(host, ":") {
		host = strings.TrimSuffix(host, ".")
	}
	if t.Scheme.Name == "" {
		return host
	}
	user := ""
	if t.User != "" {
		user = strings.ReplaceAll(url.User(t.User).String(), ",", "%2C") + "@" // no column of a list
	}
	host = strings.Replace(host, "%", "%25", 1) // the zone, RFC 6874 §2
	return t.Scheme.Name + "://" + user + net.JoinHostPort(host, strconv.Itoa(int(t.Port)))
}

// Shard is one of several parts that share a list of targets. The zero value is the whole.
type Shard struct {
	// Number is from 1 to Of.
	Number, Of int
}

// maxShards is far more than there are machines for.
const maxShards = 1 << 20

// Set implements Value: it reads NUMBER/OF.
func (s *Shard) Set(text string) error {
	number, of, ok := strings.Cut(text, "/")
	n, err := strconv.ParseUint(number, 10, 32)
	m, err2 := strconv.ParseUint(of, 10, 32)
	switch {
	case !ok || err != nil || err2 != nil:
		return fmt.Errorf("%q is not NUMBER/OF; the third of 16 shards is 3/16", text)
	case m < 1 || m > maxShards:
		return fmt.Errorf("%q is one of %d shards; 1 to %d would be right", text, m, maxShards)
	case n < 1 || n > m:
		return fmt.Errorf("%q is no shard of %d; they are numbered from 1 to %d", text, m, m)
	}
	*s = Shard{int(n), int(m)}
	return nil
}

// String implements Value.
func (s *Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

// Has reports whether a target belongs to the shard: its TargetID modulo Of is Number-1.
func (s Shard) Has(id uint64) bool {
	return s.Of == 0 || id%uint64(s.Of) == uint64(s.Number-1)
}

// TargetID returns the first eight bytes of the SHA-256 of a target's Canonical form, as a
// big-endian number. Neither a platform nor a release changes it.
func TargetID(canonical string) uint64 {
	sum := sha256.Sum256([]byte(canonical))
	return binary.BigEndian.Uint64(sum[:])
}
