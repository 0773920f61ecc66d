// A change of one value changes one place of the text, whatever stands around it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, revised } from '../src/state/text.js';
import { changed } from '../src/state/value.js';

/** The text changed at a path. */
function after(text, path, value, format = 'yaml') {
  const { value: before, broken } = read(text, format);
  assert.equal(broken, null, text);
  return revised({ text, value: before }, changed(before, path, value), format);
}

/** Checks that nothing but one part of the text changes, found and made what it says. */
function check(text, path, value, old, next, format) {
  const from = text.indexOf(old);
  assert.ok(from >= 0, `${JSON.stringify(old)} is in the text`);
  assert.equal(after(text, path, value, format), text.slice(0, from) + next + text.slice(from + old.length));
}

const commented = `# The mails of Acme.

domain: mg.example.com   # bare
apiKey: "<secret>"  # of the EU account
from: 'Acme <no-reply@mg.example.com>'

# What is sent.
deliveries:
    # When somebody signs in.
    SignIn:
        subject: "{{code}} is your code"
        html: |
            <p>Hello 😀,</p>

            # <p>{{code}}</p>

    Generic:   # all others
        subject: 'a: b'
        html: >-
            <p>{{code}}
            folded</p>

templates:
- languageTag: en      # the first

  templateType: "SignIn"
  details: {subject:   'Sign in: {{code}}',
            content: "<p>{{code}}</p>"}   # on two lines


# French

- languageTag: fr
  templateType: 'SignIn'
  details:
    subject: "Connexion : {{code}}"   # with a space before the colon
    content: |-
      <p>

        {{code}}
      </p>

# The end.
options: {tags: [a, b], tracking: false}
`;

const subjectOf = (i) => ['templates', String(i), 'details', 'subject'];

/** The text in all the ways that a file can be written in. */
const ways = {
  plain: (text) => text,
  Windows: (text) => text.replaceAll('\n', '\r\n'),
  'byte order mark': (text) => `\ufeff${text}`,
  'no end of the last line': (text) => text.trimEnd(),
  'U+2028 in quotes': (text) => text.replace('{{code}} is', 'it\u2028\u2029 \u0085is'),
  'U+2028 after a comment': (text) => text.replace('# bare\n', '# bare\u2028'),
  'lone CR': (text) => text.replaceAll('\n', '\r'),
  'lone CR in comments': (text) => text.replace('# French\n', '# a\r# b\n'),
  'U+0085 and U+2029 between lines': (text) =>
    text.replace('# What is sent.\n', '# What is sent.\u0085').replace('# The end.\n', '# The end.\u2029'),
  tabs: (text) =>
    text.replace('domain: mg', 'domain:\tmg').replace('   # bare', '\t# bare\t').replace('# French\n', '# French\t\n'),
  anchors: (text) =>
    text
      .replace('details: {', 'details: &first {')
      .replace(
        '    Generic:   #',
        '    Register: &r {html: "{{code}}", subject: s}  # shared\n    BindMfa:   *r\n\n    Generic:   #',
      ),
  emoji: (text) => text.replace('# French', '# 🇫🇷 French 👩‍👩‍👧').replace("'Acme <", "'Acme 🔑 <"),
  'trailing spaces': (text) => text.replace('# French', '# French   ').replace('SignIn:\n', 'SignIn:  \n'),
};

