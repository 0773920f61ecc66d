// The built service, on free ports, for one test at a time.

import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const binary = process.env.CONNECTOR_BINARY ?? fileURLToPath(new URL('../../../bin/mailgun-connector', import.meta.url));

export const token = 'browser-test-token-0123456789';

const listen = ['--listen', '127.0.0.1:0'];
const auth = ['--token', `${token} send,read,edit`];

/** Runs a command until it says what is waited for; gives what that matched and stop(). */
async function run(args, { stream, until, env }) {
  const child = spawn(binary, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { errors += text; });
  const found = new Promise((resolve, reject) => {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said += text;
      const match = said.match(until);
      if (match) resolve(match);
    });
    child.once('exit', (status) => reject(new Error(`${args[0]} ended with ${status}: ${errors}`)));
  });
  const match = await found;
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { match, stop };
}

/** Everything on this machine: {url, sandbox, config, stop}. */
export async function startDemo(args = []) {
  const until = /Console +(\S+)\/#token=\S+ [^]*Inbox +(\S+)\/inbox [^]*Config +(\S+) [^]*Ctrl-C/;
  const { match, stop } = await run(['demo', ...listen, ...auth, '--recipient-limit', '0', '--log-level', 'error', ...args], { stream: 'stdout', until });
  const [, url, sandbox, config] = match;
  return { url, sandbox, config, stop };
}

/** The service with a config of ours, which stands in a folder of its own. */
export async function startService(text, { args = ['--console'], name = 'connector.yaml', prepare = async () => {}, tokens = auth } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'console-test-'));
  const config = join(dir, name);
  await writeFile(config, text);
  await prepare(config);
  const { match, stop } = await run(['serve', ...listen, ...tokens, '--config', config, '--log-format', 'json', ...args], {
    stream: 'stderr',
    until: /"msg":"serving","address":"([^"]+)"/,
    env: { MAILGUN_API_KEY: 'key-of-the-browser-tests' },
  });
  return {
    url: `http://${match[1]}`,
    config,
    stop: async () => {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The service in an empty folder, to be set up, and a sandbox for it to send to. */
export async function startEmpty(key, { args = [], env = {} } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'console-test-'));
  const sandbox = await run(['sandbox', ...listen, '--key', key], { stream: 'stdout', until: /Inbox +http:\/\/(\S+)\/inbox/ });
  const host = sandbox.match[1];
  const config = join(dir, 'connector.yaml');
  const keyFile = join(dir, 'mailgun.key');
  const inFolder = args.map((arg) => arg.replace('DIR', dir));
  const service = await run(['serve', ...listen, ...auth, '--console', '--config', config, '--allow-endpoint-hosts', host, '--log-format', 'json', ...inFolder], {
    stream: 'stderr',
    until: /"msg":"serving","address":"([^"]+)"/,
    env: { MAILGUN_API_KEY_FILE: keyFile, ...env },
  });
  return {
    url: `http://${service.match[1]}`,
    sandbox: `http://${host}`,
    config,
    keyFile,
    stop: async () => {
      await Promise.all([service.stop(), sandbox.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Calls the API as somebody else would. */
export async function api(url, method, path, { body, headers = {} } = {}) {
  const response = await fetch(url + path, { method, body, headers: { Authorization: `Bearer ${token}`, ...headers } });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Reports to the service, as Mailgun does (documentation.mailgun.com, "Securing webhooks"), that a mail of its sandbox is delivered. */
export async function reportDelivered({ url, sandbox }, signingKey) {
  const { messages: [mail] } = await (await fetch(`${sandbox}/inbox`)).json();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signed = randomBytes(25).toString('hex');
  const signature = createHmac('sha256', signingKey).update(timestamp + signed).digest('hex');
  const event = {
    event: 'delivered', id: signed, timestamp: Number(timestamp), recipient: mail.recipients[0],
    message: { headers: { 'message-id': mail.id.replace(/[<>]/g, '') } },
  };
  const body = JSON.stringify({ signature: { timestamp, token: signed, signature }, 'event-data': event });
  const response = await fetch(`${url}/webhooks/mailgun`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  if (!response.ok) throw new Error(`the report: ${response.status} ${await response.text()}`);
}

/** A small config with HTML in it, and a comment. */
export const sample = `# kept by hand
domain: mg.example.com
from: Acme <no-reply@mg.example.com>
deliveries:
  SignIn:
    subject: "{{code}} is your sign-in code"
    html: |
      <p>Hello {{user.name}}, your code is <b>{{code}}</b>.</p>
  Generic:
    subject: "{{code}} is your code"
    html: <p>Your code is {{code}}.</p>
`;

/** Runs a test against a service of its own. */
export const withService = (name, run, { text = sample, ...options } = {}) => test(name, async () => {
  const service = await startService(text, options);
  try {
    await run(service);
  } finally {
    await service.stop();
  }
});

/** Saves the config as somebody else does, with another text in place of one. */
export async function change(url, old, next) {
  const response = await api(url, 'GET', '/config', { headers: { Accept: 'application/yaml' } });
  const text = await response.text();
  if (!text.includes(old)) throw new Error(`${old} is not in ${text}`);
  const headers = { 'Content-Type': response.headers.get('Content-Type'), 'If-Match': response.headers.get('ETag') };
  await api(url, 'PUT', '/config', { body: text.replace(old, next), headers });
}

/** Gives the config that a service runs. */
export const running = async (url) => (await api(url, 'GET', '/config')).json();
