//! The pictures of codes that can be scanned now. Many clients poll for the same one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::QrCode;
use waygate_core::secret::QrText;
use waygate_http::qr_image;

/// Pictures that are kept at a time, some 2 KiB each. One above is drawn for each client.
const PICTURES_MAX: usize = 1024;

/// A picture that is drawn by whoever needs it first, while the others wait: it takes a few
/// milliseconds. `None` inside when it cannot be drawn.
type Drawing = Arc<OnceLock<Option<Arc<str>>>>;

/// Pictures by instance, until their codes expire. They are as secret as the codes.
#[derive(Default)]
pub(crate) struct Pictures(Mutex<BTreeMap<InstanceId, Kept>>);

struct Kept {
    text: QrText,
    expires_at: Timestamp,
    drawing: Drawing,
}

impl fmt::Debug for Pictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pictures(hidden)")
    }
}

impl Pictures {
    /// The PNG of an instance's code, in the standard alphabet of Base64.
    pub(crate) fn base64_png(
        &self,
        instance: InstanceId,
        code: &QrCode,
        now: Timestamp,
    ) -> Result<Arc<str>, Error> {
        let drawing = self.drawing(instance, code, now);
        let picture = drawing.get_or_init(|| match qr_image::png(&code.text) {
            Ok(png) => Some(STANDARD.encode(png).into()),
            Err(error) => {
                tracing::error!(%error, "a code could not be drawn");
                None
            }
        });
        picture.clone().ok_or_else(|| Error::new(Kind::Internal, "the code could not be drawn"))
    }

    fn drawing(&self, instance: InstanceId, code: &QrCode, now: Timestamp) -> Drawing {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = kept.get(&instance).filter(|it| it.text == code.text) {
            return Arc::clone(&same.drawing);
        }
        kept.retain(|_instance, it| it.expires_at > now);
        let drawing = Drawing::default();
        if kept.len() < PICTURES_MAX || kept.contains_key(&instance) {
            let (text, expires_at) = (code.text.clone(), code.expires_at);
            kept.insert(instance, Kept { text, expires_at, drawing: Arc::clone(&drawing) });
        }
        drawing
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn code(text: &str, expires_at: Timestamp) -> QrCode {
        let issued_at = expires_at - Duration::from_secs(20);
        QrCode { text: QrText::new(text), issued_at, expires_at, round: 1 }
    }

    fn instance(count: u64) -> InstanceId {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&count.to_be_bytes());
        InstanceId::from_random_bytes(bytes)
    }

    #[test]
    fn a_code_is_drawn_once_and_the_next_one_anew() {
        let pictures = Pictures::default();
        let draw = |text| pictures.base64_png(instance(1), &code(text, at(20)), at(0)).unwrap();
        let first = draw("2@first");
        assert!(Arc::ptr_eq(&first, &draw("2@first")));
        assert!(first.starts_with("iVBORw0KGgo"), "a PNG");
        assert_ne!(first, draw("2@second"));
    }

    #[test]
    fn a_picture_of_one_instance_is_not_shown_for_another() {
        let pictures = Pictures::default();
        let draw =
            |count, text| pictures.base64_png(instance(count), &code(text, at(20)), at(0)).unwrap();
        assert_ne!(draw(1, "2@first"), draw(2, "2@second"));
    }

    #[test]
    fn expired_codes_are_forgotten_and_no_more_are_kept_than_fit() {
        let pictures = Pictures::default();
        for count in 0..(PICTURES_MAX as u64 + 10) {
            drop(pictures.drawing(instance(count), &code("2@x", at(20)), at(0)));
        }
        assert_eq!(pictures.0.lock().unwrap().len(), PICTURES_MAX);
        drop(pictures.drawing(instance(5000), &code("2@y", at(60)), at(30)));
        assert_eq!(pictures.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_text_that_no_code_holds_is_a_fault_of_ours() {
        let pictures = Pictures::default();
        let long = code(&"x".repeat(10_000), at(20));
        let error = pictures.base64_png(instance(1), &long, at(0)).unwrap_err();
        assert_eq!(error.kind(), Kind::Internal);
    }

    #[test]
    fn pictures_do_not_print_themselves() {
        let pictures = Pictures::default();
        drop(pictures.drawing(instance(1), &code("2@canary", at(20)), at(0)));
        assert_eq!(format!("{pictures:?}"), "Pictures(hidden)");
    }
}
