// A built-in mail as it looks with the draft's brand, on a light screen and on a dark one.

import { useState } from 'preact/hooks';
import { Field } from '../parts/parts.jsx';
import { MailFrame } from '../parts/mailframe.jsx';
import { payloadOf } from '../state/payload.js';
import { member } from '../state/draft.js';
import { state } from '../state/store.js';
import { language as pageLanguage, languageName, t } from '../words/words.js';
import { RemoteImages } from './images.jsx';
import { PreviewFailure } from './preview.jsx';
import { TestForm } from './test.jsx';
import { usePreview } from './usepreview.js';

/** The draft without mails of its own, so that it is the built-in ones that show. */
function branded() {
  const { deliveries, templates, layout, ...rest } = state.draft.value ?? {};
  return rest;
}

export function BrandPreview() {
  const [type, setType] = useState('SignIn');
  const [chosen, setLanguage] = useState(null);
  const [images, setImages] = useState(false);
  const [remote, setRemote] = useState({ https: 0, other: 0 });
  const languages = member('brand', 'languages') ?? state.mails?.builtin ?? [];
  const language = languages.includes(chosen) ? chosen : languages.includes(pageLanguage) ? pageLanguage : languages[0] ?? 'en';
  const isNamed = Boolean(member('brand', 'name'));
  const payload = isNamed ? { ...payloadOf(type), locale: language } : null;
  const { mail, failure } = usePreview(type, payload, branded);
  const types = (state.mails?.types ?? []).filter((row) => row.builtin);
  return (
    <section class="card brand-preview" aria-label={t('preview.title')}>
      <h2>{t('preview.title')}</h2>
      {isNamed ? (
        <>
          <div class="filters">
            <Choose label={t('messages.type')} value={type} options={types.map((row) => [row.type, row.type])} onChange={setType} />
            <Choose label={t('brand.language')} value={language} options={languages.map((tag) => [tag, languageName(tag)])} onChange={setLanguage} />
          </div>
          {failure && <PreviewFailure failure={failure} />}
          {mail && (
            <>
              <p class="strong brand-subject">{mail.subject}</p>
              <RemoteImages remote={remote} isOn={images} onLoad={() => setImages(true)} />
              <div class="both-schemes">
                {['light', 'dark'].map((scheme) => (
                  <figure key={scheme}>
                    <figcaption class="muted">{t(`preview.${scheme}`)}</figcaption>
                    <MailFrame html={mail.html} scheme={scheme} phone images={images} title={`${t('preview.frame')}, ${t(`preview.${scheme}`)}`} onRemote={setRemote} />
                  </figure>
                ))}
              </div>
            </>
          )}
          <TestForm key={`${type}/${language}`} type={type} payload={payload} configOf={branded} />
        </>
      ) : <p class="muted">{t('brand.noName')}</p>}
    </section>
  );
}

function Choose({ label, value, options, onChange }) {
  return (
    <Field label={label}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
        </select>
      )}
    </Field>
  );
}
