package policy

import (
	"fmt"
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

// ReadBlockList reads the addresses that a block list answered; all of them count, and a
// refusal before anything else.
func ReadBlockList(addrs []netip.Addr) (BlockListAnswer, string) {
	answer, said := NotListed, ""
	for _, addr := range addrs {
		each := Strange
		if b := addr.Unmap(); b.Is4() && b.As4()[0] == 127 {
			each = Listed
			if strings.HasPrefix(b.String(), "127.255.255.") {
				each = Refused
			}
		}
		if worse(each, answer) {
			answer, said = each, fmt.Sprint(addr)
		}
	}
	return answer, said
}

// worse orders the meanings by how much they say of the whole answer.
func worse(a, b BlockListAnswer) bool {
	rank := []BlockListAnswer{NotListed, Listed, Strange, Refused}
	return slices.Index(rank, a) > slices.Index(rank, b)
}
