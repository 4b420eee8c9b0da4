// Writes a folder's package-lock.json anew, after a change of its package.json.
//
// What a package asks for and must not get is replaced twice: by npm's overrides while the lock file is
// made, and then in the lock file, as if the package had asked for what it gets. Overrides in
// package.json itself would do but for Debian's npm (9.2), which breaks off at some.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/// What stands for a package that nobody needs, until it leaves the lock file.
export const ANYTHING = 'npm:ms@2.1.3';

/// `base` is a file of the folder; `amend` corrects the packages of the lock file.
export function relock(base, overrides, amend) {
  const here = (name) => new URL(name, base);
  const folder = mkdtempSync(join(tmpdir(), 'waygate-relock-'));
  try {
    const wanted = JSON.parse(readFileSync(here('package.json'), 'utf8'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...wanted, overrides }));
    copyFileSync(here('.npmrc'), join(folder, '.npmrc'));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
    const install = ['install', '--package-lock-only', ...quiet];
    execFileSync('npm', install, { cwd: folder, stdio: 'inherit' });

    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    amend(lock.packages);
    const text = `${JSON.stringify(lock, null, 2)}\n`;
    assert.doesNotMatch(text, /"resolved"|github:|git\+/, 'an address is left in the lock file');
    writeFileSync(here('package-lock.json'), text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
