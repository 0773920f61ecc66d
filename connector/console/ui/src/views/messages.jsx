// What became of the mails: one box that takes an address, and filters. Of one recipient it
// is a timeline, of all a list.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Failure, Field } from '../parts/parts.jsx';
import { hrefWith } from '../parts/route.js';
import { may } from '../state/access.js';
import { postJSON } from '../state/api.js';
import { hours, kindOf, lookup, messageHref, searchOf, setLookup, states } from '../state/lookup.js';
import { configuredTypes, knownTypes } from '../state/mails.js';
import { state } from '../state/store.js';
import { reasonInWords } from '../words/reasons.js';
import { formatTime, t } from '../words/words.js';
import { Message } from './message.jsx';
import { StateName, Story, TestMark } from './story.jsx';
import { Suppressions } from './suppressions.jsx';

const refreshInterval = 5000;
const typingPause = 400; // ms of rest before what is typed is looked for

export function MessagesView({ path }) {
  if (state.status.database) return <Messages path={path} />;
  return <div class="page"><Empty title={t('messages.noDatabase')}>{t('messages.noDatabaseLead')}</Empty></div>;
}

/** The text in the box and what it is once it rests, which the address bar's hash sets as well. */
function useWho() {
  const asked = lookup().recipient;
  const [who, setWho] = useState(asked);
  const [settled, setSettled] = useState(asked);
  const own = useRef(asked); // what stands in the address bar for the text here
  useEffect(() => {
    const timer = setTimeout(() => setSettled(who.trim()), typingPause);
    return () => clearTimeout(timer);
  }, [who]);
  useEffect(() => {
    if (asked === own.current) return; // by a link, or by hand
    own.current = asked;
    setWho(asked);
    setSettled(asked);
  }, [asked]);
  const keep = (hash) => {
    own.current = hash;
    if (hash !== lookup().recipient) setLookup({ recipient: hash });
  };
  return { who, setWho, settled, keep };
}

/** A page of what is looked for, kept up to date while it is the first. */
function usePage(filter, who, onFound) {
  const [page, setPage] = useState(null); // {messages, nextCursor}
  const [failure, setFailure] = useState(null);
  const [extra, setExtra] = useState(false); // more than the first page is shown, so it stays as it is
  const asked = useRef({ latest: 0, more: false });
  const words = JSON.stringify([filter, who]);
  const load = async (cursor) => {
    const mine = ++asked.current.latest; // an answer that comes after a newer question is for nobody
    if (kindOf(who) === 'part') return setPage(null);
    asked.current.more = Boolean(cursor);
    try {
      const next = await postJSON('/messages/search', searchOf(filter, who, cursor));
      if (mine !== asked.current.latest) return undefined;
      setFailure(null);
      setPage((old) => (cursor ? { ...next, messages: [...old.messages, ...next.messages] } : { ...next, who }));
      setExtra(Boolean(cursor));
      onFound(next.messages);
    } catch (error) {
      if (mine === asked.current.latest) setFailure(error);
    } finally {
      if (mine === asked.current.latest) asked.current.more = false;
    }
    return undefined;
  };
  useEffect(() => {
    load();
  }, [words]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && !extra && !asked.current.more && page && load(), refreshInterval);
    return () => clearInterval(timer);
  }, [words, extra, page === null]);
  return { page, failure, load };
}

