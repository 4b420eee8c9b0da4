// Writes package-lock.json anew: `npm run relock`, after a change of package.json.
//
// Baileys 6 takes two packages from git repositories: a fork of libsignal, for which the published one
// does as well, and its linter's settings by mistake. Debian's npm (9.2) breaks off at overrides of what
// comes from git.
import { ANYTHING, relock } from '../relock.mjs';

const OLD = 'baileys-old';
const LIBSIGNAL = '2.0.1';
const SETTINGS = '@whiskeysockets/eslint-config';

relock(import.meta.url, { [OLD]: { libsignal: LIBSIGNAL, [SETTINGS]: ANYTHING } }, (packages) => {
  const asked = packages[`node_modules/${OLD}`].dependencies;
  asked.libsignal = LIBSIGNAL;
  delete asked[SETTINGS];
  delete packages[`node_modules/${SETTINGS}`];
});
