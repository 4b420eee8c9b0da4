// Pictures of the page on phones and on a desk, for people to look at, and what axe-core finds there.
import { after, before, describe, test } from 'node:test';
import { pairingCode, qrCode } from './attempts.mjs';
import { SIZES } from './sizes.mjs';
import { Stage } from './stage.mjs';

let stage;
before(async () => {
  stage = await Stage.build();
});
after(() => stage?.strike());

describe('the page is sound and readable by everybody at', () => {
  for (const [size, options] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${size}, ${colorScheme}`, async (t) => {
        const answers = [qrCode(1, 41_000), undefined, pairingCode(1, 140_000)];
        const window = await stage.window({ ...options, colorScheme });
        t.after(() => window.close());
        await stage.play(window, answers);
        await stage.visit(window);
        const press = (name) => window.page.getByRole('button', { name }).click();
        const keep = async (what) => {
          await window.assertSound();
          await window.keepPicture(`arrival-${what}-${size}-${colorScheme}`);
          await window.assertAccessible(what);
        };
        await window.page.getByText('Shop').waitFor();
        if (options.isMobile) {
          await keep('number');
          await press('Show the QR code');
        }
        await window.at('picture').waitFor();
        await keep('picture');
        await press('Link with phone number');
        await window.at('phone').fill('+1 555 000 1111');
        if (!options.isMobile) await keep('number');
        await press('Get a code');
        await window.at('code-halves').waitFor();
        await keep('code');
      });
    }
  }
});
