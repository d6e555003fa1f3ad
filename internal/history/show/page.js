"use strict";
(function () {
  // The ages on the page, which are right when it is made, go on counting.
  var times = document.querySelectorAll("time[data-age]");
  function span(seconds) {
    var s = Math.floor(seconds), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (d > 0) return d + " d " + h % 24 + " h";
    if (h > 0) return h + " h " + m % 60 + " min";
    return m > 0 ? m + " min" : s + " s";
  }
  function tick() {
    times.forEach(function (t) {
      var age = (Date.now() - Date.parse(t.dateTime)) / 1000;
      if (!(age >= 0)) return;
      t.textContent = (t.dataset.before || "") + span(age) + t.dataset.age + (t.dataset.behind || "");
    });
  }
  tick();
  setInterval(tick, 5000);

  // A link to an incident opens it.
  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var details = target && target.closest("details");
    if (!details) return;
    details.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
