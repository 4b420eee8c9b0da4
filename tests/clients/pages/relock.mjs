// Writes package-lock.json anew: `npm run relock`, after a change of package.json.
//
// playwright-core drives the browser that is there; playwright itself would fetch one of its own, and
// selenium-webdriver needs a driver beside the browser and four packages more.
import { relock } from '../relock.mjs';

relock(import.meta.url, {}, () => {});
