// The whole document as JSON or YAML, with suggestions from the schema and the
// service's own problems at their places.

import { Editor } from '../editor/editor.jsx';
import { schemaSource } from '../editor/schema.js';
import { Choice, sentence } from '../parts/parts.jsx';
import { setFormat, typeText, unfinished } from '../state/draft.js';
import { pathOf } from '../state/pointer.js';
import { state } from '../state/store.js';
import { locator } from '../state/text.js';
import { t } from '../words/words.js';

const names = { json: 'JSON', yaml: 'YAML' };
const sources = {
  json: [schemaSource(() => state.schema, 'json')],
  yaml: [schemaSource(() => state.schema, 'yaml')],
};

export function DocumentView() {
  const { text, format, broken } = state.draft;
  const found = findings();
  const marks = found.filter(({ place }) => place).map(({ place, severity, detail }) => ({ ...place, severity, message: sentence(detail) }));
  const hasComments = format === 'json' && state.base.format === 'yaml' && /^\s*#/m.test(state.base.text);
  return (
    <div class="page page-wide document">
      <div class="spread">
        <h1>{t('document.title')}</h1>
        <Choice hideLabel label={t('document.format')} value={format} onChange={setFormat} options={Object.entries(names)} />
      </div>
      <p class="lead">{t('document.lead')} {hasComments && t('document.commentsGo')}</p>
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
  const lines = draft.text.split('\n');
  return [
    ...check.errors.map((p) => ({ ...p, severity: 'error' })),
    ...unfinished().map((p) => ({ ...p, severity: 'error' })),
    ...check.warnings.map((p) => ({ ...p, severity: 'warning' })),
  ].map((p) => {
    const line = check.lines ? p.line ?? Number(p.detail.match(/\bline (\d+)/)?.[1] ?? 0) : 0; // a text that is no YAML or JSON
    return { ...p, line, place: locate(pathOf(p.pointer)) ?? lineAt(lines, line || 1) };
  });
}

function lineAt(lines, n) {
  if (n < 1 || n > lines.length) return null;
  const from = lines.slice(0, n - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return { from, to: from + lines[n - 1].length };
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
