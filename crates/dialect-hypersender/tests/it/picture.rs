//! Pictures of codes, read by somebody else's reader.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rqrr::PreparedImage;

/// What an independent reader sees in the picture of an answer.
pub(crate) fn scanned(picture: &str) -> String {
    let png = STANDARD.decode(picture).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, line) = (frame.width as usize, frame.line_size);
    assert!(width >= 256 && frame.width == frame.height);
    let mut image = PreparedImage::prepare_from_greyscale(width, width, |x, y| {
        let byte = pixels[y * line + x / 8];
        if byte >> (7 - x % 8) & 1 == 1 { 255 } else { 0 }
    });
    image.detect_grids()[0].decode().unwrap().1
}
