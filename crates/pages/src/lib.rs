//! The link page: where a person links one instance in a browser, without a token.
//!
//! `/link/{ticket}` trades its ticket once for a cookie and shows the page; whoever reads the address
//! afterwards is told that it is spent. The page holds what its link says of it (a
//! brand, a language, a number to begin with) and neither a code nor the instance's name; it asks the
//! native API's calls below its own address for these. Those
//! calls are another surface's; this one claims the page and its assets and nothing deeper.
//!
//! The pages are in `templates/`, what they load is in `assets/`: HTML, CSS and modules as browsers run
//! them, with no build step. The rules of the page (what to ask next, when to wait) are in
//! `assets/course.mjs` and know no browser, what is shown when is in `assets/view.mjs`, all words are in
//! `assets/words.*.mjs`, and only
//! `assets/page.mjs` and `assets/fit.mjs` (the size of a picture) touch the document. `tests/clients/pages` tests them with Node and, from the
//! first look to the linked account, in Chromium.
//!
//! The ticket is a secret and stands in the path, so nothing here logs a path, and the browser is told
//! to give it to nobody.

mod assets;
mod console;
mod documents;
mod headers;
mod language;
mod opening;
mod surface;
mod words;

pub use surface::surface;
