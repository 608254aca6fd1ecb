'use strict';
(() => {
  const by = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll('tbody tr')];
  const heads = [...document.querySelectorAll('thead th.path')];
  const groups = [...document.querySelectorAll('thead .group')];
  const cells = rows.map((row) => [...row.querySelectorAll('td.c')]);
  const letters = cells.map((row) => row.map((cell) => cell.className.split(' ')[1]));
  const facts = (row) => (row.dataset.facts || '').split('|');
  const before = 2; // columns in front of the permissions
  const columns = new CSSStyleSheet();
  document.adoptedStyleSheets = [columns];
  let fadedFor = ''; // the level whose other cells are faded

  const fits = (wanted, cell, row, i) => !wanted || wanted === letters[row][i] ||
    wanted === 'any' && (letters[row][i] === 'w' || letters[row][i] === 'r') || wanted === 'm' && cell.classList.contains('m');

  function apply() {
    const text = by('rows').value.trim().toLowerCase();
    const path = by('paths').value.trim().toLowerCase();
    const level = by('level').value;
    const fact = by('fact') ? by('fact').value : '';
    const differences = by('differences').checked;
    const chosen = (row) => row.querySelector('input').checked;

    const shownRows = rows.map((row) => row.dataset.text.toLowerCase().includes(text) && (!fact || facts(row).includes(fact)) &&
      (!differences || chosen(row)));
    let shownColumns = heads.map((head) => head.dataset.path.toLowerCase().includes(path));
    if (differences) {
      const compared = rows.flatMap((row, i) => shownRows[i] ? [i] : []);
      shownColumns = shownColumns.map((shown, c) => shown && new Set(compared.map((i) => letters[i][c] + '|' + cells[i][c].title)).size > 1);
    }
    if (level) {
      const rowFits = rows.map((_, i) => shownRows[i] && cells[i].some((cell, c) => shownColumns[c] && fits(level, cell, i, c)));
      shownColumns = shownColumns.map((shown, c) => shown && cells.some((row, i) => shownRows[i] && fits(level, row[c], i, c)));
      rowFits.forEach((fit, i) => { shownRows[i] = fit; });
    }

    rows.forEach((row, i) => { row.hidden = !shownRows[i]; });
    if (level !== fadedFor) {
      cells.forEach((row, i) => row.forEach((cell, c) => cell.classList.toggle('faded', level !== '' && !fits(level, cell, i, c))));
      fadedFor = level;
    }
    columns.replaceSync(shownColumns.map((shown, c) => shown ? '' :
      `tbody td:nth-child(${c + before + 1}), thead tr.paths th:nth-child(${c + before + 1 - 2 * Number(groups.length > 0)}), ` +
      `col:nth-child(${c + before + 1}) { display: none; }`).join('\n'));
    let from = 0;
    groups.forEach((group) => {
      const all = Number(group.dataset.columns);
      const shown = shownColumns.slice(from, from + all).filter(Boolean).length;
      group.hidden = shown === 0;
      group.colSpan = Math.max(shown, 1);
      from += all;
    });
    const count = (list) => list.filter(Boolean).length;
    document.documentElement.style.setProperty('--columns', count(shownColumns));
    by('shown').value = count(shownRows) === rows.length && count(shownColumns) === heads.length ? '' :
      `Shown: ${count(shownRows)} of ${rows.length} ${document.body.dataset.rows}, ${count(shownColumns)} of ${heads.length} permissions.`;
  }

  by('filters').addEventListener('input', apply);
  by('filters').addEventListener('submit', (event) => event.preventDefault());
  by('filters').addEventListener('reset', () => {
    rows.forEach((row) => { row.querySelector('input').checked = false; });
    setTimeout(apply);
  });
  document.querySelector('tbody').addEventListener('change', apply);
  by('filters').hidden = false;
  apply();
})();
