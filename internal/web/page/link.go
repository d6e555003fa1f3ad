package page

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"time"
)

// link returns the address of what belongs to a check, such as its page.
func (p *Page) link(what, id string) string { return p.o.Base + what + "/" + escapeID(id) }

// escapeID writes the ID of an item as the rest of a path. A slash stays one where no
// server or proxy on the way could take the path for another.
func escapeID(id string) string {
	escaped := url.PathEscape(id)
	if strings.Contains("/"+id+"/", "//") || strings.Contains("/"+id+"/", "/./") || strings.Contains("/"+id+"/", "/../") {
		return escaped
	}
	return strings.ReplaceAll(escaped, "%2F", "/")
}

// stampFormat is how addresses have a time: to the millisecond, as the history does.
const stampFormat = "2006-01-02T15:04:05.000Z"

// resultLink returns the address of a result.
func (p *Page) resultLink(id string, at time.Time) string {
	return p.link("result", id) + "?at=" + at.UTC().Format(stampFormat)
}

// keyOf returns the name by which the script knows an item, or a group.
func keyOf(prefix, id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return fmt.Sprintf("%s%016x", prefix, h.Sum64())
}