for (const [name, written] of Object.entries(ways)) {
  test(`one word changes one word: ${name}`, () => {
    const text = written(commented);
    check(text, ['domain'], 'mg2.example.com', 'mg.example.com', 'mg2.example.com');
    check(text, ['from'], "Acme's <a@mg.example.com>", text.match(/'Acme.*'/)[0], "'Acme''s <a@mg.example.com>'");
    check(text, subjectOf(0), 'Now: {{code}}', "'Sign in: {{code}}'", "'Now: {{code}}'");
    check(text, subjectOf(1), 'Code "{{code}}"', '"Connexion : {{code}}"', '"Code \\"{{code}}\\""');
    check(text, ['templates', '0', 'languageTag'], 'de', 'en      #', 'de      #');
    check(text, ['templates', '1', 'templateType'], 'Register', "'SignIn'", "'Register'");
    check(
      text,
      ['templates', '1', 'details', 'content'],
      '<p>\n\n  {{code}}!\n</p>',
      '{{code}}' + text.match(/([\r\n]+) {6}<\/p>/)[0],
      '{{code}}!' + text.match(/([\r\n]+) {6}<\/p>/)[0],
    );
    check(text, ['deliveries', 'SignIn', 'html'], '<p>Bye 😀,</p>\n\n# <p>{{code}}</p>\n', 'Hello', 'Bye');
    check(text, ['options', 'tracking'], true, 'tracking: false', 'tracking: true');
    check(text, ['options', 'tags', '1'], 'c', 'a, b]', 'a, c]');
  });
}

test('members are added where the others are', () => {
  const added = (path, value, behind, next, text = commented) => check(text, path, value, behind, behind + next);
  added(['endpoint'], 'https://api.eu.mailgun.net', 'tracking: false}\n', 'endpoint: https://api.eu.mailgun.net\n');
  added(
    ['deliveries', 'MfaVerification'],
    { subject: 'yes', html: 'a\n{{code}}' },
    '            folded</p>\n',
    '\n    MfaVerification:\n        subject: "yes"\n        html: |-\n            a\n            {{code}}\n',
  );
  added(
    ['deliveries', 'SignIn', 'replyTo'],
    'b@example.org',
    '            # <p>{{code}}</p>\n',
    '        replyTo: b@example.org\n',
  );
  added(
    ['templates', '2'],
    { languageTag: 'no', templateType: 'SignIn', details: { subject: 's', content: '<p>\n{{code}}</p>\n' } },
    '      </p>\n',
    '\n\n- languageTag: "no"\n  templateType: SignIn\n  details:\n      subject: s\n      content: |\n          <p>\n          {{code}}</p>\n'.slice(
      1,
    ),
  );
  added(
    ['templates', '0', 'details', 'replyTo'],
    'a@example.org',
    '"<p>{{code}}</p>"',
    ',\n            replyTo: a@example.org',
  );
  added(['options', 'requireTls'], true, 'tracking: false', ', requireTls: true');
  added(['options', 'tags', '2'], 'c, d', '[a, b', ', "c, d"');
  added(['fallbackLanguage'], 'fr', 'tracking: false}', '\nfallbackLanguage: fr', commented.trimEnd());
  added(
    ['fallbackLanguage'],
    'fr',
    'tracking: false}\r\n',
    'fallbackLanguage: fr\r\n',
    commented.replaceAll('\n', '\r\n'),
  );
  check('a:\nb: {}\nc: []\n', ['a'], 'x', 'a:', 'a: x');
  check('a: {}\nb: 1\n', ['a', 'T'], { html: 'x\ny\n' }, 'a: {}', 'a:\n  T:\n    html: |\n      x\n      y');
  check('a: [] # none\nb: 1\n', ['a', '0'], { c: 1 }, 'a: []', 'a:\n  - c: 1');
});

