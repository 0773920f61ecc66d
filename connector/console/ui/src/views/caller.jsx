// The card of an identity server: what to paste there, how its last call went, what its
// mails would be, and a request of its to try.

import { Notice, sentence } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { isRunning } from '../state/callers.js';
import { setupInWords } from '../words/callersetups.js';
import { findingInWords } from '../words/findings.js';
import { formatTime, t, tOr } from '../words/words.js';
import { CallerURL } from './callerurl.jsx';
import { Words } from './story.jsx';
import { TryCall } from './trycall.jsx';

const kinds = { warning: 'warn', problem: 'bad' };

export function CallerCard({ card, isOnly }) {
  const { name, type, path, setup, findings, last } = card;
  const title = `caller-${name}`;
  return (
    <section class="card" aria-labelledby={title}>
      <h2 class="story-title">
        <span id={title}>{name}</span>
        {type !== name && <span class="muted">{type}</span>}
        {!isRunning(name) && <span class="state state-warn">{t('callers.unsaved')}</span>}
      </h2>
      {!isRunning(name) && <p class="help">{t('callers.unsavedLead')}</p>}
      <div class="cards">
        <div>
          <CallerURL path={path} />
          <p>{setupInWords(type, setup)}</p>
        </div>
        <LastCalls last={last} />
      </div>
      {findings.map((finding) => <Found key={finding.detail} finding={finding} />)}
      <details class="fold" open={isOnly}>
        <summary>{t('callers.mails', { n: card.mails.length })}</summary>
        <Mails mails={card.mails} />
      </details>
      <details class="fold">
        <summary>{t('callers.try')}</summary>
        <TryCall name={name} type={type} />
      </details>
    </section>
  );
}

function Found({ finding }) {
  const { detail, hint } = findingInWords(finding);
  return <Notice kind={kinds[finding.level]}><p>{sentence(detail)} {hint}</p></Notice>;
}

function LastCalls({ last: { proven, unproven } }) {
  const isNews = unproven && (!proven || new Date(unproven.at) > new Date(proven.at));
  return (
    <div class="last-calls">
      <h3>{t('callers.last')}</h3>
      {proven ? <Call call={proven} /> : <p class="muted">{t('callers.noCall')}</p>}
      {unproven && (
        <>
          <h3>{t('callers.stranger')}</h3>
          <Call call={unproven} isNews={isNews} />
          {proven && <p class="help">{t(isNews ? 'callers.later' : 'callers.earlier')}</p>}
        </>
      )}
    </div>
  );
}

const tones = { sent: 'good', queued: 'good', nothing: 'plain', unauthorized: 'warn', unchecked: 'warn' };

function Call({ call: { at, outcome, type, requestId, ...why }, isNews = true }) {
  return (
    <>
      <p class="step-line">
        <span class={`state state-${isNews ? tones[outcome] ?? 'bad' : 'plain'}`}>{tOr(`call.${outcome}`, outcome)}</span>
        {type && <span>{t('callers.of', { type })}</span>}
        <time dateTime={at}>{formatTime(at)}</time>
      </p>
      <Words of={why} />
      <p class="help">{t('callers.request', { id: requestId })}</p>
    </>
  );
}

const signs = { own: 'good', builtin: 'good', generic: 'plain', caller: 'plain', refused: 'bad', dropped: 'warn' };

function Mails({ mails }) {
  return (
    <>
      <p class="help">{t('callers.mails.lead')}</p>
      <div class="table">
        <table>
          <thead><tr>{['type', 'usage', 'sends'].map((column) => <th key={column} scope="col">{t(`callers.${column}`)}</th>)}</tr></thead>
          <tbody>
            {mails.map((mail) => (
              <tr key={mail.type}>
                <td data-label={t('callers.type')}><code>{mail.type}</code></td>
                <td data-label={t('callers.usage')}><span>{mail.usage} <span class="tab-note">{t(`kind.${mail.kind}`)}</span></span></td>
                <td data-label={t('callers.sends')}><Sends mail={mail} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Sends({ mail: { usage, sends, source } }) {
  const [, of] = source?.split('/') ?? [];
  return (
    <span class="step-line">
      <span class={`state state-${signs[sends]}`}>{t(`sends.${sends}`)}</span>
      {source && <a href={href('mails', of)}>{source}</a>}
      {(sends === 'refused' || sends === 'dropped') && <a href={href('mails', usage)}>{t('callers.write')}</a>}
    </span>
  );
}
