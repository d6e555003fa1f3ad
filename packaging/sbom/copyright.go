package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// copyrightHead is about mailprobe itself.
const copyrightHead = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: mailprobe
Comment: The program has in it the Go modules that the paragraphs below name, and parts
 of the standard library of Go.

Files: *
Copyright: The mailprobe authors
License: Apache-2.0

License: Apache-2.0
 On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0, and at
 https://www.apache.org/licenses/LICENSE-2.0
`

// copyrightFile returns the copyright file of a package in Debian's format.
func copyrightFile(modules []module) string {
	var b strings.Builder
	b.WriteString(copyrightHead)
	for _, m := range modules {
		holders := m.holders
		if len(holders) == 0 {
			holders = []string{"The authors of " + m.path}
		}
		fmt.Fprintf(&b, "\nFiles: %s@%s/*\nCopyright: %s\n", m.path, m.version, strings.Join(holders, "\n           "))
		texts := m.texts
		if slices.Equal(m.licences, []string{"Apache-2.0"}) {
			b.WriteString("License: Apache-2.0\n")
			if texts = notices(texts); len(texts) > 0 {
				b.WriteString("Comment:\n" + continued(texts))
			}
			continue
		}
		fmt.Fprintf(&b, "License: %s\n%s", licenceName(m), continued(texts))
	}
	return b.String()
}

// notices returns the texts that are no copy of the Apache License.
func notices(texts []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.Contains(text, "Apache License") })
}

// licenceName is a short name for the licence of a module. It has the module in it: the
// texts of one licence differ in whose they are.
func licenceName(m module) string {
	return strings.Join(m.licences, "-and-") + "~" + strings.ReplaceAll(m.path, "/", "~")
}

// apache is the whole text of the Apache License, which Debian has in one place.
var apache = regexp.MustCompile(`(?s)[ \t]*Apache License\s+Version 2\.0, January 2004.*?(?:END OF TERMS AND CONDITIONS|limitations under the License\.)`)

// continued indents texts as the further lines of a field.
func continued(texts []string) string {
	var b strings.Builder
	text := apache.ReplaceAllString(strings.Join(texts, "\n\n"), "The Apache License 2.0: /usr/share/common-licenses/Apache-2.0")
	for line := range strings.Lines(text + "\n") {
		if line = strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), " \r\n\f"); line == "" {
			line = "."
		}
		b.WriteString(" " + line + "\n")
	}
	return b.String()
}
