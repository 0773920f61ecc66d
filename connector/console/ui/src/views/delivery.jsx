// The form of a delivery: HTML, or a template that is stored at Mailgun.

import { Choice, TextField } from '../parts/parts.jsx';
import { JSONField } from '../parts/jsonfield.jsx';
import { setMember } from '../state/draft.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';
import { HTMLField, TextPartField } from './contents.jsx';

const ofHTML = ['html', 'htmlFile', 'text', 'textFile', 'layout'];
const ofTemplate = ['template', 'templateVersion', 'variables'];

const pick = (delivery, names) => Object.fromEntries(Object.entries(delivery).filter(([name]) => names.includes(name)));

export function DeliveryForm({ type, delivery }) {
  const isTemplate = 'template' in delivery;
  const path = ['deliveries', type];
  const change = (kind) => {
    const kept = { ...state.otherKind[type], [isTemplate ? 'template' : 'html']: pick(delivery, isTemplate ? ofTemplate : ofHTML) };
    update({ otherKind: { ...state.otherKind, [type]: kept } });
    const start = kind === 'template' ? { template: '' } : { html: '<p>{{code}}</p>\n' };
    const before = kept[kind] ?? {};
    setMember(path, { ...pick(delivery, ['subject', 'replyTo']), ...(Object.keys(before).length > 0 ? before : start) });
  };
  const field = (name) => ({
    value: delivery[name],
    problems: problemsAt(state.check.errors, pointerOf([...path, name])),
    onInput: (value) => setMember([...path, name], value || undefined),
  });
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <Choice label={t('mail.kind')} value={isTemplate ? 'template' : 'html'} onChange={change}
        options={[['html', t('mail.kind.html')], ['template', t('mail.kind.template')]]} />
      <TextField label={t('mail.subject')} help={t(isTemplate ? 'mail.subject.template' : 'mail.subject.help')} {...field('subject')} />
      <TextField label={t('mail.replyTo')} {...field('replyTo')} />
      {isTemplate ? <Template field={field} path={path} /> : (
        <>
          <HTMLField type={type} content={delivery} path={path} onInput={field('html').onInput} />
          <TextPartField type={type} content={delivery} path={path} onInput={field('text').onInput} />
        </>
      )}
    </form>
  );
}

function Template({ field, path }) {
  const { value, problems } = field('variables');
  const name = field('template');
  return (
    <>
      <TextField label={t('mail.template')} help={t('mail.template.help')} required {...name}
        onInput={(text) => setMember([...path, 'template'], text) /* empty, it is still a template's form */} />
      <TextField label={t('mail.templateVersion')} help={t('mail.templateVersion.help')} {...field('templateVersion')} />
      <JSONField label={t('mail.variables')} help={t('mail.variables.help')} pointer={pointerOf([...path, 'variables'])} value={value} problems={problems}
        onChange={(variables) => setMember([...path, 'variables'], variables)} />
    </>
  );
}
