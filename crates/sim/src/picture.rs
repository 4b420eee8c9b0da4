//! Profile pictures as the server keeps them (docs/internals/sim.md, "Profile pictures").

use bytes::Bytes;

use crate::{PictureError, clock::Clock, dice::Dice};

/// The largest picture that is taken, in either direction.
const EDGE_MAX: u16 = 720;

/// How long an address claims to be good for. It is not checked.
const ADDRESS_VALID_S: u64 = 864_000;

/// An account's profile picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilePicture {
    /// The number the server gave it; each picture of an account has another.
    pub id: String,
    /// The file as it was sent.
    pub jpeg: Bytes,
    /// Where it can be fetched from, below the server's address.
    pub(crate) path: String,
}

impl ProfilePicture {
    /// Takes a new picture, or says why the server would not.
    pub(crate) fn take(
        jpeg: Bytes,
        before: Option<&Self>,
        clock: Clock,
        dice: &mut Dice,
    ) -> Result<Self, PictureError> {
        let (width, height) = jpeg_size(&jpeg).ok_or(PictureError::NotJpeg)?;
        if width > EDGE_MAX || height > EDGE_MAX {
            return Err(PictureError::TooLarge);
        }
        let replaced = before.and_then(|picture| picture.id.parse::<u64>().ok()).unwrap_or(0);
        let id = clock.unix_s().max(replaced + 1);
        let expires = clock.unix_s() + ADDRESS_VALID_S;
        let name = format!("{}_{}_{}", dice.number(), dice.number(), dice.number());
        let signature = hex::encode(dice.bytes::<16>());
        let path =
            format!("/v/t61.24694-24/{name}_n.jpg?ccb=11-4&oh=01_{signature}&oe={expires:X}");
        Ok(Self { id: id.to_string(), jpeg, path })
    }
}

/// Width and height of a JPEG that is whole: markers and segments up to the first scan, and an end
/// (ITU-T T.81, annex B).
fn jpeg_size(bytes: &[u8]) -> Option<(u16, u16)> {
    const TABLES: [u8; 3] = [0xc4, 0xc8, 0xcc];
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?.strip_suffix(&[0xff, 0xd9])?;
    let mut size = None;
    loop {
        let [0xff, marker, high, low, ..] = *rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (segment, after) = rest.get(2..)?.split_at_checked(length)?;
        match (marker, segment) {
            (0xda, _) => return size.filter(|(width, height)| *width > 0 && *height > 0),
            (0xc0..=0xcf, [_, _, _, h1, h2, w1, w2, ..]) if !TABLES.contains(&marker) => {
                size = Some((u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2])));
            }
            (0x00..=0xbf | 0xd0..=0xd9 | 0xff, _) => return None,
            (0xc0..=0xfe, _) => {}
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let ([h1, h2], [w1, w2]) = (height.to_be_bytes(), width.to_be_bytes());
        let frame = [0xff, 0xc0, 0, 11, 8, h1, h2, w1, w2, 1, 1, 0x11, 0];
        let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
        [&[0xff, 0xd8][..], &[0xff, 0xe0, 0, 4, 1, 2], &frame, &scan, &[5, 0xff, 0xd9]].concat()
    }

    #[test]
    fn the_size_of_a_jpeg_is_read_from_its_frame() {
        assert_eq!(jpeg_size(&jpeg(3, 700)), Some((3, 700)));
        assert_eq!(jpeg_size(&jpeg(0, 700)), None);
    }

    #[test]
    fn what_is_not_whole_has_no_size() {
        let whole = jpeg(8, 8);
        for length in 0..whole.len() {
            assert_eq!(jpeg_size(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn every_picture_has_an_id_and_an_address_of_its_own() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _inside = runtime.enter();
        let clock = Clock::start(std::time::UNIX_EPOCH);
        let mut dice = Dice::derive(1, "test", 0);
        let mut take = |width, before: Option<&ProfilePicture>| {
            ProfilePicture::take(jpeg(width, 8).into(), before, clock, &mut dice)
        };
        let first = take(720, None).unwrap();
        let second = take(8, Some(&first)).unwrap();
        assert_ne!((&first.id, &first.path), (&second.id, &second.path));
        assert_ne!(first.id, second.id);
        assert_eq!(take(721, None), Err(PictureError::TooLarge));
    }
}
