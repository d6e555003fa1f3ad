package policy

import (
	"net/netip"
	"slices"
	"strings"
)

// BlockListName is the name to ask a DNS block list for about an address (RFC 5782 §2.1,
// §2.4).
func BlockListName(addr netip.Addr, list string) string {
	addr = addr.Unmap()
	labels := strings.Split(strings.ToLower(dotted(addr)), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "." + strings.TrimSuffix(list, ".")
}

// BlockListTests are the names of a list's test entries: it must list 127.0.0.2 and not
// 127.0.0.1, and of IPv6 the same as mapped addresses (RFC 5782 §5).
func BlockListTests(list string, six bool) (listed, clean string) {
	list = strings.TrimSuffix(list, ".")
	if six {
		mapped := ".0.0.0.0.0.f.7.f.f.f.f" + strings.Repeat(".0", 20) + "." + list
		return "2" + mapped, "1" + mapped
	}
	return "2.0.0.127." + list, "1.0.0.127." + list
}

// BlockListAnswer is what the answer of a block list means.
type BlockListAnswer int

// The meanings.
const (
	NotListed BlockListAnswer = iota
	Listed
	// Refused: the list does not answer whoever asks, as for a public resolver or too
	// many questions.
	Refused
	// Strange: an answer outside of 127.0.0.0/8, as of a list that has ceased or of a
	// resolver that makes up answers.
	Strange
)

// ReadBlockList reads the addresses that a block list answered, and returns those with the
// meaning. All of them count, and a refusal before anything else.
func ReadBlockList(addrs []netip.Addr) (BlockListAnswer, string) {
	answer, said := NotListed, []string(nil)
	for _, addr := range addrs {
		each := Strange
		if b := addr.Unmap(); b.Is4() && b.As4()[0] == 127 {
			each = Listed
			if strings.HasPrefix(b.String(), "127.255.255.") {
				each = Refused
			}
		}
		if worse(each, answer) {
			answer, said = each, nil
		}
		if each == answer {
			said = append(said, addr.Unmap().String())
		}
	}
	slices.Sort(said)
	return answer, strings.Join(said[:min(len(said), maxCodes)], " ")
}

// maxCodes bounds how many addresses of an answer are shown.
const maxCodes = 8

// worse orders the meanings by how much they say of the whole answer.
func worse(a, b BlockListAnswer) bool {
	rank := []BlockListAnswer{NotListed, Listed, Strange, Refused}
	return slices.Index(rank, a) > slices.Index(rank, b)
}
