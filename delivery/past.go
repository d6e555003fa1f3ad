package delivery

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"mailprobe/internal/atomicfile"
)

// past records the runs for a mailbox whose message was found and deleted, as a second
// copy may come hours later.
type past struct {
	// Mark is the state of the mailbox before the last run; everything before it has been
	// examined.
	Mark mark `json:"mark"`
	// Sent holds when the messages were sent, by token.
	Sent map[string]time.Time `json:"sent"`
}

// maxPast is how many runs are remembered.
const maxPast = 100

func (s store) pastFile(mailbox string) string {
	sum := sha256.Sum256([]byte(mailbox))
	return filepath.Join(s.dir, recordDir, hex.EncodeToString(sum[:8])+".past")
}

// past reads the record of a mailbox; it is empty if it cannot be read.
func (s store) past(mailbox string, now time.Time) past {
	var p past
	text, _, err := atomicfile.Read(s.pastFile(mailbox), maxRecord)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return past{}
	}
	for token, sent := range p.Sent {
		if now.Sub(sent) > remembered {
			delete(p.Sent, token)
		}
	}
	return p
}

// keepPast writes the state of the mailbox, unless that is empty, and adds runs that are
// over. Of two that write at once one may be lost, whose second copy is then left alone.
func (s store) keepPast(mailbox string, before mark, over map[string]time.Time) error {
	p := s.past(mailbox, time.Now())
	if len(over) == 0 && (before == "" || len(p.Sent) == 0) {
		return nil
	}
	p.Mark = cmp.Or(before, p.Mark)
	if p.Sent == nil {
		p.Sent = map[string]time.Time{}
	}
	maps.Copy(p.Sent, over)
	p.trim()
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.replace(s.pastFile(mailbox), text)
}

// trim drops the oldest runs.
func (p *past) trim() {
	byAge := slices.SortedFunc(maps.Keys(p.Sent), func(a, b string) int { return p.Sent[b].Compare(p.Sent[a]) })
	for _, token := range byAge[min(len(byAge), maxPast):] {
		delete(p.Sent, token)
	}
}
