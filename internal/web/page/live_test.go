package page

import (
	"strings"
	"testing"
	"time"

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

// TestBrowserCheck: the page of a check follows its runs, charts are walked through and
// zoomed into by keyboard, and it is silenced without leaving the page.
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
	b.press("Enter")
	b.waitLoad()
	b.until(`String(/^.from=.*T00%3A00%3A00Z&to=/.test(location.search)) + " " + /Bars are hours/.test(document.body.textContent)`, "true true")
	b.quiet(s.address)
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
		time.Sleep(50 * time.Millisecond)
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
	time.Sleep(300 * time.Millisecond)
	if len(b.said()) == 0 || len(b.foreign(s.address)) != 1 {
		t.Errorf("%q, %q", b.said(), b.foreign(s.address))
	}
}
