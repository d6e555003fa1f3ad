package page

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// contrasts returns the worst contrast of a text with what is behind it, and where that is:
// a text is an element with letters of its own that can be seen (WCAG 2.2 §1.4.3).
const contrasts = `(() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const mixed = new Map(), backs = new Map(); // few pairs of colours, many texts
  function mix(color, under) {
    const pair = color + under;
    if (!mixed.has(pair)) mixed.set(pair, paint(color, under));
    return mixed.get(pair);
  }
  function paint(color, under) {
    context.fillStyle = under; context.fillRect(0, 0, 1, 1);
    context.fillStyle = color; context.fillRect(0, 0, 1, 1);
    const d = context.getImageData(0, 0, 1, 1).data;
    return "rgb(" + d[0] + "," + d[1] + "," + d[2] + ")";
  }
  function behind(e) {
    if (!e) return matchMedia("(prefers-color-scheme: dark)").matches ? "#000" : "#fff";
    if (!backs.has(e)) backs.set(e, mix(getComputedStyle(e).backgroundColor, behind(e.parentElement)));
    return backs.get(e);
  }
  function light(rgb) {
    const c = rgb.match(/\d+/g).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }
  let worst = [99, "no text"], texts = 0;
  for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest("svg, .skip") || !e.checkVisibility()) continue;
    texts++;
    const under = behind(e), a = light(mix(getComputedStyle(e).color, under)), b = light(under);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40)];
  }
  return worst[0].toFixed(2) + " " + texts + " " + worst[1];
})()`

// TestBrowserMedia: in light and dark every text of every page can be read, no page is wider
// than its window, and what is printed has nothing to press.
func TestBrowserMedia(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay")
	s.say(full("mx1.example.org"))
	s.run("relay")
	s.wait("there is an incident", func() bool { return strings.Contains(s.get("/"), `/incident/`) })
	b := browse(t)
	for _, path := range []string{"/", "/check/relay?from=-90d", "/result/relay", "/incident/" + between(t, s.get("/"), `/incident/`, `"`), "/public"} {
		b.visit(s.address + path)
		for _, width := range []int{390, 800, 1280} {
			b.size(width, 900, "light")
			if wide := b.eval(`String(document.documentElement.scrollWidth)`); wide != strconv.Itoa(width) {
				t.Errorf("%s is %s wide, and the window %d", path, wide, width)
			}
		}
		for _, scheme := range []string{"light", "dark"} {
			b.size(1280, 900, scheme)
			seen := b.eval(contrasts)
			var ratio float64
			var texts int
			if _, err := fmt.Sscan(seen, &ratio, &texts); err != nil || texts < 10 || ratio < 4.5 {
				t.Errorf("%s, %s: contrast, texts and the worst are %s", path, scheme, seen)
			}
		}
		b.do("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
		if shown := b.eval(`[...document.querySelectorAll("button, input, select, form, nav")].filter(e => e.checkVisibility()).map(e => e.outerHTML).join()`); shown != "" {
			t.Errorf("%s is printed with %s", path, shown)
		}
		if paper := b.eval(`getComputedStyle(document.documentElement).colorScheme`); paper != "light" {
			t.Errorf("%s is printed for %s paper", path, paper)
		}
	}
	b.quiet(s.address)
}
