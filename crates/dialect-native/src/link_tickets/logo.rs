//! A logo, as it comes: a `data:` address. It is decoded, so that what is served from our address later
//! on is a picture and nothing else.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, ImageReader, Limits};
use waygate_core::link_ticket::{LOGO_BYTES_MAX, Logo, LogoForm};

use crate::fields::unusable;
use crate::problem::Problem;

/// The longest side, in pixels.
const SIDE_MAX: u32 = 1024;

/// The most memory that decoding takes: a picture of that size, with room for its rows.
const DECODED_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub(super) fn read(text: &str) -> Result<Logo, Problem> {
    let refused = |why| unusable("logo", why);
    let form = LogoForm::ALL.into_iter().find_map(|form| {
        let rest = text.strip_prefix("data:")?.strip_prefix(form.media_type())?;
        Some((form, rest.strip_prefix(";base64,")?))
    });
    let (form, coded) = form.ok_or_else(|| {
        refused("it must begin with data:, image/png, image/jpeg or image/webp, and ;base64,")
    })?;
    // Before it is decoded; a third of it is the coding.
    if coded.len() / 4 * 3 > LOGO_BYTES_MAX + 2 {
        return Err(refused("it is larger than 64 KiB"));
    }
    let bytes = STANDARD.decode(coded).map_err(|_error| refused("it is not base64"))?;
    if bytes.len() > LOGO_BYTES_MAX {
        return Err(refused("it is larger than 64 KiB"));
    }
    if !is_picture(form, &bytes) {
        return Err(refused("it is no picture of its type, or has more than 1024 x 1024 pixels"));
    }
    Ok(Logo { form, bytes })
}

fn is_picture(form: LogoForm, bytes: &[u8]) -> bool {
    let format = match form {
        LogoForm::Png => ImageFormat::Png,
        LogoForm::Jpeg => ImageFormat::Jpeg,
        LogoForm::WebP => ImageFormat::WebP,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    reader.decode().is_ok()
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;

    fn file(format: ImageFormat, side: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::new(side, side)).write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn address(media_type: &str, bytes: &[u8]) -> String {
        format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
    }

    #[test]
    fn pictures_of_three_types_are_taken() {
        for (form, format) in [
            (LogoForm::Png, ImageFormat::Png),
            (LogoForm::Jpeg, ImageFormat::Jpeg),
            (LogoForm::WebP, ImageFormat::WebP),
        ] {
            let bytes = file(format, 16);
            let logo = read(&address(form.media_type(), &bytes)).unwrap();
            assert_eq!(logo, Logo { form, bytes });
        }
    }

    #[test]
    fn what_is_no_small_picture_of_its_type_is_refused() {
        let png = file(ImageFormat::Png, 16);
        let svg = b"<svg xmlns='x'><script>alert(1)</script></svg>";
        for wrong in [
            String::new(),
            "https://shop.example/logo.png".to_owned(),
            "data:image/png;base64,".to_owned(),
            "data:image/png;base64,%%%%".to_owned(),
            format!("data:image/png,{}", STANDARD.encode(&png)),
            address("image/svg+xml", svg),
            address("image/png", svg),
            address("image/jpeg", &png),
            address("image/png", &png[..png.len() / 2]),
            address("image/png", &file(ImageFormat::Png, SIDE_MAX + 1)),
            address("image/png", &vec![0; LOGO_BYTES_MAX + 1]),
        ] {
            assert!(read(&wrong).is_err(), "{}", wrong.get(..40).unwrap_or(&wrong));
        }
    }
}
