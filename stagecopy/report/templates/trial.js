document.querySelectorAll("table.sortable").forEach(function (table) {
  table.querySelectorAll("thead th button").forEach(function (button, index) {
    button.addEventListener("click", function () {
      var head = button.parentElement;
      var down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach(function (each) { each.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var body = table.tBodies[0];
      var key = function (row) {
        var cell = row.cells[index];
        return cell.dataset.n === undefined ? cell.textContent.trim() : Number(cell.dataset.n);
      };
      Array.from(body.rows)
        .sort(function (one, other) {
          var a = key(one), b = key(other);
          var order = typeof a === "number" ? a - b : a.localeCompare(b);
          return down ? -order : order;
        })
        .forEach(function (row) { body.appendChild(row); });
    });
  });
});
