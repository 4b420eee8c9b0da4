// What is left of a time, for people.

/// Whole seconds until `until`; the last one counts until it is over.
export function secondsLeft(until, now) {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

/// `9 s`, `2:05 min`, `1:00:00 h`.
export function inWords(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}
