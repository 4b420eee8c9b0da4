//! A linking code as a picture.

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
    // The lowest level of correction: a screen has no dirt, and larger modules are read from
    // further away.
    let code = QRBuilder::new(text.expose())
        .ecl(ECL::L)
        .build()
        .map_err(|_source| QrImageError::TooLong)?;
    let modules = code.size + 2 * QUIET_MODULES;
    let scale = SIDE_PIXELS_MIN.div_ceil(modules).max(MODULE_PIXELS_MIN);
    let rows = (0..modules).flat_map(|y| {
        let row = packed((0..modules).flat_map(|x| iter::repeat_n(is_light(&code, x, y), scale)));
        iter::repeat_n(row, scale)
    });
    written(modules * scale, &rows.flatten().collect::<Vec<u8>>()).map_err(QrImageError::Unwritable)
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
