// Whether the page was away and could not know: its tab was frozen, or the computer slept.

/// The longest silence of a page that runs: the timers of a hidden one are held back, by a minute at
/// the most.
const SILENCE_MS_MAX = 120_000;

/// Clocks that both run stay closer together. Some browsers' steady clock stands still while the
/// computer sleeps, and none is set.
const APART_MS_MAX = 5000;

/// Whether that was between two looks at the clocks, in milliseconds: `wall`, which tells the time, and
/// `steady`. Should somebody have set the time, that does no harm: what is shown is only asked for anew.
export function wasAway(before, now) {
  const wall = now.wall - before.wall;
  const steady = now.steady - before.steady;
  return wall - steady > APART_MS_MAX || Math.max(wall, steady) > SILENCE_MS_MAX;
}
