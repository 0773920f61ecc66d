// All mails at a glance: a row for each usage type, a column for each language, and in each
// cell whose mail a request gets.

import { useRef, useState } from 'preact/hooks';
import { href } from '../parts/route.js';
import { cellKind, hasBrand } from '../state/inventory.js';
import { localizedOf, ownCount } from '../state/mails.js';
import { state } from '../state/store.js';
import { languageName, t } from '../words/words.js';

const signs = { own: '●', builtin: '○', other: '↳', missing: '–' };

/** fits tells which usage types to show. */
export function Matrix({ fits }) {
  const { mails } = state;
  if (!mails) return <p class="muted" role="status">{t('app.loading')}</p>;
  const rows = mails.types.filter(({ type, kind }) => fits(type, t(`kind.${kind}`)));
  return (
    <section class="card overview" aria-labelledby="matrix-title">
      <h2 id="matrix-title">{t('matrix.title')}</h2>
      <p class="lead">{t('matrix.lead')} {!hasBrand() && <a href={href('brand')}>{t('matrix.noBrand')}</a>}</p>
      <Legend rows={rows} languages={mails.languages} />
      {rows.length > 0 ? <Cells rows={rows} languages={mails.languages} /> : <p class="muted" role="status">{t('mails.notFound')}</p>}
    </section>
  );
}

function Legend({ rows, languages }) {
  const count = (kind) => rows.reduce((n, row) => n + languages.filter((tag) => cellKind(row, tag) === kind).length, 0);
  return (
    <ul class="legend">
      {Object.keys(signs).map((kind) => (
        <li key={kind}><span class={`cell cell-${kind}`} aria-hidden="true">{signs[kind]}</span> {t(`matrix.${kind}`)} <span class="muted">{count(kind)}</span></li>
      ))}
    </ul>
  );
}

/** The arrow keys move among the cells, of which Tab reaches one. */
function Cells({ rows, languages }) {
  const [at, setAt] = useState([0, 0]);
  const table = useRef(null);
  const [row, column] = [Math.min(at[0], rows.length - 1), Math.min(at[1], languages.length - 1)];
  const move = (event) => {
    const steps = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], Home: [0, -Infinity], End: [0, Infinity] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const inside = (n, length) => Math.min(Math.max(n, 0), length - 1);
    const next = [inside(row + step[0], rows.length), inside(column + step[1], languages.length)];
    setAt(next);
    table.current.querySelector(`[data-cell="${next.join()}"]`).focus();
  };
  return (
    <div class="table matrix">
      <table role="grid" aria-labelledby="matrix-title" ref={table} onKeyDown={move}>
        <thead>
          <tr>
            <th scope="col">{t('messages.type')}</th>
            <th scope="col" title={t('matrix.ownCount')}>{t('matrix.own')}</th>
            {languages.map((tag) => <th key={tag} scope="col" title={languageName(tag)}>{tag}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((one, i) => (
            <tr key={one.type}>
              <th scope="row"><a href={href('mails', one.type)}>{breakable(one.type)}</a> <span class="tab-note">{t(`kind.${one.kind}`)}</span></th>
              <td class="own-count">{ownCount(one.type) || ''}</td>
              {languages.map((tag, j) => <Cell key={tag} row={one} tag={tag} place={`${i},${j}`} isCurrent={i === row && j === column} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A name of several words, each of which may begin a line. */
const breakable = (type) => type.split(/(?<=[a-z0-9])(?=[A-Z])/).flatMap((word, i) => (i > 0 ? [<wbr key={i} />, word] : [word]));

function Cell({ row, tag, place, isCurrent }) {
  const kind = cellKind(row, tag);
  const source = row.sources[tag] ?? '';
  const label = `${row.type}, ${languageName(tag)}: ${t(`matrix.${kind}`)}${source && `, ${source}`}`;
  return (
    <td role="gridcell">
      <a class={`cell cell-${kind}`} href={target(row, tag, kind)} aria-label={label} title={label} data-cell={place} tabIndex={isCurrent ? 0 : -1}>{signs[kind]}</a>
    </td>
  );
}

/** Where the mail of a cell can be looked at, and edited if it is one's own. */
function target({ type, sources }, tag, kind) {
  if (kind !== 'own') return href('mails', type, tag);
  const [place, of, language] = sources[tag].split('/');
  if (place === 'deliveries') return href('mails', of);
  const own = localizedOf(of).find(({ template }) => String(template.languageTag).toLowerCase() === language);
  return href('mails', of, own?.template.languageTag ?? tag);
}
