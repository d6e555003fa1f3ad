"use strict";
// The ages on a page, which are right when it is made, go on counting.
(function () {
  function span(seconds) {
    var s = Math.floor(seconds), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (d > 0) return d + " d " + h % 24 + " h";
    if (h > 0) return h + " h " + m % 60 + " min";
    return m > 0 ? m + " min" : s + " s";
  }
  function tick() {
    document.querySelectorAll("time[data-age]").forEach(function (t) {
      var age = (Date.now() - Date.parse(t.dateTime)) / 1000;
      if (!(age >= 0)) return;
      var text = (t.dataset.before || "") + span(age) + t.dataset.age + (t.dataset.behind || "");
      if (t.textContent !== text) t.textContent = text;
    });
  }
  tick();
  setInterval(tick, 5000);
})();
