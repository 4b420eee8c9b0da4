//! Reads the picture of a code, by another library than the one that draws it.
#![expect(clippy::expect_used, reason = "test code")]

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The text in a QR code that came as a PNG in base64.
///
/// # Panics
///
/// When it is no black and white picture of at least 256 by 256 pixels with one code in it.
pub fn read_code(picture: &str) -> String {
    let bytes = STANDARD.decode(picture).expect("base64");
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
    assert_eq!(reader.info().bit_depth, png::BitDepth::One);
    let side = reader.info().width as usize;
    assert!(side >= 256 && reader.info().height as usize == side, "{side} pixels wide");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let line = reader.next_frame(&mut pixels).expect("a whole picture").line_size;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        let bits = pixels.get(y * line + x / 8).copied().unwrap_or_default();
        if bits >> (7 - x % 8) & 1 == 1 { u8::MAX } else { 0 }
    });
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1, "one code in the picture");
    codes.first().expect("one").decode().expect("a code that can be read").1
}
