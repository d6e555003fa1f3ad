package bulk

// indexSet is a set of indexes of targets: a bit for each.
type indexSet struct {
	bits  []uint64
	count int
}

// add adds an index, and reports whether it was not there.
func (s *indexSet) add(i int) bool {
	word, bit := i/64, uint64(1)<<(i%64)
	for len(s.bits) <= word {
		s.bits = append(s.bits, make([]uint64, word+1-len(s.bits))...)
	}
	if s.bits[word]&bit != 0 {
		return false
	}
	s.bits[word] |= bit
	s.count++
	return true
}

// has reports whether an index is in the set.
func (s *indexSet) has(i int) bool {
	return i/64 < len(s.bits) && s.bits[i/64]&(1<<(i%64)) != 0
}

// end returns the index behind the last one.
func (s *indexSet) end() int {
	for word := len(s.bits) - 1; word >= 0; word-- {
		for bit := 63; bit >= 0; bit-- {
			if s.bits[word]&(1<<bit) != 0 {
				return word*64 + bit + 1
			}
		}
	}
	return 0
}
