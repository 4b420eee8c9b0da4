// Writes package-lock.json anew: `npm run relock`, after a change of package.json.
//
// Baileys 6 takes two packages from git repositories: a fork of libsignal, for which the published one
// does as well, and its linter's settings by mistake. npm's overrides replace both, but Debian's npm
// (9.2) breaks off at overrides of what comes from git. So they are used here, and the lock file is
// written as if Baileys had asked for what it gets.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OLD = 'baileys-old';
const LIBSIGNAL = '2.0.1';
const SETTINGS = '@whiskeysockets/eslint-config';
const ANYTHING = 'npm:ms@2.1.3';

const here = (name) => new URL(name, import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'waygate-relock-'));
try {
  const wanted = JSON.parse(readFileSync(here('package.json'), 'utf8'));
  wanted.overrides = { [OLD]: { libsignal: LIBSIGNAL, [SETTINGS]: ANYTHING } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
  copyFileSync(here('.npmrc'), join(folder, '.npmrc'));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const install = ['install', '--package-lock-only', ...quiet];
  execFileSync('npm', install, { cwd: folder, stdio: 'inherit' });

  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const asked = lock.packages[`node_modules/${OLD}`].dependencies;
  asked.libsignal = LIBSIGNAL;
  delete asked[SETTINGS];
  delete lock.packages[`node_modules/${SETTINGS}`];
  const text = `${JSON.stringify(lock, null, 2)}\n`;
  assert.doesNotMatch(text, /"resolved"|github:|git\+/, 'an address is left in the lock file');
  writeFileSync(here('package-lock.json'), text);
} finally {
  rmSync(folder, { recursive: true });
}
