//! The link page: where a person links one instance in a browser, without a token.
//!
//! `/link/{ticket}` trades its ticket once for a cookie and shows the page; whoever reads the address
//! afterwards is told that it is spent. The page itself is the same for everybody: it holds no name,
//! no code and no secret, and asks the native API's calls below its own address for all of that. Those
//! calls are another surface's; this one claims the page and its assets and nothing deeper.
//!
//! The pages are in `templates/`, what they load is in `assets/`: HTML, CSS and modules as browsers run
//! them, with no build step. The rules of the page (what to ask next, when to wait) are in
//! `assets/course.mjs` and know no browser, its words are in `assets/view.mjs`, and only
//! `assets/page.mjs` and `assets/fit.mjs` (the size of a picture) touch the document. `tests/clients/pages` tests them with Node and, from the
//! first look to the linked account, in Chromium.
//!
//! The ticket is a secret and stands in the path, so nothing here logs a path, and the browser is told
//! to give it to nobody.

mod assets;
mod documents;
mod headers;
mod opening;
mod surface;

pub use surface::surface;
