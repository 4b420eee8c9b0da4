// Writes package-lock.json anew: `npm run relock`, after a change of package.json.
//
// Both lines of Baileys 6 take libsignal from a git repository, of which the published 6.0.0 is a state, and
// one of them its linter's settings by mistake. Debian's npm (9.2) breaks off at overrides of what comes
// from git.
import { ANYTHING, relock } from '../relock.mjs';

const SIX = 'baileys-6';
const OLD = 'baileys-old';
const LIBSIGNAL = '6.0.0';
const SETTINGS = '@whiskeysockets/eslint-config';

const overrides = {
  [SIX]: { libsignal: LIBSIGNAL },
  [OLD]: { libsignal: LIBSIGNAL, [SETTINGS]: ANYTHING },
};

relock(import.meta.url, overrides, (packages) => {
  for (const name of [SIX, OLD]) {
    const asked = packages[`node_modules/${name}`].dependencies;
    asked.libsignal = LIBSIGNAL;
    delete asked[SETTINGS];
  }
  delete packages[`node_modules/${SETTINGS}`];
});
