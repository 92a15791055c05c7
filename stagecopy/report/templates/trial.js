document.querySelectorAll("table.sortable").forEach(function (table) {
  table.querySelectorAll("thead th button").forEach(function (button, index) {
    button.addEventListener("click", function () {
      var head = button.parentElement;
      var first = head.classList.contains("n") ? "descending" : "ascending";
      var other = first === "descending" ? "ascending" : "descending";
      var order = head.getAttribute("aria-sort") === first ? other : first;
      table.querySelectorAll("thead th").forEach(function (each) { each.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", order);
      var body = table.tBodies[0];
      var key = function (row) {
        var cell = row.cells[index];
        return cell.dataset.n === undefined ? cell.textContent.trim() : Number(cell.dataset.n);
      };
      Array.from(body.rows)
        .sort(function (one, other) {
          var a = key(one), b = key(other);
          var difference = typeof a === "number" ? a - b : a.localeCompare(b);
          return order === "descending" ? -difference : difference;
        })
        .forEach(function (row) { body.appendChild(row); });
    });
  });
});
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (each) { each.open = true; });
});
