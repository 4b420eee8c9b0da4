// What a phone's camera makes of a picture, by a reader that is not ours.
import { execFileSync } from 'node:child_process';

export function readCode(png) {
  // On standard error it complains that there is no D-Bus.
  const stdio = ['pipe', 'pipe', 'ignore'];
  return execFileSync('zbarimg', ['-q', '--raw', 'PNG:-'], { input: png, stdio }).toString().trim();
}