test('members are removed with their lines, and with the comment right above them', () => {
  const without = (path, ...gone) => {
    let want = commented;
    for (const [old, next = ''] of gone) {
      assert.ok(want.includes(old), old);
      want = want.replace(old, next);
    }
    assert.equal(after(commented, path, undefined), want);
  };
  without(['apiKey'], ['apiKey: "<secret>"  # of the EU account\n']);
  without(
    ['deliveries', 'Generic'],
    [commented.slice(commented.indexOf('    Generic:'), commented.indexOf('templates:'))],
  );
  without(
    ['deliveries', 'SignIn'],
    [commented.slice(commented.indexOf('    # When'), commented.indexOf('    Generic:'))],
  );
  without(['options'], ['# The end.\noptions: {tags: [a, b], tracking: false}\n']);
  without(['options', 'tags'], ['tags: [a, b], ']);
  without(['options', 'tracking'], [', tracking: false']);
  without(['options', 'tags', '0'], ['a, ']);
  without(
    ['templates', '1'],
    [commented.slice(commented.indexOf('- languageTag: fr'), commented.indexOf('# The end.'))],
  );
  without(['templates', '0', 'details', 'subject'], ["subject:   'Sign in: {{code}}',\n            "]);
  without(['templates', '0', 'languageTag'], ['languageTag: en      # the first\n\n  ']);
  assert.equal(after('# head\na: 1\nb: 2\n', ['a'], undefined), '# head\nb: 2\n');
  assert.equal(after('a:\n  # of b\n  b: 1\nc: 2\n', ['a', 'b'], undefined), 'a: {}\nc: 2\n');
  assert.equal(after('a:\n- x\nc: 2\n', ['a', '0'], undefined), 'a: []\nc: 2\n');
  assert.equal(after('a: [x]\nc: { d: 1 }', ['a', '0'], undefined), 'a: []\nc: { d: 1 }');
  assert.equal(after('a: [x]\nc: { d: 1 }', ['c', 'd'], undefined), 'a: [x]\nc: {}');
});

test('texts become blocks and lines as they need', () => {
  const text = 'a: "x"  # one\nb: |  # two\n  y\n\n\nc: >2\n   z\n  z\nd: |+\n  e\n\nf: !!str &f\n  # g\n  h\n';
  check(text, ['a'], 'x\n  y\n', 'a: "x"  # one\n', 'a: |  # one\n  x\n    y\n');
  check(text, ['a'], '  x\ny', 'a: "x"  # one\n', 'a: |2-  # one\n    x\n  y\n');
  check(text, ['a'], '\tx\ny', 'a: "x"  # one\n', 'a: |2-  # one\n  \tx\n  y\n');
  check(text, ['a'], 'x\r\ny', '"x"', '"x\\r\\ny"');
  check(text, ['a'], 'x\u2028y', '"x"', '"x\\u2028y"');
  check(text, ['a'], 'x\n\u0085', '"x"', '"x\\n\\u0085"');
  check(text, ['a'], '\n\n', '"x"', '"\\n\\n"');
  check(text, ['a'], ['x'], 'a: "x"', 'a:\n  - x');
  check(text, ['b'], 'y', '|  # two\n  y\n', '|-  # two\n  y\n');
  check(text, ['b'], 'y\n\n\n', '|  # two\n', '|+  # two\n');
  check(text, ['b'], 'y\n\n', '|  # two\n  y\n\n\n', '|+  # two\n  y\n\n');
  check(text, ['b'], '', '|  # two\n  y\n', '""  # two\n');
  check(text, ['b'], true, '|  # two\n  y\n', 'true  # two\n');
  check(text, ['c'], ' z\nz z\n', '>2\n   z\n  z\n', '|2\n   z\n  z z\n');
  check(text, ['d'], 'e', '|+\n  e\n\n', '|-\n  e\n');
  check(text, ['f'], 'i', 'h\n', 'i\n');
  check('a: {b: x}\n', ['a', 'b'], 'x\ny', ' {b: x}', '\n  b: |-\n    x\n    y');
  check('a: {b: x, # c\n  d: 1}\n', ['a', 'b'], 'x\ny', 'x', '"x\\ny"');
  check('a:\n- &b-c  x\n-\n  d\n', ['a', '0'], ['z'], '- &b-c  x', '-\n  - z');
  check('a:\n- &b-c  x\n-\n  d\n', ['a', '1'], undefined, '-\n  d\n', '');
  check('a:\n- &b-c  x\n- d\n', ['a', '0'], undefined, '- &b-c  x\n', '');
});

