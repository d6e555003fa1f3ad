// Package shellword quotes and reads the words of command lines that people copy and write.
package shellword

import "strings"

// plain are the characters that a shell takes as they are.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+:,./@%="

// Quote returns a text as one word of a POSIX shell (IEEE Std 1003.1, Shell Command
// Language, section 2.2).
func Quote(text string) string {
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
