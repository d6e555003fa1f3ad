package page

import (
	"strings"
	"testing"

	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// quiet fails the test where a browser complained or asked others for something.
func (b *browser) quiet(server string) {
	b.t.Helper()
	if said, foreign := b.said(), b.foreign(server); len(said)+len(foreign) > 0 {
		b.t.Errorf("the console has %q; of others was asked %q", said, foreign)
	}
}

// TestBrowserLive: changes arrive without a reload, and the focus stays where it is; checks
// are run by keyboard.
func TestBrowserLive(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay", "mailbox")
	b := browse(t)
	b.size(1280, 900, "light")
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/"), "All 2 checks are OK") })
	b.visit(s.address + "/")
	b.until(`document.getElementById("live").textContent`, "live")
	b.eval(`window.here = 1`)

	hold := make(chan bool)
	s.mu.Lock()
	s.hold = hold
	s.mu.Unlock()
	s.say(full("mx1.example.org"))
	const item = `document.querySelector('a[href="/check/relay"]').closest(".item")`
	b.eval(item + `.querySelector("button").focus()`)
	b.press("Enter")
	b.until(item+`.classList.contains("running") + " " + document.activeElement.getAttribute("aria-label")`, "true Run relay now")
	close(hold)
	b.until(item+`.closest("section").querySelector("h2").textContent.trim()`, "Needs attention 1")
	b.until(`document.querySelector("h1").textContent`, "1 of 2 checks is not OK")
	b.until(`document.activeElement.getAttribute("aria-label")`, "Run relay now")
	b.until(`document.getElementById("says").textContent`, "relay is CRITICAL")
	b.until(`document.title`, "1 of 2 checks is not OK · Mail of Example")
	b.until(`String(document.getElementById("icon").getAttribute("href").startsWith("/assets/critical-"))`, "true")
	b.until(`document.querySelector("#incidents a").textContent`, "relay")
	if got := b.eval(`[window.here, getComputedStyle(document.activeElement).outlineStyle].join()`); got != "1,solid" {
		t.Errorf("the page was loaded anew, or the focus is not to be seen: %s", got)
	}

	s.say(fine)
	b.press("Enter")
	b.until(`document.querySelector("h1").textContent`, "All 2 checks are OK")
	b.until(item+`.closest("section").querySelector("h2").textContent.trim()`, "berlin 1")
	b.until(`[document.activeElement.getAttribute("aria-label"), document.querySelector(".attention").hidden].join()`, "Run relay now,true")

	// A file that was replaced is shown without a reload, too.
	kinds := []probe.Kind{s.scheduler.Suite().Checks[0].Kind}
	changed, _ := suite.Parse(s.scheduler.Suite().Name, []byte("checks: [{name: new, kind: smtp, target: mx3.example.org, every: 24h}]"), kinds)
	s.scheduler.Replace(changed)
	b.until(`[window.here, document.querySelectorAll(".item").length, document.querySelector(".item a").textContent].join()`, "1,1,new")
	b.quiet(s.address)
}

// TestBrowserCheck: the page of a check follows its runs, charts are walked through by
// keyboard, and it is silenced without leaving the page.
func TestBrowserCheck(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay")
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/check/relay"), `class="chart"`) })
	b := browse(t)
	b.size(390, 800, "dark")
	b.visit(s.address + "/check/relay?from=-90d")
	b.until(`document.getElementById("live").textContent`, "live")
	if wide := b.eval(`String(document.documentElement.scrollWidth)`); wide != "390" {
		t.Errorf("the page is %s wide, and the window 390", wide)
	}
	b.eval(`window.here = 1`)
	s.say(full("mx1.example.org"))
	b.eval(`document.querySelector("[data-run]").focus()`)
	b.press("Enter")
	b.until(`document.querySelector("#head .badge").textContent`, "CRITICAL")
	b.until(`document.querySelector("#results tbody .badge").textContent`, "CRITICAL")
	b.until(`[window.here, document.activeElement.hasAttribute("data-run")].join()`, "1,true")

	b.eval(`document.querySelector(".do").open = true`)
	b.eval(`document.querySelector('[action="/silence"] [name=by]').value = "alice"; document.querySelector('[action="/silence"] [name=reason]').value = "new disk"; document.querySelector('[action="/silence"] button').focus()`)
	b.press("Enter")
	b.until(`String(/silenced until .* by alice: new disk/.test(document.querySelector("#head").textContent))`, "true")

	// The chart of the whole is not: how long that takes is the machine's.
	b.eval(`document.querySelector('.chart[aria-label="time of greeting"]').focus()`)
	b.press("End")
	b.press("ArrowLeft")
	b.press("ArrowRight")
	b.until(`String(/median 5.00 ms.* 2 times/.test(document.getElementById("tip").textContent))`, "true")
	b.quiet(s.address)
}

// TestBrowserChart: a chart of 90 days has all of them, and is zoomed into by mouse, and from
// there by keyboard.
func TestBrowserChart(t *testing.T) {
	s := open(t, two, fine)
	s.fill("relay", 90)
	b := browse(t)
	b.size(1280, 900, "light")
	b.visit(s.address + "/check/relay?from=-89d")
	const chart = `document.querySelector('.chart[aria-label="time of rcpt"]')`
	if got := b.eval(`[document.querySelectorAll(".bars g").length, ` + chart + `.querySelectorAll(".hover").length].join()`); got != "90,90" {
		t.Errorf("bars and points are %s, of 90 days", got)
	}
	const limits = `(() => { const p = ` + chart + `.querySelectorAll(".hover"); return [p[9].dataset.at, p[19].dataset.to].join() })()`
	b.zoomed(b.eval(limits), func() { b.drag(chart, 9.5/90, 19.5/90) })
	if got := b.eval(chart + `.querySelectorAll(".hover").length`); got != "11" && got != "12" { // it ends with the beginning of the twelfth
		t.Errorf("after the zoom the chart has %s points", got)
	}
	b.drag(chart, 0.5, 0.501) // a click is no drag
	b.eval(chart + `.focus()`)
	b.press("Home")
	b.press("ArrowRight")
	b.until(`String(/median .*, 1 times/.test(document.getElementById("tip").textContent))`, "true")
	b.zoomed(b.eval(`(p => [p.dataset.at, p.dataset.to].join())(`+chart+`.querySelectorAll(".hover")[1])`), func() { b.press("Enter") })
	b.until(`String(/Bars are hours/.test(document.body.textContent))`, "true")
	b.quiet(s.address)
}

// zoomed does something that zooms into a chart, and waits for the page of a time.
func (b *browser) zoomed(limits string, do func()) {
	b.t.Helper()
	do()
	b.waitLoad()
	b.until(`(q => [q.get("from"), q.get("to")].join())(new URLSearchParams(location.search))`, limits)
}

// hostile is what an attacker would like to be read by a browser, a terminal or a person.
const hostile = `<script>document.title='owned'</script><img src=x onerror="document.title='owned'">"'><svg onload=document.title='owned'>` + "\u202egnp.exe \x1b[31m\x07 {{.}} </title></textarea>"

// TestBrowserHostile: nothing that a server, or the file, says is obeyed.
func TestBrowserHostile(t *testing.T) {
	const name = `<b onmouseover=alert(1)>"'x</b>`
	s := open(t, strings.ReplaceAll(`
title: '<script>document.title="owned"</script>'
defaults: {every: 24h, alert_after: 1, public: true}
groups: {'NAMEg': {tags: ['NAMEt']}}
checks:
  - {name: 'NAME', kind: smtp, target: mx1.example.org, group: 'NAMEg'}
  - {name: 'fine', kind: smtp, target: mx2.example.org}
`, "NAME", strings.ReplaceAll(name, "'", "''")), func(host string) (probe.Status, string) {
		if host == "mx1.example.org" {
			return probe.Critical, hostile
		}
		return probe.OK, hostile
	})
	s.run(name, "fine")
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/"), "1 of 2 checks is not OK") })
	b := browse(t)
	pages := []string{"/", "/check/fine", "/result/fine", "/public", s.page.link("check", name), s.page.link("result", name), "/incident/" + between(t, s.get("/"), `/incident/`, `"`),
		"/badge/status/" + strings.TrimPrefix(s.page.link("", name), "//") + ".svg", "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"}
	for _, path := range pages {
		b.visit(s.address + path)
		if got := b.eval(`[document.title === "owned", document.querySelectorAll("script:not([src]), img, b[onmouseover], [onload], [onerror]").length].join()`); got != "false,0" {
			t.Errorf("%s: what was said is obeyed: %s", path, got)
		}
		if got := b.eval(`String(/[\u202e\u001b\u0007]/.test(document.documentElement.textContent))`); got != "false" {
			t.Errorf("%s has characters that deceive", path)
		}
	}
	b.visit(s.address + "/")
	b.until(`document.getElementById("live").textContent`, "live")
	s.say(fine)
	s.run(name)
	b.until(`document.querySelector("h1").textContent`, "All 2 checks are OK")
	if got := b.eval(`[document.title, document.querySelectorAll("script:not([src]), img, b[onmouseover], [onload]").length].join()`); strings.Contains(got, "owned,") || !strings.HasSuffix(got, ",0") {
		t.Errorf("a change is obeyed: %s", got)
	}
	b.quiet(s.address)
}

// TestBrowserWithoutScript: the page works without.
func TestBrowserWithoutScript(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay", "mailbox")
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/"), "All 2 checks are OK") })
	b := browse(t)
	b.size(1280, 900, "light")
	b.do("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.visit(s.address + "/?tag=mx")
	count := func(want string) {
		t.Helper()
		b.until(`[document.querySelectorAll(".item").length, document.querySelectorAll("meta[http-equiv=refresh]").length].join()`, want)
	}
	count("1,1")
	s.say(full("mx1.example.org"))
	b.focus(".item button") // without a script, as somebody does
	b.press("Enter")
	b.waitLoad()
	s.wait("relay has run", func() bool { return strings.Contains(s.get("/"), "1 of 2 checks is not OK") })
	b.visit(s.address + "/")
	b.until(`document.querySelector("h1").textContent + document.querySelectorAll(".attention .item").length`, "1 of 2 checks is not OK1")
	count("2,1")
	b.quiet(s.address)
}

// TestBrowserNotices: the tests above would notice a page that obeys, complains or asks others.
func TestBrowserNotices(t *testing.T) {
	s := open(t, two, fine)
	b := browse(t)
	b.visit(s.address + "/check/none")
	b.do("Runtime.evaluate", map[string]any{"expression": `console.error("bad"); new Image().src = "http://far.example.org/far"`}, nil)
	s.wait("the test notices", func() bool { return len(b.said()) > 0 && len(b.foreign(s.address)) == 1 })
}
