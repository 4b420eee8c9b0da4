// Writes package-lock.json anew: `npm run relock`, after a change of package.json.
//
// The SDK asks for a package `fs`, which holds that name and nothing else: `require('fs')` is Node's own
// module in any case. Not every registry has it.
import { ANYTHING, relock } from '../../relock.mjs';

const SDK = '@green-api/whatsapp-api-client';

relock(import.meta.url, { [SDK]: { fs: ANYTHING } }, (packages) => {
  delete packages[`node_modules/${SDK}`].dependencies.fs;
  delete packages['node_modules/fs'];
});
