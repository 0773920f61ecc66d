// A request is found in what people paste.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest, RequestError } from '../src/state/request.js';

const body = '{"user":{"email":"ada@example.org"},"note":"it\'s \\"quoted\\""}';
const json = { 'Content-Type': 'application/json' };
const signed = { 'Webhook-Id': 'msg_1', ...json };

test('a request is read in each form that it is pasted in', () => {
  const quoted = body.replaceAll("'", String.raw`'\''`);
  const double = body.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const ansi = body.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  for (const [name, text, want] of [
    ['raw', `POST /hooks/supabase HTTP/1.1\r\nWebhook-Id: msg_1\r\nContent-Type: application/json\r\n\r\n${body}\r\n`, { method: 'POST', headers: signed, body }],
    ['headers and body', `Webhook-Id: msg_1\nContent-Type:application/json\n\n${body}`, { headers: signed, body }],
    ['no empty line', `Webhook-Id: msg_1\nContent-Type: application/json\n${body}`, { headers: signed, body }],
    ['body over lines', 'Webhook-Id: msg_1\n\n{\n  "a": "b: c"\n}', { headers: signed, body: '{\n  "a": "b: c"\n}' }],
    ['curl', `curl -sS 'https://x.example/hooks/a' -H 'Webhook-Id: msg_1' \\\n  -H "Content-Type: application/json" --data-raw '${quoted}'`, { method: 'POST', headers: signed, body }],
    ['curl, double quotes', `$ curl -X PUT -H "Webhook-Id: msg_1" --json "${double}" https://x.example`, { method: 'PUT', headers: signed, body }],
    ['curl of a browser', `curl 'https://x.example' -H 'Webhook-Id: msg_1' -H 'Content-Type: application/json' --data-raw $'${ansi}' --compressed`, { method: 'POST', headers: signed, body }],
    ['curl, joined', `curl -XPOST -HWebhook-Id:\\ msg_1 -HContent-Type:application/json -d'{}'`, { method: 'POST', headers: signed, body: '{}' }],
    ['curl, a form', 'curl https://x.example -u user:secret -d toAddress=a%40example.org -d content=1', {
      method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'toAddress=a%40example.org&content=1' }],
    ['JSON', JSON.stringify({ headers: { 'Webhook-Id': ['msg_1'], ...json }, body }), { headers: signed, body }],
    ['JSON with an object', `{"method":"POST","headers":{"Webhook-Id":"msg_1"},"body":${body}}`, { method: 'POST', headers: signed, body: JSON.stringify(JSON.parse(body)) }],
    ['the body alone', body, { headers: json, body }],
    ['a body with a member body', '{"body":"Hi","recipient":"a@example.org"}', { headers: json, body: '{"body":"Hi","recipient":"a@example.org"}' }],
    ['a form alone', 'toAddress=a%40example.org', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'toAddress=a%40example.org' }],
    ['a header twice', 'X-A: 1\nX-A: 2\n\n{}', { headers: { 'X-A': '1, 2', ...json }, body: '{}' }],
    ['a header twice, written differently', 'X-A: 1\nx-a: 2\ncontent-type: application/json\n\n{}', { headers: { 'X-A': '1, 2', 'content-type': 'application/json' }, body: '{}' }],
    ['names that objects have', 'constructor: 1\ntoString: 2\n\n{}', { headers: { constructor: '1', toString: '2', ...json }, body: '{}' }],
    ['curl, words that objects have', 'curl toString constructor __proto__ -d {}', { method: 'POST', headers: json, body: '{}' }],
    ['curl, JSON by another type', "curl x --json '{}' -H 'content-type: application/problem+json'", { method: 'POST', headers: { 'content-type': 'application/problem+json' }, body: '{}' }],
    ['headers alone', 'X-A: 1', { headers: { 'X-A': '1', 'Content-Type': 'application/x-www-form-urlencoded' }, body: '' }],
  ]) assert.deepEqual(parseRequest(text), want, name);
});

test('a header named like the prototype of objects is one', () => {
  const { headers } = parseRequest('__proto__: 1\n\n{}');
  assert.equal(JSON.stringify(headers), '{"__proto__":"1","Content-Type":"application/json"}');
});

test('what is no request is told by a word', () => {
  const codeOf = (text) => {
    try {
      return parseRequest(text);
    } catch (error) {
      assert.ok(error instanceof RequestError, error.stack);
      return error.message;
    }
  };
  assert.equal(codeOf(' \n'), 'empty');
  assert.equal(codeOf("curl x -d '{"), 'quote');
  assert.equal(codeOf('curl x -d @body.json'), 'file');
  assert.equal(codeOf("curl x --data-raw '@a'").body, '@a');
});
