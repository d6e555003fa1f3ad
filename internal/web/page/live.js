(function () {
  var page = document.querySelector(".page[data-live]");
  if (!page) return;
  document.documentElement.classList.add("script");
  var live = document.getElementById("live"), says = document.getElementById("says");
  var tip = document.body.appendChild(document.createElement("div"));
  tip.id = "tip";
  tip.hidden = true;

  function say(text) { if (text) says.textContent = text; }
  function fragment(html) {
    var t = document.createElement("template");
    t.innerHTML = html;
    return t.content;
  }

  // Parts are replaced without taking the focus away from where it is.
  var focusable = "a, button, input, select, pre, .chart";
  function nameOf(e) { return e.tagName + " " + (e.getAttribute("href") || e.getAttribute("action") || e.name || e.id || e.getAttribute("aria-label") || e.className); }
  function keepingFocus(inside, change) {
    var e = document.activeElement, had = inside && e && inside !== e && inside.contains(e);
    var name = had && nameOf(e), at = had && Array.prototype.indexOf.call(inside.querySelectorAll(focusable), e);
    var now = change() || inside;
    if (!had || document.activeElement === e && now.contains(e)) return;
    var all = Array.prototype.slice.call(now.querySelectorAll(focusable));
    var to = all.filter(function (x) { return nameOf(x) === name; })[0] || all[Math.min(at, all.length - 1)];
    if (to) to.focus({ preventScroll: true });
  }
  function typing(inside) {
    var e = document.activeElement;
    return e && inside.contains(e) && e.matches("input, select, .chart");
  }
  function fill(part, html) {
    keepingFocus(part, function () { part.replaceChildren(fragment(html)); });
  }

  // The items of the overview.
  function count(list) {
    var section = list.closest("section"), n = list.querySelectorAll(".item").length;
    section.hidden = n === 0;
    section.querySelector("[data-count]").textContent = n;
  }
  function put(item) {
    var list = document.getElementById(item.dataset.place);
    if (!list) return refetch();
    var from = item.parentNode;
    var after = Array.prototype.filter.call(list.children, function (x) { return x !== item && +x.dataset.order > +item.dataset.order; })[0] || null;
    if (from !== list || item.nextElementSibling !== after) list.insertBefore(item, after);
    if (from && from !== list) count(from);
    count(list);
  }
  function running(inside, on) {
    inside.classList.toggle("running", on);
    inside.querySelectorAll("[data-run]").forEach(function (b) {
      if (on) b.setAttribute("aria-disabled", "true"); else b.removeAttribute("aria-disabled");
      b.querySelector("span").textContent = on ? "running" : "run now";
    });
  }
  function change(c) {
    var item = document.getElementById(c.key);
    if (!item) return;
    if (c.html) {
      keepingFocus(item, function () {
        var next = fragment(c.html).firstElementChild;
        item.replaceWith(next);
        put(next);
        return next;
      });
      return;
    }
    running(item, c.running);
    set(item, "[data-up]", c.up);
    set(item, "[data-median]", c.median);
    var time = item.querySelector("[data-checked]");
    if (time && c.ended && time.dateTime !== c.ended) {
      time.dateTime = c.ended;
      time.title = c.ended;
      time.textContent = "just now";
    }
  }
  function set(item, what, text) {
    var e = item.querySelector(what);
    if (e && e.textContent !== text) e.textContent = text;
  }

  // The page is fetched anew where the server says so, and of a check where it has run.
  var fetching = false, again = false;
  function refetch() {
    if (fetching) { again = true; return; }
    fetching = true;
    fetch(location.href, { credentials: "same-origin" }).then(function (r) {
      if (!r.ok) throw new Error(r.status);
      return r.text();
    }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html");
      document.title = fresh.title;
      var now = fresh.querySelector(".page");
      if (now) page.dataset.live = now.dataset.live;
      page.querySelectorAll("#head, #notices, #checks, #incidents, #certificates, [data-part]").forEach(function (part) {
        var next = part.id && fresh.getElementById(part.id);
        if (!next || typing(part) || part.querySelector(".drag")) return;
        keepingFocus(part, function () {
          part.className = next.className;
          part.replaceChildren.apply(part, Array.prototype.slice.call(next.childNodes));
        });
      });
      prepare();
      links();
      state(true);
    }).catch(function () { setTimeout(refetch, 5000); }).finally(function () {
      fetching = false;
      if (again) { again = false; refetch(); }
    });
  }

  // What is empty is not linked to.
  function links() {
    var link = document.getElementById("to-certificates");
    if (link) link.hidden = !document.getElementById("certificates").firstElementChild;
  }

  function state(on) {
    live = document.getElementById("live");
    if (!live) return;
    live.classList.toggle("on", on);
    live.textContent = on ? "live" : "connecting";
  }
  function receive(e) {
    var m = JSON.parse(e.data);
    say(m.says);
    var own = page.dataset.check;
    (m.items || []).forEach(function (c) {
      if (!own) return change(c);
      if (c.key !== own) return;
      running(document.getElementById("head"), c.running);
      if (!c.running) refetch();
    });
    if (own) return;
    if (m.title) document.title = m.title;
    var icon = document.getElementById("icon");
    if (icon && m.icon && icon.getAttribute("href") !== m.icon) icon.href = m.icon;
    Object.keys(m.parts || {}).forEach(function (name) {
      var part = document.getElementById(name);
      if (part) fill(part, m.parts[name]);
    });
    links();
    state(true);
  }
  function connect() {
    var source = new EventSource(page.dataset.live);
    source.onopen = function () { state(true); };
    source.onmessage = receive;
    source.addEventListener("reload", function () { setTimeout(refetch, 1500 * Math.random()); }); // not all at once
    source.onerror = function () {
      state(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 15000);
    };
    addEventListener("pagehide", function () { source.close(); });
    addEventListener("pageshow", function (e) { if (e.persisted) location.reload(); });
  }

  // Buttons act without leaving the page.
  document.addEventListener("submit", function (e) {
    var form = e.target;
    if (!form.matches(".act")) return;
    e.preventDefault();
    var button = form.querySelector("button");
    if (button.getAttribute("aria-disabled") === "true") return;
    fetch(form.action, { method: "POST", headers: { "X-Requested-With": "script" }, body: new URLSearchParams(new FormData(form)), credentials: "same-origin" })
      .then(function (r) {
        if (!r.ok) return r.text().then(function (text) { fail(form, text.trim() || "HTTP " + r.status); });
        var box = form.closest("details");
        if (box) box.open = false;
        if (button.hasAttribute("data-run")) { running(form.closest(".item") || document.getElementById("head"), true); say("started"); } else refetch();
      }).catch(function () { fail(form, "the server cannot be reached"); });
  });
  function fail(form, text) {
    var p = form.querySelector(".fault") || form.appendChild(document.createElement("p"));
    p.className = "fault";
    p.setAttribute("role", "alert");
    p.textContent = text;
  }

  // What a bar or a point of a chart stands for.
  function show(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 8 : y + 18) + "px";
  }
  function dateOf(iso, each) {
    var d = new Date(iso), text = d.getUTCDate() + " " + d.toLocaleString("en", { month: "short", timeZone: "UTC" }) + " " + d.getUTCFullYear();
    return each < 86400 ? text + " " + d.toISOString().slice(11, 16) : text;
  }
  document.addEventListener("pointermove", function (e) {
    var strip = e.target.closest && e.target.closest("svg[data-start]");
    if (!strip) { tip.hidden = true; return; }
    var box = strip.getBoundingClientRect(), width = strip.viewBox.baseVal.width;
    var i = Math.floor((e.clientX - box.left) / box.width * width / 10), each = +strip.dataset.each;
    var note = (strip.dataset.notes || "").split("\n").filter(function (l) { return parseInt(l, 10) === i; })[0];
    var text = note ? note.slice(note.indexOf(" ") + 1) : "OK";
    strip.querySelectorAll("path.none.whole").forEach(function (p) {
      if (!note && new RegExp("M\\d+ 16h\\d+").test(p.getAttribute("d")) && p.getAttribute("d").match(/M\d+ 16h\d+/g).some(function (s) {
        var n = s.match(/\d+/g);
        return i * 10 >= +n[0] && i * 10 < +n[0] + +n[2];
      })) text = "no results";
    });
    show(dateOf(Date.parse(strip.dataset.start) + i * each * 1000, each) + ": " + text, e.clientX, e.clientY);
  });
  document.addEventListener("pointerleave", function () { tip.hidden = true; });

  // Charts: the arrow keys walk, Enter and a drag zoom in.
  function zoom(from, to) {
    var q = new URLSearchParams({ from: from, to: to });
    location.assign(location.pathname + "?" + q + "#times");
  }
  function pointsOf(chart) { return Array.prototype.slice.call(chart.querySelectorAll(".hover[data-at]")); }
  function pick(chart, i) {
    var all = pointsOf(chart);
    all.forEach(function (p, n) { p.classList.toggle("picked", n === i); });
    chart.dataset.at = i;
    var box = all[i].getBoundingClientRect(), text = all[i].querySelector("title").textContent;
    show(text, box.left, box.bottom - 12);
    say(text);
  }
  function key(e) {
    var chart = e.currentTarget, all = pointsOf(chart), at = chart.dataset.at === undefined ? all.length : +chart.dataset.at;
    var to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined && all.length) {
      e.preventDefault();
      pick(chart, Math.max(0, Math.min(to, all.length - 1)));
    } else if (e.key === "Enter" && all[at]) {
      zoom(all[at].dataset.at, all[at].dataset.to);
    } else if (e.key === "Escape") {
      all.forEach(function (p) { p.classList.remove("picked"); });
      tip.hidden = true;
    }
  }
  function drag(e) {
    var chart = e.currentTarget, box = chart.getBoundingClientRect(), width = chart.viewBox.baseVal.width, height = chart.viewBox.baseVal.height;
    if (e.button !== 0 || !pointsOf(chart).length) return;
    function x(event) { return Math.max(0, Math.min(width, (event.clientX - box.left) / box.width * width)); }
    var begin = x(e), rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("class", "drag");
    rect.setAttribute("height", height);
    rect.setAttribute("pointer-events", "none");
    chart.setPointerCapture(e.pointerId);
    function move(event) {
      if (!rect.parentNode) chart.appendChild(rect);
      rect.setAttribute("x", Math.min(begin, x(event)));
      rect.setAttribute("width", Math.abs(x(event) - begin));
    }
    function end(event) {
      chart.removeEventListener("pointermove", move);
      chart.removeEventListener("pointerup", end);
      chart.removeEventListener("pointercancel", end);
      rect.remove();
      var a = Math.min(begin, x(event)), b = Math.max(begin, x(event));
      if (event.type !== "pointerup" || b - a < 6) return;
      var inside = pointsOf(chart).filter(function (p) { return +p.getAttribute("x") + +p.getAttribute("width") > a && +p.getAttribute("x") < b; });
      if (inside.length) zoom(inside[0].dataset.at, inside[inside.length - 1].dataset.to);
    }
    chart.addEventListener("pointermove", move);
    chart.addEventListener("pointerup", end);
    chart.addEventListener("pointercancel", end);
  }
  function prepare() {
    document.querySelectorAll(".chart:not([tabindex])").forEach(function (chart) {
      if (!pointsOf(chart).length) return;
      chart.setAttribute("tabindex", "0");
      chart.setAttribute("role", "application");
      chart.setAttribute("aria-roledescription", "chart");
      chart.addEventListener("keydown", key);
      chart.addEventListener("pointerdown", drag);
      chart.addEventListener("blur", function () { tip.hidden = true; });
    });
  }

  prepare();
  connect();
  if (page.dataset.title) document.title = page.dataset.title;
})();
