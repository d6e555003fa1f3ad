package probe

import "mailprobe/internal/cut"

// The bounds of what a result says, in bytes: a server that talks without end shall
// fill neither the memory nor what is kept of many results.
const (
	maxText  = 4 << 10  // of a detail, a summary or a fact's text
	maxTexts = 12 << 10 // of all of them together
	minText  = 256      // that each keeps in any case
)

// bound cuts the texts of a result that are too long, and long ones further if they are
// too long together. It must follow redact, as the rest of a secret that was cut could
// not be recognised.
func (r *Result) bound() {
	limit := maxText
	for r.textSize(limit) > maxTexts && limit > minText {
		limit /= 2
	}
	r.eachText(func(text *string) { *text = cut.Bytes(*text, limit) })
}

// textSize returns the size of all texts when each is cut to a limit.
func (r *Result) textSize(limit int) int {
	size := 0
	r.eachText(func(text *string) { size += min(len(*text), limit) })
	return size
}

// eachText calls do with every text that may quote a server.
func (r *Result) eachText(do func(*string)) {
	do(&r.Summary)
	for i := range r.Steps {
		s := &r.Steps[i]
		do(&s.Detail)
		do(&s.reason)
		for j := range s.Facts {
			do(&s.Facts[j].Text)
		}
	}
}
