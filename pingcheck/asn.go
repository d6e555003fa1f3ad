package pingcheck

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"mailprobe/icmp"
	"mailprobe/internal/cut"

	"mailprobe/probe"
)

// An AS is an autonomous system: who announces a network to the Internet.
type AS struct {
	Number uint32
	Name   string // empty where the file has none
}

// String returns the number and the name, such as "AS64500 EXAMPLE".
func (a AS) String() string {
	return strings.TrimSpace(fmt.Sprintf("AS%d %s", a.Number, a.Name))
}

// An ASFile is a file of networks and their autonomous systems. It is read again for
// every look-up, which takes a fraction of a second and no memory. A line is one of
//
//	192.0.2.0/24    64500   EXAMPLE                         prefix, number, name
//	192.0.2.0       192.0.2.255     64500   ZZ      EXAMPLE         as iptoasn.com has it
//
// with tabs or blanks between; the number may have AS before it, the name may be
// missing, as in the files of pyasn, and # or ; begins a comment. Of several networks
// that an address is in, the smallest counts.
type ASFile string

const (
	maxASLine = 4 << 10
	maxASName = 60
)

// Check reports what is wrong with the file, as far as its first entries show it.
func (f ASFile) Check() error {
	entries := 0
	err := f.read(func(asEntry) bool { entries++; return entries < 100 })
	if err == nil && entries == 0 {
		return fmt.Errorf("%s has no networks; use lines such as 192.0.2.0/24 64500 EXAMPLE", string(f))
	}
	return err
}

// Lookup returns the autonomous systems of addresses, without those that are in no
// network of the file.
func (f ASFile) Lookup(ctx context.Context, addrs []netip.Addr) (map[netip.Addr]AS, error) {
	addrs = slices.Clone(addrs)
	slices.SortFunc(addrs, netip.Addr.Compare)
	best := make(map[netip.Addr]asEntry, len(addrs))
	n := 0
	err := f.read(func(e asEntry) bool {
		i, _ := slices.BinarySearchFunc(addrs, e.first, netip.Addr.Compare)
		for ; i < len(addrs) && addrs[i].Compare(e.last) <= 0; i++ {
			if b, ok := best[addrs[i]]; !ok || e.first.Compare(b.first) >= 0 && e.last.Compare(b.last) <= 0 {
				best[addrs[i]] = e
			}
		}
		n++
		return n%4096 != 0 || ctx.Err() == nil
	})
	found := make(map[netip.Addr]AS, len(best))
	for addr, e := range best {
		found[addr] = e.as
	}
	return found, errors.Join(err, ctx.Err())
}

// An asEntry is a line of the file.
type asEntry struct {
	first, last netip.Addr
	as          AS
}

// read calls do for every entry until it returns false.
func (f ASFile) read(do func(asEntry) bool) error {
	info, err := os.Stat(string(f))
	if err != nil {
		return probe.NoFile(string(f), err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", string(f))
	}
	file, err := os.Open(string(f))
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, maxASLine), maxASLine)
	for number := 1; lines.Scan(); number++ {
		e, ok, err := parseASLine(lines.Bytes())
		switch {
		case err != nil && number == 1 && bytes.HasPrefix(lines.Bytes(), []byte("\x1f\x8b")):
			return fmt.Errorf("%s is compressed; unpack it with gunzip first", string(f))
		case err != nil:
			return fmt.Errorf("%s, line %d: %w", string(f), number, err)
		case ok && !do(e):
			return nil
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s has a line of more than %d bytes", string(f), maxASLine)
	}
	return lines.Err()
}

// parseASLine reads a line; ok is false where there is no network in it, or one that
// nobody announces.
func parseASLine(line []byte) (e asEntry, ok bool, err error) {
	text := strings.TrimSpace(string(line))
	if text == "" || text[0] == '#' || text[0] == ';' {
		return e, false, nil
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == '\t' })
	if len(fields) == 1 {
		fields = strings.Fields(text)
	}
	number, name := 1, 2
	if prefix, err := netip.ParsePrefix(fields[0]); err == nil {
		all := icmp.RangeOf(prefix)
		e.first, e.last = all.First, all.Last
	} else if len(fields) < 2 {
		return e, false, errASLine(text)
	} else {
		first, firstErr := netip.ParseAddr(fields[0])
		last, lastErr := netip.ParseAddr(fields[1])
		if firstErr != nil || lastErr != nil || first.Is4() != last.Is4() || last.Less(first) {
			return e, false, errASLine(text)
		}
		e.first, e.last, number, name = first, last, 2, 4
	}
	if len(fields) <= number {
		return e, false, errASLine(text)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(fields[number], "AS"), 10, 32)
	if err != nil {
		return e, false, errASLine(text)
	}
	e.as.Number = uint32(n)
	if len(fields) > name {
		e.as.Name = cut.Runes(strings.ToValidUTF8(strings.Join(fields[name:], " "), "?"), maxASName)
	}
	return e, n > 0, nil
}

func errASLine(line string) error {
	return fmt.Errorf("%.40q is no network and number such as 192.0.2.0/24 64500", line)
}
