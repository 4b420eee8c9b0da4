//! HTTP plumbing for every API that Waygate speaks, without a word of any of them.
//!
//! A dialect describes itself as a [`Surface`](site::Surface); the binary puts surfaces together
//! into a [`Site`](site::Site) and hands it to [`listener::serve`]. What holds for all of them is
//! decided here once: how long a client may take for anything, how much it may send, how many
//! connections it may hold, what is logged of a request and what never is, and that one handler's
//! panic is one client's problem. The rest are tools for handlers: reading a body within bounds,
//! strict JSON, tokens and cookies, rate limits, the picture of a code, websockets. And one for what goes
//! out: the client for addresses that users name.
//!
//! Tokens are part of some APIs' paths. So nothing here logs a path, a query, a header or a body,
//! nor an address; a request is told apart by its id, and a route by its template.

pub mod act;
pub mod bearer;
pub mod body;
pub mod cookie;
pub mod guesses;
pub mod json;
pub mod listener;
pub mod origin;
pub mod outbound;
pub mod peer;
pub mod proxies;
pub mod qr_image;
pub mod rate;
pub mod rate_headers;
pub mod site;
pub mod trace;
pub mod websocket;
