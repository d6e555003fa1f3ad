package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// badgeColor returns the ground of a status under white letters, with a contrast of 4.5.
func badgeColor(s probe.Status) string {
	switch s {
	case probe.OK:
		return "#177349"
	case probe.Warning:
		return "#8f5700"
	case probe.Critical:
		return "#bf2722"
	case probe.Skipped:
		return "#5f6b77"
	}
	return "#7246ae"
}

// badgeAge is how many seconds a badge may be kept.
const badgeAge = 60

// badge serves a badge of a public check, as SVG.
func (p *Page) badge(w http.ResponseWriter, r *http.Request) {
	id, isSVG := strings.CutSuffix(r.PathValue("id"), ".svg")
	if err := p.board.ready(r.Context()); err != nil {
		http.Error(w, "the history cannot be read", http.StatusInternalServerError)
		return
	}
	var label, text string
	var status probe.Status
	known := false
	p.board.with(id, func(i *item) {
		if i.Check.Public && isSVG {
			label, text, status, known = badgeOf(i, r.PathValue("what"), p.o.Now())
		}
	})
	if !known {
		http.Error(w, "there is no such badge: public checks have /badge/status/, /badge/uptime/, /badge/latency/ and /badge/certificate/NAME.svg", http.StatusNotFound)
		return
	}
	drawn := drawBadge(label, text, status)
	sum := sha256.Sum256([]byte(drawn))
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	head := w.Header()
	head.Set("Content-Type", "image/svg+xml; charset=utf-8")
	head.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", badgeAge))
	head.Set("ETag", tag)
	head.Set("Content-Security-Policy", "default-src 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin") // badges are shown on other sites
	if strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write([]byte(drawn))
}

// badgeOf returns what a badge says: nothing that the public page does not, but the days
// that a certificate is valid.
func badgeOf(i *item, what string, now time.Time) (label, text string, status probe.Status, known bool) {
	shown := newPublicItem(i, now)
	status, label = probe.Skipped, shown.Name
	switch what {
	case "status":
		if shown.Never {
			return label, "not checked yet", status, true
		}
		return label, shown.Status.String(), shown.Status, true
	case "uptime":
		if up, ok := i.all.Up(); ok {
			status = uptimeStatus(up)
		}
		return label + " uptime", shown.Uptime, status, true
	case "latency":
		if shown.Median == "" {
			return label + " latency", "-", status, true
		}
		return label + " latency", shown.Median, probe.OK, true
	case "certificate":
		certificates := show.Certificates(i.checks(), now)
		if len(certificates) == 0 {
			return label + " certificate", "-", status, true
		}
		return label + " certificate", certificates[0].Left, certificates[0].Status, true
	}
	return "", "", status, false
}

// uptimeStatus returns the status by which the share of an uptime is coloured.
func uptimeStatus(up float64) probe.Status {
	switch {
	case up >= 0.99:
		return probe.OK
	case up >= 0.95:
		return probe.Warning
	}
	return probe.Critical
}

// The dimensions of a badge.
const (
	badgeHeight  = 20
	badgePadding = 6
	badgeFont    = 11 // pixels
)

// badgeShape is a badge: two grounds, two texts, and the whole as a title.
const badgeShape = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-labelledby="t"><title id="t">%[4]s: %[5]s</title>` +
	`<clipPath id="r"><rect width="%[1]d" height="20" rx="3"/></clipPath>` +
	`<g clip-path="url(#r)"><rect width="%[2]d" height="20" fill="#444d56"/><rect x="%[2]d" width="%[3]d" height="20" fill="%[6]s"/></g>` +
	`<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">` +
	`<text x="6" y="14" textLength="%[7]d" lengthAdjust="spacingAndGlyphs">%[4]s</text>` +
	`<text x="%[8]d" y="14" textLength="%[9]d" lengthAdjust="spacingAndGlyphs">%[5]s</text></g></svg>`

// maxBadge is the maximum number of characters of each half.
const maxBadge = 60

// drawBadge draws a badge. The length of each text is said with it, so that it fits
// whatever font a browser has.
func drawBadge(label, text string, status probe.Status) string {
	label, text = shorten(report.Clean(label)), shorten(report.Clean(text))
	left, right := textWidth(label), textWidth(text)
	return fmt.Sprintf(badgeShape, left+right+4*badgePadding, left+2*badgePadding, right+2*badgePadding,
		html.EscapeString(label), html.EscapeString(text), badgeColor(status), left, left+3*badgePadding, right)
}

func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxBadge {
		return text
	}
	return string([]rune(text)[:maxBadge-1]) + "…"
}

// glyphs has the widths of the printable characters of ASCII in DejaVu Sans, which are
// nearly Verdana's: in hundredths of the size of the font, each as the character of that
// code, at least 33.
const glyphs = `!(.T@_N!''2T!$!"@@@@@@@@@@""TTT5dDEFM?:MK!!B8VKO<OE?=IDcE=E'"'T22=?7?>#??!!:!a?=??)4'?;R;;4@"@T`

// textWidth returns the width of a text in pixels, at least 1.
func textWidth(text string) int {
	sum := 0.0
	for _, r := range text {
		switch {
		case r >= ' ' && int(r-' ') < len(glyphs):
			sum += float64(glyphs[r-' ']) / 100
		case r >= 0x1100: // most of these are as wide as high
			sum += 1
		default:
			sum += 0.65
		}
	}
	return max(1, int(math.Ceil(sum*badgeFont)))
}
