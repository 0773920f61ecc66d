// One state for the whole page, and one way to change it. Every change draws the
// page anew; Preact touches only what differs.

export const state = {
  phase: 'boot', // boot, token, setup, ready or failed
  failure: null, // why, for token and failed
  asked: null, // why the token is asked for again while the page stays as it is
  route: [],
  query: {}, // what is asked for in the view, after the address's "?"
  access: null, // what the token may: {name, scopes}
  metadata: null,
  schema: null,
  status: null, // what GET /status tells
  sandbox: false, // whether there is a sandbox inbox
  base: null, // the running config: {text, format, value, etag}
  draft: null, // the edited one: {text, value, broken, source}; source is the text that was last typed or loaded, with its value
  files: {}, // mails in files of their own, by name, see files.js
  mails: null, // which mails there are, see inventory.js
  unfinished: {}, // texts of fields that can't be read yet, by pointer: {text, detail, value}
  otherKind: {}, // what deliveries had before their kind was changed, by type and kind
  check: { errors: [], warnings: [], text: null, pending: false, failure: null },
  saving: false,
  notice: null, // {kind, text, undo}, shown once and read out
  dialog: null, // {kind, …}
};

let draw = () => {};
let drawing = false;

export function onChange(callback) {
  draw = callback;
}

export function update(patch) {
  Object.assign(state, patch);
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw();
  });
}

/** Shows a notice for a while; a bad one, or one with a way back, stays until it is dismissed. */
export function notify(kind, text, undo = null) {
  const notice = { kind, text, undo };
  update({ notice });
  if (kind !== 'bad' && !undo) setTimeout(() => state.notice === notice && update({ notice: null }), 6000);
}
