//! A profile picture made what WhatsApp Web sends: a JPEG, square, at most 640 pixels wide.
//!
//! The bytes come from whoever may use the gateway, so they are looked through before they are
//! decoded, and decoded one at a time. The picture is always encoded anew: what a camera wrote
//! into the file (place, time, owner) stays here.

use std::any::Any;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder as _, ImageResult, Limits, RgbImage};
use tokio::sync::Semaphore;
use waygate_core::error::{Error, Kind};

use crate::runtime;

mod outline;
#[cfg(test)]
mod tests;

/// The largest file that is looked at.
const BYTES_MAX: usize = 5 * 1024 * 1024;

/// The largest picture that is decoded. With the worst of files, progressive and in four colours,
/// this was measured to take 225 MB and half a second.
const PIXELS_MAX: u32 = 20_000_000;

/// The memory that the decoded picture itself may take.
const DECODED_BYTES_MAX: u64 = 3 * PIXELS_MAX as u64;

/// The passes that a file may ask of the decoder: a small file can ask for thousands, and each
/// goes over the whole picture. Encoders make one, ten, at most some forty.
const SCANS_MAX: usize = 64;

/// WhatsApp Web sends 640 by 640 (whatsapp-web.js and Baileys do the same); a file that the server
/// refused is said to have been larger than 720 (whatsmeow, issue 503).
const EDGE_MAX: u32 = 640;

/// Between Baileys' 50 and what a browser does by itself; some 60 KB for a photograph.
const QUALITY: u8 = 75;

/// Why a picture is not sent. The sentences are for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureRefused {
    #[error("the picture is larger than 5 MiB")]
    TooManyBytes,
    #[error("the picture is not a JPEG, and WhatsApp takes nothing else")]
    NotJpeg,
    #[error("the picture has more than 20 megapixels")]
    TooManyPixels,
    #[error("the picture is damaged, or a kind of JPEG that cannot be read")]
    Unreadable,
}

/// Prepares pictures, one at a time: a process must not need the memory of several.
#[derive(Debug, Clone)]
pub(crate) struct PictureDesk(Arc<Semaphore>);

impl PictureDesk {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    /// Prepares a picture where it may take its time.
    pub(crate) async fn prepare(&self, jpeg: Vec<u8>) -> Result<Vec<u8>, Error> {
        let internal = || Error::new(Kind::Internal, "the picture could not be prepared");
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.map_err(|closed| internal().because(closed))?;
        // Not among the connection's tasks: nothing can end it early, and it needs nothing of theirs.
        let prepared = tokio::task::spawn_blocking(move || {
            let prepared = prepare(&jpeg);
            // Here and not outside: whoever gives up waiting does not end the work.
            drop(turn);
            prepared
        });
        let outcome = match prepared.await {
            Ok(outcome) => outcome,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(payload) => Err(blame_decoder(&*payload)),
                Err(cancelled) => return Err(internal().because(cancelled)),
            },
        };
        outcome.map_err(|refused| Error::new(Kind::Invalid, refused.to_string()))
    }
}

/// The decoder is not ours. Its panic leaves nothing behind but the picture.
fn blame_decoder(payload: &(dyn Any + Send)) -> PictureRefused {
    let message_length = runtime::count_panic(payload);
    tracing::error!(message_length, "reading a picture panicked; the picture was refused");
    PictureRefused::Unreadable
}

fn prepare(jpeg: &[u8]) -> Result<Vec<u8>, PictureRefused> {
    if jpeg.len() > BYTES_MAX {
        return Err(PictureRefused::TooManyBytes);
    }
    if !outline::is_jpeg(jpeg) {
        return Err(PictureRefused::NotJpeg);
    }
    let outline = outline::read(jpeg).ok_or(PictureRefused::Unreadable)?;
    if u32::from(outline.width) * u32::from(outline.height) > PIXELS_MAX {
        return Err(PictureRefused::TooManyPixels);
    }
    if outline.scans > SCANS_MAX {
        return Err(PictureRefused::Unreadable);
    }
    convert(jpeg).map_err(|error| {
        // Says what is wrong with the file, nothing of what it shows.
        tracing::debug!(%error, "a picture could not be read");
        PictureRefused::Unreadable
    })
}

fn convert(jpeg: &[u8]) -> ImageResult<Vec<u8>> {
    let mut decoder = JpegDecoder::new(Cursor::new(jpeg))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits.reserve(decoder.total_bytes())?;
    let upright = decoder.orientation()?;
    let whole = DynamicImage::from_decoder(decoder)?.into_rgb8();
    // Turned last: the centre of a picture is the centre of the turned one, and it is smaller.
    let mut square = DynamicImage::ImageRgb8(centre(&whole));
    drop(whole);
    square.apply_orientation(upright);
    let mut encoded = Vec::new();
    JpegEncoder::new_with_quality(&mut encoded, QUALITY).encode_image(&square)?;
    Ok(encoded)
}

/// The largest centred square, reduced if need be. A small picture stays small.
fn centre(whole: &RgbImage) -> RgbImage {
    let (width, height) = whole.dimensions();
    let edge = width.min(height);
    let square = imageops::crop_imm(whole, (width - edge) / 2, (height - edge) / 2, edge, edge);
    if edge > EDGE_MAX {
        imageops::resize(&*square, EDGE_MAX, EDGE_MAX, FilterType::CatmullRom)
    } else {
        square.to_image()
    }
}
