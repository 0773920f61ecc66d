// The whole document as JSON or YAML, with suggestions from the schema and the
// service's own problems at their places.

import { Editor } from '../editor/editor.jsx';
import { schemaSource } from '../editor/schema.js';
import { sentence } from '../parts/parts.jsx';
import { typeText, unfinished } from '../state/draft.js';
import { plainPlace } from '../state/lines.js';
import { pathOf } from '../state/pointer.js';
import { state } from '../state/store.js';
import { locator } from '../state/text.js';
import { t } from '../words/words.js';
import { lineAt, lineOf } from './marks.js';

const names = { json: 'JSON', yaml: 'YAML' };
const sources = {
  json: [schemaSource(() => state.schema, 'json')],
  yaml: [schemaSource(() => state.schema, 'yaml')],
};

export function DocumentView() {
  const { text, broken } = state.draft;
  const { format } = state.base;
  const found = findings();
  const marks = found.filter(({ place }) => place).map(({ place, severity, detail }) => ({ ...place, severity, message: sentence(detail) }));
  return (
    <div class="page page-wide document">
      <h1>{t('document.title')}</h1>
      <p class="lead">{t('document.lead')}</p>
      <Editor label={t('document.label', { format: names[format] })} language={format} size="full" value={text}
        onChange={typeText} diagnostics={marks} sources={sources[format]} invalid={Boolean(broken) || state.check.errors.length > 0} />
      <Findings found={found} />
    </div>
  );
}

/** The problems and warnings of the text that is shown, with their places in it. */
function findings() {
  const { draft, check } = state;
  if (check.text !== draft.text) return [];
  const locate = draft.broken ? () => null : locator(draft.text);
  return [
    ...check.errors.map((p) => ({ ...p, severity: 'error' })),
    ...unfinished().map((p) => ({ ...p, severity: 'error' })),
    ...check.warnings.map((p) => ({ ...p, severity: 'warning' })),
  ].map((p) => {
    const line = p.line ?? lineOf(p.detail); // a text that is not YAML or JSON
    const place = locate(pathOf(p.pointer)) ?? lineAt(draft.text, line || 1);
    return { ...p, line, place: place && { from: plainPlace(draft.text, place.from), to: plainPlace(draft.text, place.to) } };
  });
}

function Findings({ found }) {
  return (
    <section class="findings" aria-label={t('document.problems')} aria-live="polite">
      {found.length === 0 && !state.check.pending && <p class="muted">{t('save.fine')}</p>}
      {found.length > 0 && (
        <ul>
          {found.map((p) => (
            <li key={p.severity + p.pointer + p.detail} class={p.severity === 'error' ? 'bad' : 'warn'}>
              <code>{p.pointer || t('document.whole')}</code> {p.detail}{p.line > 0 && <span class="muted"> ({t('document.line', { n: p.line })})</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
