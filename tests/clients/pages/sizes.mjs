// Screens of people: two phones and a desk.
export const TOUCHED = { hasTouch: true, isMobile: true };
export const SIZES = {
  '390x844': { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, ...TOUCHED },
  '320x568': { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, ...TOUCHED },
  '1280x800': { viewport: { width: 1280, height: 800 } },
};

/// A phone whose screen is as wide as most are at the least.
export const NARROW = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 3, ...TOUCHED };
