package show

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// colors are the variables of one block of the style sheet, by name.
type colors map[string]string

var (
	rootBlock = regexp.MustCompile(`:root \{([^}]*)\}`)
	variable  = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)
)

// schemes returns the colours of the page: light, dark and printed.
func schemes(t *testing.T) map[string]colors {
	t.Helper()
	blocks := rootBlock.FindAllStringSubmatch(Style, -1)
	if len(blocks) != 3 {
		t.Fatalf("the style sheet has %d blocks of colours, not 3", len(blocks))
	}
	all := map[string]colors{}
	for i, name := range []string{"light", "dark", "print"} {
		all[name] = colors{}
		for _, m := range variable.FindAllStringSubmatch(blocks[i][1], -1) {
			all[name][m[1]] = m[2]
		}
		for color := range all["light"] {
			if all[name][color] == "" {
				t.Errorf("%s has no --%s", name, color)
			}
		}
	}
	return all
}

// luminance returns the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	if len(color) == 4 {
		color = string([]byte{'#', color[1], color[1], color[2], color[2], color[3], color[3]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// contrast returns the contrast ratio of two colours (WCAG 2.2), from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast: every text of the page has a contrast of 4.5 (WCAG 2.2, 1.4.3), every bar
// and mark of 3 (1.4.11): light, dark and printed.
func TestContrast(t *testing.T) {
	if c := contrast(t, "#777777", "#fff"); math.Abs(c-4.48) > 0.005 {
		t.Fatalf("the contrast of #777777 on white is 4.48, and not %.3f", c)
	}
	statuses := []string{"ok", "warning", "critical", "unknown", "skipped"}
	for name, c := range schemes(t) {
		hold := func(least float64, text, ground string) {
			if got := contrast(t, c[text], c[ground]); got < least {
				t.Errorf("%s: the contrast of %s on %s is %.2f, under %.1f", name, text, ground, got, least)
			}
		}
		for _, ground := range []string{"paper", "card"} {
			for _, text := range append([]string{"ink", "soft", "accent"}, statuses...) {
				hold(4.5, text, ground)
			}
		}
		for _, status := range append([]string{"accent"}, statuses...) {
			hold(4.5, status, status+"-tint")
		}
		for _, status := range statuses[:4] { // those of bars
			hold(3, status, "card")
		}
	}
}