test('what shares a value keeps its own', () => {
  const text =
    'deliveries:\n  A: &a  # first\n    html: "x" # yes\n    list: &l [1,  2]\n  B: *a  # shared\n  C: {list: *l, text: &t hi}\n  D: {text: *t}\n';
  check(
    text,
    ['deliveries', 'A', 'html'],
    'y',
    text.slice(text.indexOf('"x"'), text.indexOf('  C:')),
    '"y" # yes\n    list: &l [1,  2]\n  B:\n    html: x\n    list:\n      - 1\n      - 2  # shared\n',
  );
  check(text, ['deliveries', 'B', 'html'], 'y', 'B: *a', 'B:\n    html: "y"\n    list:\n      - 1\n      - 2');
  check(text, ['deliveries', 'B'], undefined, '  B: *a  # shared\n', '');
  check(text, ['deliveries', 'D', 'text'], 'ho', '*t', 'ho');
  assert.deepEqual(read(after(text, ['deliveries', 'A'], undefined), 'yaml').value.deliveries, {
    B: { html: 'x', list: [1, 2] },
    C: { list: [1, 2], text: 'hi' },
    D: { text: 'hi' },
  });
  check(text, ['deliveries', 'C', 'text'], 'ho', 'hi}\n  D: {text: *t}', 'ho}\n  D: {text: hi}');
});

const spaced = `{
    "from": "a@mg.example.com",  "domain": "mg.example.com",
    "apiKey": "<secret>",
\t"deliveries": {
        "Generic": { "html": "<p>{{code}}\u2028<\\/p>", "subject": "s \\ud83d\\ude00" }
    },
    "options": {"tags": ["a", "b"], "headers": {}}
}
`;

test('a change of JSON changes one place of it', () => {
  for (const written of [(text) => text, (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`]) {
    const text = written(spaced);
    const json = (path, value, old, next) =>
      check(text, path, value, written(old).replace('\ufeff', ''), written(next).replace('\ufeff', ''), 'json');
    json(['domain'], 'mg2.example.com', '"mg.example.com",', '"mg2.example.com",');
    json(['deliveries', 'Generic', 'subject'], 'a "b"\n\u2028', '"s \\ud83d\\ude00"', '"a \\"b\\"\\n\u2028"');
    json(['deliveries', 'Generic', 'replyTo'], '<b@example.org>', '\\ude00"', '\\ude00", "replyTo": "<b@example.org>"');
    json(
      ['deliveries', 'SignIn'],
      { subject: 't', html: '{{code}}' },
      '\\ude00" }\n',
      '\\ude00" },\n        "SignIn": {\n            "subject": "t",\n            "html": "{{code}}"\n        }\n',
    );
    json(['options'], undefined, ',\n    "options": {"tags": ["a", "b"], "headers": {}}', '');
    json(['from'], undefined, '"from": "a@mg.example.com",  ', '');
    json(['options', 'tags', '0'], undefined, '"a", ', '');
    json(['options', 'tags', '2'], 'c', '"b"]', '"b", "c"]');
    json(['options', 'headers', 'X-A'], 'b', '{}', '{\n        "X-A": "b"\n    }');
    json(['fallbackLanguage'], 'fr', '"headers": {}}', '"headers": {}},\n    "fallbackLanguage": "fr"');
    json(['apiKey'], 5, '"<secret>"', '5');
  }
  check('{"a":{"b":1},"c":[]}', ['a', 'd'], { e: [1] }, '1', '1,"d":{"e":[1]}', 'json');
  check('{"a":{"b":1},"c":[]}', ['c', '0'], 'x', '[]', '["x"]', 'json');
  check('{"a":{"b":1},"c":[]}', ['a', 'b'], undefined, '"b":1', '', 'json');
});

test('what is further in belongs to what is removed', () => {
  assert.equal(after('a: |-\n  x\nb: 1\n  # of b', ['b'], undefined), 'a: |-\n  x\n');
  assert.equal(after('a: |-\n  x\nb: 1\n  # of b\nc: 2\n', ['b'], undefined), 'a: |-\n  x\nc: 2\n');
});
