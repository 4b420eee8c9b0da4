// What a phone's camera makes of a picture, by a reader that is not ours.
import { execFileSync } from 'node:child_process';

/// For QR codes only: it sees other codes in their noise, if let.
const ARGUMENTS = ['-q', '--raw', '-Sdisable', '-Sqrcode.enable', 'PNG:-'];

export function readCode(png) {
  // On standard error it complains that there is no D-Bus.
  const stdio = ['pipe', 'pipe', 'ignore'];
  return execFileSync('zbarimg', ARGUMENTS, { input: png, stdio }).toString().trim();
}
