// Small parts that every view uses.

import { useRef } from 'preact/hooks';
import { t } from '../words/words.js';
import { useId } from './id.js';

const describedBy = (id, help, problems) =>
  [help && `${id}-help`, problems.length > 0 && `${id}-problem`].filter(Boolean).join(' ') || undefined;

/** A labelled control with its help and its problems, all tied together. children gets the control's attributes. */
export function Field({ label, help, problems = [], required = false, wide = false, children }) {
  const id = useId();
  const control = { id, 'aria-describedby': describedBy(id, help, problems), 'aria-invalid': problems.length > 0 ? 'true' : undefined, 'aria-required': required ? 'true' : undefined };
  return (
    <div class={`field ${wide ? 'field-wide' : ''}`}>
      <label for={id}>{label}{required && <span class="required"> {t('field.required')}</span>}</label>
      {children(control)}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      <Problems id={`${id}-problem`} problems={problems} />
    </div>
  );
}

/** The problems of one place. */
export function Problems({ id, problems }) {
  if (problems.length === 0) return null;
  return (
    <ul class="problems" id={id}>
      {problems.map((p) => <li key={p.pointer + p.detail}>{sentence(p.detail)}</li>)}
    </ul>
  );
}

/** The service's sentences lack their subject; beside a field they need none. */
export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) + (/[.!?。]$/.test(text) ? '' : '.') : '');

export function TextField({ label, help, problems, required, value, onInput, type = 'text', placeholder, autocomplete = 'off', wide, disabled }) {
  return (
    <Field {...{ label, help, problems, required, wide }}>
      {(control) => (
        <input {...control} {...{ type, placeholder, autocomplete, disabled }} spellcheck={false} value={value ?? ''}
          onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export function CheckField({ label, help, problems = [], checked, onChange }) {
  const id = useId();
  return (
    <div class="field field-check">
      <input type="checkbox" id={id} checked={checked} aria-describedby={describedBy(id, help, problems)}
        aria-invalid={problems.length > 0 ? 'true' : undefined} onChange={(event) => onChange(event.currentTarget.checked)} />
      <div>
        <label for={id}>{label}</label>
        {help && <p class="help" id={`${id}-help`}>{help}</p>}
        <Problems id={`${id}-problem`} problems={problems} />
      </div>
    </div>
  );
}

/** One of a few: a row of radio buttons that looks like one control. */
export function Choice({ label, value, options, onChange, hideLabel = false }) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class={hideLabel ? 'hidden' : ''}>{label}</legend>
      <div class="segments">
        {options.map(([key, text]) => (
          <label key={key}>
            <input type="radio" name={name} value={key} checked={key === value} onChange={() => onChange(key)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Notice({ kind = 'plain', title, children, actions }) {
  return (
    <div class={`notice notice-${kind}`}>
      <div class="notice-body">
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

export function Empty({ title, children }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}

/** What went wrong with a call, in the service's words. */
export function Failure({ error }) {
  const { data } = error;
  return (
    <Notice kind="bad" title={error.title || t('api.unreachable')}>
      {error.message && error.title && <p>{error.message}</p>}
      {error.hint && <p>{error.hint}</p>}
      {data?.statusCode && <p>{t('api.mailgun', { status: data.statusCode, message: data.message ?? '' })}</p>}
      {error.errors?.length > 0 && <Problems problems={error.errors.map((p) => ({ ...p, detail: `${p.pointer || t('document.whole')} ${p.detail}` }))} />}
      {error.requestId && <p class="help">{t('api.request', { id: error.requestId })}</p>}
    </Notice>
  );
}

/** Tabs that the arrow keys move among. items: [{id, label, note}]. */
export function Tabs({ label, items, current, onSelect, panel, vertical = false }) {
  const list = useRef(null);
  const first = items.some((item) => item.id === current) ? current : items[0]?.id; // that Tab reaches
  const move = (event) => {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const i = items.findIndex((item) => item.id === first);
    const next = Number.isFinite(step) ? (i + step + items.length) % items.length : step > 0 ? items.length - 1 : 0;
    onSelect(items[next].id);
    list.current.children[next].focus();
  };
  return (
    <div class={`tabs ${vertical ? 'tabs-vertical' : ''}`} role="tablist" aria-label={label} aria-orientation={vertical ? 'vertical' : 'horizontal'} ref={list} onKeyDown={move}>
      {items.map(({ id, label: text, note, bad }) => (
        <button key={id} type="button" role="tab" aria-selected={id === current ? 'true' : 'false'} aria-controls={id === current ? panel : undefined}
          tabIndex={id === first ? 0 : -1} onClick={() => onSelect(id)}>
          <span class="tab-name">{text}{bad && <span class="tab-bad" title={t('document.problems')}> ●<span class="hidden"> {t('document.problems')}</span></span>}</span>
          {note && <span class="tab-note">{note}</span>}
        </button>
      ))}
    </div>
  );
}
