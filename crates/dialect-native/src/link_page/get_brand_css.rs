//! `GET /link/{ticket}/brand.css`: the colour of the page's brand, as far as it can be read.

use axum::http::HeaderValue;
use axum::response::Response;
use waygate_core::colour::Colour;

use crate::answer;
use crate::call::InstanceCall;
use crate::link_pass::no_pass;
use crate::problem::{Code, Problem};

/// What a brand's colour stands on, as the page's own style has it: in light the darkest, in dark the
/// lightest, so that it can be read on the others all the more.
const LIGHT_GROUND: Colour = Colour::from_rgb([0xee, 0xf2, 0xf0]);
const DARK_GROUND: Colour = Colour::from_rgb([0x17, 0x20, 0x1c]);

const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");

pub(crate) async fn get_brand_css(call: InstanceCall) -> Result<Response, Problem> {
    let visit = call.visit.as_ref().ok_or_else(no_pass)?;
    let colour = call.gateway.link_terms(visit)?.brand.colour;
    let colour = colour.ok_or_else(|| Problem::new(Code::NotFound, "this page has no colour"))?;
    let (light, dark) = (properties(colour, LIGHT_GROUND), properties(colour, DARK_GROUND));
    let css = format!(":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n");
    Ok(answer::content(CSS, css))
}

/// The colour for one ground, what can be read on it, and a tint that leaves it readable.
fn properties(colour: Colour, ground: Colour) -> String {
    let accent = colour.readable_on(ground);
    let on_accent = accent.text_on();
    format!("--accent:{accent};--on-accent:{on_accent};--tint:var(--ground)")
}
