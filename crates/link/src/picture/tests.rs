//! Pictures of every shape, and files that only claim to be one.

use image::{ImageFormat, Rgb};
use proptest::prelude::*;

use super::*;

/// A picture of three upright stripes: red, green in the middle half, blue.
fn stripes(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, _| match 4 * x / width {
        0 => Rgb([250, 5, 5]),
        1 | 2 => Rgb([5, 250, 5]),
        _ => Rgb([5, 5, 250]),
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&picture).unwrap();
    jpeg
}

fn decoded(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn colour(picture: &RgbImage, x: u32, y: u32) -> &'static str {
    let Rgb([red, green, blue]) = *picture.get_pixel(x, y);
    match (red > 128, green > 128, blue > 128) {
        (true, false, false) => "red",
        (false, true, false) => "green",
        (false, false, true) => "blue",
        _ => "mixed",
    }
}

/// The JPEG with a metadata segment that tells how the camera was held.
fn held(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif =
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    exif[25] = orientation;
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn a_picture_becomes_its_centred_square() {
    for (width, height, edge) in
        [(96, 48, 48), (40, 90, 40), (640, 640, 640), (1300, 700, 640), (641, 641, 640), (9, 1, 1)]
    {
        let prepared = prepare(&stripes(width, height)).unwrap();
        assert_eq!(decoded(&prepared).dimensions(), (edge, edge), "{width} by {height}");
    }
    let wide = decoded(&prepare(&stripes(1400, 700)).unwrap());
    for x in [4, 320, 635] {
        assert_eq!(colour(&wide, x, 320), "green", "the sides are cut off, at {x}");
    }
}

#[test]
fn a_picture_is_turned_as_the_camera_was_held_and_loses_what_it_wrote() {
    let upside_down = held(&stripes(64, 64), 3);
    let prepared = prepare(&upside_down).unwrap();
    let picture = decoded(&prepared);
    assert_eq!((colour(&picture, 3, 30), colour(&picture, 60, 30)), ("blue", "red"));
    assert!(!prepared.windows(4).any(|bytes| bytes == b"Exif"));
}

#[test]
fn a_grey_picture_is_taken_too() {
    let grey = image::GrayImage::from_pixel(30, 20, image::Luma([99]));
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).encode_image(&grey).unwrap();
    assert_eq!(decoded(&prepare(&jpeg).unwrap()).dimensions(), (20, 20));
}

#[test]
fn what_is_no_jpeg_is_refused() {
    let padded = [stripes(8, 8), vec![0; BYTES_MAX]].concat();
    for (bytes, refused) in [
        (&b""[..], PictureRefused::NotJpeg),
        (&b"\x89PNG\r\n\x1a\n"[..], PictureRefused::NotJpeg),
        (&b"GIF89a"[..], PictureRefused::NotJpeg),
        (&b"RIFF\0\0\0\0WEBP"[..], PictureRefused::NotJpeg),
        (&b"\xff\xd8\xff"[..], PictureRefused::Unreadable),
        (&padded[..], PictureRefused::TooManyBytes),
    ] {
        assert_eq!(prepare(bytes), Err(refused));
    }
}

#[test]
fn a_truncated_jpeg_is_refused_wherever_it_ends() {
    let whole = stripes(48, 32);
    for length in 0..whole.len() {
        prepare(&whole[..length]).unwrap_err();
    }
}

/// Where the frame header of a JPEG tells height and width.
fn size_position(jpeg: &[u8]) -> usize {
    jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap() + 5
}

#[test]
fn a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded() {
    let mut jpeg = stripes(16, 16);
    let at = size_position(&jpeg);
    jpeg[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(prepare(&jpeg), Err(PictureRefused::TooManyPixels));
}

#[test]
fn a_file_that_asks_for_too_many_passes_is_refused() {
    let jpeg = stripes(16, 16);
    let end = jpeg.len() - 2;
    let scan = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1][..];
    let hostile = [&jpeg[..end], &scan.repeat(SCANS_MAX), &jpeg[end..]].concat();
    assert_eq!(prepare(&hostile), Err(PictureRefused::Unreadable));
}

#[tokio::test]
async fn the_desk_says_what_is_wrong_and_goes_on() {
    let desk = PictureDesk::new();
    let error = desk.prepare(b"<svg/>".to_vec()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert_eq!(error.public(), "the picture is not a JPEG, and WhatsApp takes nothing else");
    let prepared = desk.prepare(stripes(20, 10)).await.unwrap();
    assert_eq!(decoded(&prepared).dimensions(), (10, 10));
}

/// Whatever comes out is what WhatsApp takes.
fn assert_sound(bytes: &[u8]) {
    if let Ok(prepared) = prepare(bytes) {
        let (width, height) = decoded(&prepared).dimensions();
        assert!(width == height && (1..=EDGE_MAX).contains(&width));
    }
}

proptest! {
    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prepare(&bytes).unwrap_err();
        prepare(&[&[0xff, 0xd8, 0xff][..], &bytes].concat()).unwrap_err();
    }

    #[test]
    fn a_spoilt_jpeg_is_refused_or_sound(
        spoilt in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        orientation in any::<u8>(),
    ) {
        let mut jpeg = held(&stripes(40, 24), orientation);
        // The size stays: a larger one only takes longer.
        let size = size_position(&jpeg);
        for (at, byte) in spoilt {
            let at = at.index(jpeg.len());
            if !(size..size + 4).contains(&at) {
                jpeg[at] = byte;
            }
        }
        assert_sound(&jpeg);
    }
}
