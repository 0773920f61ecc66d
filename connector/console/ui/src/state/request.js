// A request as people have it at hand: of a log or a debugger, for curl, as JSON, or its body
// alone. What can't be told from it, such as the method, is left out.

import { isObject } from './value.js';

const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/;
const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S+( HTTP\/[\d.]+)?$/;
const wrapperMembers = ['method', 'url', 'path', 'headers', 'body'];

/** Why a text is no request: the key of its words. */
export class RequestError extends Error {}

/** The request in a text: {method, headers, body}. */
export function parseRequest(text) {
  const plain = text.replaceAll('\r\n', '\n').trim();
  if (!plain) throw new RequestError('empty');
  if (/^(\$ )?curl\s/.test(plain)) return complete(fromCurl(shellWords(plain.replace(/^\$ /, ''))));
  const wrapped = fromJSON(plain);
  if (wrapped) return complete(wrapped);
  const [first] = plain.split('\n', 1);
  return complete(requestLine.test(first) || headerLine.test(first) ? fromLines(plain) : { headers: new Map(), body: plain });
}

/** Adds the content type that the body speaks of where none is told. */
function complete({ method, headers, body }) {
  const type = /^\s*[{[]/.test(body) ? 'application/json' : 'application/x-www-form-urlencoded';
  if (!headers.has('content-type')) add(headers, 'Content-Type', type);
  return { ...(method && { method }), headers: Object.fromEntries(headers.values()), body };
}

/**
 * Adds to headers, a map by names in lower case of [name, value]. Of several of a name, all
 * values count.
 */
function add(headers, name, value) {
  const key = name.toLowerCase();
  const before = headers.get(key);
  headers.set(key, before ? [before[0], `${before[1]}, ${value}`] : [name, value]);
}

/** A request written as JSON, null for what is only a body. */
function fromJSON(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const isWrapper = isObject(value) && 'body' in value && isObject(value.headers ?? {}) && Object.keys(value).every((name) => wrapperMembers.includes(name));
  if (!isWrapper) return null;
  const headers = new Map();
  for (const [name, values] of Object.entries(value.headers ?? {})) for (const one of [values].flat()) add(headers, name, String(one));
  return { method: value.method, headers, body: typeof value.body === 'string' ? value.body : JSON.stringify(value.body) };
}

/** A request as it goes over the wire. Where the empty line is lost, the body begins where the headers end. */
function fromLines(text) {
  const lines = text.split('\n');
  const method = requestLine.exec(lines[0])?.[1];
  if (method) lines.shift();
  const headers = new Map();
  while (lines.length > 0 && headerLine.test(lines[0])) {
    const [, name, value] = headerLine.exec(lines.shift());
    add(headers, name, value.trim());
  }
  return { method, headers, body: lines.join('\n').trim() };
}

const valued = new Map(Object.entries({
  '-X': 'method', '--request': 'method', '-H': 'header', '--header': 'header',
  '-d': 'data', '--data': 'data', '--data-raw': 'data', '--data-binary': 'data', '--data-ascii': 'data', '--json': 'json',
}));

/** What has nothing to do with what is sent, such as a user's name, is passed over. */
function fromCurl(words) {
  const headers = new Map();
  const data = [];
  let method;
  let isJSON = false;
  const take = {
    method: (value) => { method = value; },
    header: (value) => {
      const found = headerLine.exec(value);
      if (found) add(headers, found[1], found[2].trim());
    },
    data: (value, isFile = value.startsWith('@')) => {
      if (isFile) throw new RequestError('file');
      data.push(value);
    },
    json: (value) => {
      take.data(value);
      isJSON = true;
    },
  };
  for (let i = 1; i < words.length; i++) {
    const short = words[i].slice(0, 2);
    if (valued.has(words[i])) {
      const name = words[i++];
      take[valued.get(name)](words[i] ?? '', ...(name === '--data-raw' ? [false] : []));
    } else if (words[i][1] !== '-' && valued.has(short)) take[valued.get(short)](words[i].slice(2)); // as in -XPOST
  }
  if (isJSON && !headers.has('content-type')) add(headers, 'Content-Type', 'application/json');
  return { method: method ?? (data.length > 0 ? 'POST' : undefined), headers, body: data.join('&') };
}

const escapes = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** The words of a shell's command, without its quotes. */
function shellWords(text) {
  const words = [];
  let word = null;
  for (let rest = text; rest; ) {
    const found = shellPart(rest);
    if (found.space) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + found.text;
    rest = rest.slice(found.length);
  }
  return word === null ? words : [...words, word];
}

/** The first part of a text: {length} and the text that it stands for, or space. */
function shellPart(text) {
  for (const [pattern, read] of shellParts) {
    const found = pattern.exec(text);
    if (found) return { length: found[0].length, ...read(found) };
  }
  throw new RequestError('quote');
}

const shellParts = [
  [/^(\s|\\\n)+/, () => ({ space: true })],
  [/^'([^']*)'/, ([, inside]) => ({ text: inside })],
  [/^\$'((?:[^'\\]|\\[^])*)'/, ([, inside]) => ({ text: inside.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^]))/g, (_, u, x, one) => (one ? escapes[one] ?? `\\${one}` : String.fromCharCode(parseInt(u ?? x, 16)))) })],
  [/^"((?:[^"\\]|\\[^])*)"/, ([, inside]) => ({ text: inside.replace(/\\(["\\$`\n])/g, (_, one) => (one === '\n' ? '' : one)) })],
  [/^\\([^])/, ([, one]) => ({ text: one })],
  [/^(?:[^\s'"\\$]+|\$)/, ([plain]) => ({ text: plain })],
];