function Messages({ path }) {
  const { recipient, ...filter } = lookup();
  const { who, setWho, settled, keep } = useWho();
  const kind = kindOf(settled);
  const { page, failure, load } = usePage(filter, settled, (messages) => {
    if (kind === 'all') keep('');
    else if (kind === 'hash') keep(settled.toLowerCase());
    else keep(messages[0]?.recipient ?? recipient);
  });
  const isOne = kind === 'address' || kind === 'hash';
  return (
    <div class="page page-wide">
      <div class="spread">
        <div><h1>{t('messages.title')}</h1><p class="lead">{t('messages.lead')}</p></div>
        <button type="button" onClick={() => load()}>{t('messages.refresh')}</button>
      </div>
      <Box who={who} kind={kind} onInput={setWho} />
      <Filters filter={filter} />
      {failure && <Failure error={failure} />}
      {kind === 'address' && may('edit') && <Suppressions key={settled} address={settled} />}
      {path[0] && <Message key={path[0]} id={path[0]} onChange={() => load()} />}
      {page && page.messages.length === 0 && <Empty title={t('messages.none')}>{t(isOne ? 'messages.noneOfOne' : 'messages.noneLead')}</Empty>}
      {page && page.messages.length > 0 && (page.who && isOne
        ? <Timeline messages={page.messages} current={path[0]} onChange={() => load()} />
        : <List messages={page.messages} current={path[0]} />)}
      {page?.nextCursor && <button type="button" onClick={() => load(page.nextCursor)}>{t('messages.more')}</button>}
    </div>
  );
}

function Box({ who, kind, onInput }) {
  const problems = kind === 'part' && kindOf(who.trim()) === 'part' ? [{ pointer: '', detail: t('messages.whole') }] : [];
  return (
    <form class="find" role="search" onSubmit={(event) => event.preventDefault()}>
      <Field label={t('messages.recipient')} help={t('messages.recipient.help')} problems={problems}>
        {(control) => (
          <input {...control} type="search" inputMode="email" value={who} placeholder="ada@example.org" autocomplete="off" spellcheck={false}
            onInput={(event) => onInput(event.currentTarget.value)} />
        )}
      </Field>
    </form>
  );
}

function Filters({ filter }) {
  const types = [...new Set([...configuredTypes(), ...knownTypes()])];
  const change = (name) => (event) => setLookup({ [name]: event.currentTarget.value });
  const select = (name, options) => (
    <Field label={t(`messages.${name}`)}>
      {(control) => (
        <select {...control} value={filter[name]} onChange={change(name)}>
          <option value="">{t('messages.any')}</option>
          {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      )}
    </Field>
  );
  const moment = (name) => (
    <Field label={t(`messages.${name}`)}>
      {(control) => <input {...control} type="datetime-local" value={filter[name]} onInput={change(name)} />}
    </Field>
  );
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {select('state', states.map((name) => [name, t(`state.${name}`)]))}
      {select('type', types.map((name) => [name, name]))}
      {select('time', [...Object.keys(hours), 'range'].map((name) => [name, t(`messages.${name}`)]))}
      {filter.time === 'range' && moment('from')}
      {filter.time === 'range' && moment('until')}
    </form>
  );
}

function Timeline({ messages, current, onChange }) {
  return (
    <ol class="timeline" aria-label={t('messages.timeline')}>
      {messages.filter(({ id }) => id !== current).map((message) => (
        <li key={message.id} class="card message"><Story message={message} onChange={onChange} level={2} /></li>
      ))}
    </ol>
  );
}

function List({ messages, current }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>{['state', 'type', 'created', 'who', 'why'].map((name) => <th key={name} scope="col">{t(`messages.${name}`)}</th>)}<th scope="col"><span class="hidden">{t('messages.open')}</span></th></tr>
        </thead>
        <tbody>
          {messages.map((message) => (
            <tr key={message.id} class={message.id === current ? 'current' : ''}>
              <td data-label={t('messages.state')}><StateName name={message.state} /> <TestMark message={message} /></td>
              <td data-label={t('messages.type')}>{message.type}</td>
              <td data-label={t('messages.created')}><time dateTime={message.createdAt}>{formatTime(message.createdAt)}</time></td>
              <td data-label={t('messages.who')}><a href={hrefWith({ recipient: message.recipient }, 'messages')}><code>{message.recipient}</code></a></td>
              <td data-label={t('messages.why')} class="error-cell">{reasonInWords(message).detail ?? message.error}</td>
              <td><a class="button small" href={messageHref(message.id)} aria-label={`${t('messages.open')} ${message.id}`}>{t('messages.open')}</a></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
