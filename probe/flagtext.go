package probe

import (
	"regexp"
	"strings"
	"sync"
)

// flagWord is a flag in a text, or something in quotation marks.
var flagWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|(?:^|[\s(/])(?:--[a-z0-9]+(?:-[a-z0-9]+)*|-[a-z0-9])\b`)
})

// RenameFlags returns a text with other names for its flags: what rename returns for
// "--name" or "-n". What stands in quotation marks stays: those words are somebody
// else's.
func RenameFlags(text string, rename func(flag string) string) string {
	return flagWord().ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, `"`) {
			return found
		}
		start := strings.IndexByte(found, '-')
		return found[:start] + rename(found[start:])
	})
}
