// For browsers that know no modules, such as 360's compatibility mode: nothing else of ours runs
// there, so they are led to the page that shows in pictures how to change. Written in their words.
(function () {
  var knows = "noModule" in document.createElement("script");
  if (!knows && location.pathname !== "/browser") {
    location.replace("/browser?next=" + encodeURIComponent(location.pathname));
  }
})();
