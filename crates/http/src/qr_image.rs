//! A linking code as a picture: of pixels, of shapes, or of characters.

use std::iter;

use fast_qr::{ECL, QRBuilder, QRCode};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use waygate_core::secret::QrText;

/// Empty modules around a code; ISO/IEC 18004 wants four.
const QUIET_MODULES: usize = 4;

/// The least length of a side. Below, phones have to come too close.
const SIDE_PIXELS_MIN: usize = 256;

/// The least length of a module's side.
const MODULE_PIXELS_MIN: usize = 4;

/// No picture could be made of a text.
#[derive(Debug, thiserror::Error)]
pub enum QrImageError {
    /// It is longer than any code holds.
    #[error("the text is too long for a QR code")]
    TooLong,
    /// The picture could not be written, which its dimensions rule out.
    #[error("the picture cannot be written")]
    Unwritable(#[source] png::EncodingError),
}

/// Draws the code as a PNG of one bit per pixel, with its quiet zone: at least 256 pixels a side,
/// and a whole number of them, four at least, per module.
///
/// Takes a few milliseconds. The picture is as secret as the text.
pub fn png(text: &QrText) -> Result<Vec<u8>, QrImageError> {
    let code = code(text)?;
    let modules = code.size + 2 * QUIET_MODULES;
    let scale = scale(modules);
    let rows = (0..modules).flat_map(|y| {
        let row = packed((0..modules).flat_map(|x| iter::repeat_n(is_light(&code, x, y), scale)));
        iter::repeat_n(row, scale)
    });
    written(modules * scale, &rows.flatten().collect::<Vec<u8>>()).map_err(QrImageError::Unwritable)
}

/// Draws the code as an SVG of the same size, one unit per module, which stays sharp at any size.
/// Refers to nothing outside of it. As secret as the text.
///
/// # Errors
///
/// When no code holds the text.
pub fn svg(text: &QrText) -> Result<String, QrImageError> {
    let code = code(text)?;
    let modules = code.size + 2 * QUIET_MODULES;
    let side = modules * scale(modules);
    let dark: String = (0..modules).flat_map(|y| dark_runs(&code, y)).collect();
    Ok(format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" "#,
            r#"viewBox="0 0 {modules} {modules}" shape-rendering="crispEdges">"#,
            r##"<rect width="{modules}" height="{modules}" fill="#fff"/>"##,
            r##"<path fill="#000" d="{dark}"/></svg>"##,
        ),
        side = side,
        modules = modules,
        dark = dark,
    ))
}

/// Draws the code as lines for a terminal, two modules one above the other in each character, black on
/// white by colour, so that it is right whatever the terminal's own colours are. As secret as the text.
///
/// # Errors
///
/// When no code holds the text.
pub fn terminal(text: &QrText) -> Result<String, QrImageError> {
    let code = code(text)?;
    let modules = code.size + 2 * QUIET_MODULES;
    let half = |x, y| match (is_light(&code, x, y), is_light(&code, x, y + 1)) {
        (true, true) => '\u{2588}',
        (true, false) => '\u{2580}',
        (false, true) => '\u{2584}',
        (false, false) => ' ',
    };
    let line = |y| {
        let line: String = (0..modules).map(|x| half(x, y)).collect();
        // Filled halves are the foreground: white on black makes light modules white.
        format!("\u{1b}[38;2;255;255;255;48;2;0;0;0m{line}\u{1b}[0m\n")
    };
    Ok((0..modules).step_by(2).map(line).collect())
}

fn code(text: &QrText) -> Result<QRCode, QrImageError> {
    // The lowest level of correction: a screen has no dirt, and larger modules are read from
    // further away.
    let code = QRBuilder::new(text.expose()).ecl(ECL::L).build();
    code.map_err(|_source| QrImageError::TooLong)
}

/// The length of a module's side in pixels, where a side has so many.
fn scale(modules: usize) -> usize {
    SIDE_PIXELS_MIN.div_ceil(modules).max(MODULE_PIXELS_MIN)
}

/// The dark modules of one row, as rectangles of an SVG's path.
fn dark_runs(code: &QRCode, y: usize) -> Vec<String> {
    let row: Vec<bool> = (0..code.size + 2 * QUIET_MODULES).map(|x| is_light(code, x, y)).collect();
    let mut x = 0;
    let runs = row.chunk_by(|one, next| one == next).filter_map(|run| {
        let (begin, length) = (x, run.len());
        x += length;
        let is_dark = run.first() == Some(&false);
        is_dark.then(|| format!("M{begin} {y}h{length}v1h-{length}z"))
    });
    runs.collect()
}

/// Whether a module is light, counted from the corner of the quiet zone.
fn is_light(code: &QRCode, x: usize, y: usize) -> bool {
    let inside = QUIET_MODULES..QUIET_MODULES + code.size;
    if !inside.contains(&x) || !inside.contains(&y) {
        return true;
    }
    code[y - QUIET_MODULES].get(x - QUIET_MODULES).is_none_or(|module| !module.value())
}

/// Pixels as PNG wants them: eight in a byte, the first in its highest bit.
fn packed(pixels: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, is_white) in pixels.enumerate() {
        if index % 8 == 0 {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut() {
            *last |= u8::from(is_white) << (7 - index % 8);
        }
    }
    bytes
}

fn written(side: usize, rows: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    // No code has more than 177 modules.
    let side = u32::try_from(side).map_err(|_source| png::EncodingError::LimitsExceeded)?;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::High);
    // The compressor finds the repeated rows by itself, and filters only hide repeated modules from
    // it: for our texts 930 bytes without one, 1120 to 2440 with each of the others.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests;
