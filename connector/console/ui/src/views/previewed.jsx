// One mail to look at: its head, its parts, what is odd about it. The preview and
// the inbox show mails with it.

import { useState } from 'preact/hooks';
import { useId } from '../parts/id.js';
import { Choice, Notice, Tabs } from '../parts/parts.jsx';
import { hasDark, MailFrame } from '../parts/mailframe.jsx';
import { t } from '../words/words.js';
import { RemoteImages } from './images.jsx';

const clipped = 102 * 1024; // bytes of HTML that Gmail shows
const sizeOf = (text) => new TextEncoder().encode(text).length;

export function PreviewedMail({ mail }) {
  const parts = mail.template
    ? [['variables', t('preview.variables')]]
    : [['html', t('preview.html')], ['text', t('preview.text')]];
  const [chosen, setPart] = useState('html');
  const panel = useId();
  const part = parts.some(([id]) => id === chosen) ? chosen : parts[0][0];
  return (
    <div class="previewed">
      <dl class="mail-facts">
        <Fact name="preview.subject" value={mail.subject} strong missing={t('preview.noSubject')} />
        <Fact name="preview.from" value={mail.from} />
        {mail.to && <Fact name="inbox.to" value={mail.to} />}
        {mail.replyTo && <Fact name="preview.replyTo" value={mail.replyTo} />}
        {mail.source && <Fact name="preview.source" value={mail.source} />}
      </dl>
      {mail.unresolved?.length > 0 && (
        <Notice kind="warn"><p>{t('preview.unresolved')} {mail.unresolved.map((name) => <code key={name}>{isSyntax(name) ? name : `{{${name}}}`} </code>)}</p></Notice>
      )}
      <Tabs label={t('preview.title')} items={parts.map(([id, label]) => ({ id, label }))} current={part} onSelect={setPart} panel={panel} />
      <div role="tabpanel" id={panel} aria-label={parts.find(([id]) => id === part)[1]}>
        {part === 'html' && <HTMLPart html={mail.html} isChecked={Boolean(mail.warnings)} />}
        {part === 'text' && (mail.text ? <pre class="text-part" tabIndex={0}>{mail.text}</pre> : <p class="muted">{t('preview.noText')}</p>)}
        {part === 'variables' && <Variables mail={mail} />}
      </div>
    </div>
  );
}

/** Tells what belongs to another template language from the name of a placeholder. */
const isSyntax = (name) => /[{}<>%]/.test(name);

function Fact({ name, value, strong, missing = '' }) {
  return (
    <div>
      <dt>{t(name)}</dt>
      <dd class={strong ? 'strong' : ''}>{value || <span class="muted">{missing}</span>}</dd>
    </div>
  );
}

/** isChecked says that what is wrong with the mail is told elsewhere. */
function HTMLPart({ html, isChecked }) {
  const [width, setWidth] = useState(innerWidth <= 800 ? 'phone' : 'desktop');
  const [scheme, setScheme] = useState(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const [remote, setRemote] = useState({ https: 0, other: 0 });
  const [images, setImages] = useState(false);
  if (!html) return <p class="muted">{t('preview.noHtml')}</p>;
  const size = sizeOf(html);
  return (
    <>
      <div class="preview-tools">
        <Choice hideLabel label={t('preview.width')} value={width} onChange={setWidth} options={[['desktop', t('preview.desktop')], ['phone', t('preview.phone')]]} />
        <Choice hideLabel label={t('preview.scheme')} value={scheme} onChange={setScheme} options={[['light', t('preview.light')], ['dark', t('preview.dark')]]} />
      </div>
      {!isChecked && size > clipped && <Notice kind="warn"><p>{t('preview.large', { size: Math.ceil(size / 1024) })}</p></Notice>}
      <RemoteImages remote={remote} isOn={images} onLoad={() => setImages(true)} />
      {scheme === 'dark' && !hasDark(html) && <Notice><p>{t('preview.noDark')}</p></Notice>}
      <MailFrame html={html} scheme={scheme} phone={width === 'phone'} images={images} onRemote={setRemote} />
    </>
  );
}

function Variables({ mail }) {
  return (
    <>
      <p class="muted">{t('preview.template', { name: mail.template })}</p>
      <pre class="text-part" tabIndex={0}>{JSON.stringify(mail.variables ?? {}, null, 2)}</pre>
    </>
  );
}
