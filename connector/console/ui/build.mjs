// Builds the console into ../assets. The same sources and lock file give the same
// bytes on every machine, so CI can compare.

import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await mkdir(here('../assets'), { recursive: true });
const { metafile } = await build({
  absWorkingDir: here('.'),
  entryPoints: { app: 'src/app.jsx' },
  outdir: '../assets',
  bundle: true,
  minify: true,
  charset: 'utf8',
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none', // licenses.txt has them all
  metafile: true,
  logLevel: 'warning',
});
for (const name of ['index.html', 'frame.html', 'icon.svg']) {
  await copyFile(here(`src/${name}`), here(`../assets/${name}`));
}
await writeFile(here('../assets/licenses.txt'), await licenses(Object.keys(metafile.inputs)));

/** Gives the licenses of the packages that went into the bundle, as they want it. */
async function licenses(inputs) {
  const names = new Set(inputs.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const texts = await Promise.all([...names].sort().map(async (name) => {
    const dir = here(`node_modules/${name}/`);
    const { version } = JSON.parse(await readFile(`${dir}package.json`, 'utf8'));
    const file = (await readdir(dir)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} brings no license text`);
    const text = (await readFile(dir + file, 'utf8')).replaceAll('\r\n', '\n').trim();
    return `${name} ${version}\n\n${text}\n`;
  }));
  return `The console's script is made of these packages too.\n\n${texts.join(`\n${'-'.repeat(70)}\n\n`)}`;
}
