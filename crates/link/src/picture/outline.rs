//! The outline of a JPEG: its markers (ITU-T T.81, annex B), without decoding anything.
//!
//! The decoder makes the best of what is broken. Whether a file is whole, how large its picture
//! gets and how often the decoder will go over it must be known before it is let near.

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// What the markers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Passes over the picture: one or one per colour, more in progressive files.
    pub(super) scans: usize,
}

/// Whether this begins as a JPEG does.
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, START_OF_IMAGE, 0xff])
}

/// The outline of a whole JPEG. What follows its end is not looked at: cameras put things there.
pub(super) fn read(bytes: &[u8]) -> Option<Outline> {
    let mut walk = Walk { rest: bytes.strip_prefix(&[0xff, START_OF_IMAGE])? };
    let mut size = None;
    let mut scans = 0;
    loop {
        match walk.marker()? {
            END_OF_IMAGE if scans > 0 => {
                let (width, height) = size?;
                return Some(Outline { width, height, scans });
            }
            START_OF_SCAN => {
                walk.segment()?;
                walk.skip_scan()?;
                scans += 1;
            }
            // Tables, not frames.
            0xc4 | 0xc8 | 0xcc => drop(walk.segment()?),
            0xc0..=0xcf if size.is_some() => return None,
            0xc0..=0xcf => size = Some(frame_size(walk.segment()?)?),
            // Markers without a segment have no place outside of a scan.
            0x00 | 0x01 | 0xd0..=START_OF_IMAGE | END_OF_IMAGE => return None,
            _ => drop(walk.segment()?),
        }
    }
}

/// Width and height in a frame header; both must be told there.
fn frame_size(header: &[u8]) -> Option<(u16, u16)> {
    let [_precision, h1, h2, w1, w2, ..] = *header else { return None };
    let (width, height) = (u16::from_be_bytes([w1, w2]), u16::from_be_bytes([h1, h2]));
    (width > 0 && height > 0).then_some((width, height))
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// The marker that must stand here; any number of fill bytes may precede it.
    fn marker(&mut self) -> Option<u8> {
        let after = self.rest.strip_prefix(&[0xff])?;
        let at = after.iter().position(|byte| *byte != 0xff)?;
        let marker = *after.get(at)?;
        self.rest = after.get(at + 1..)?;
        Some(marker)
    }

    /// The segment that must stand here, without its length.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let (length, _) = self.rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (segment, after) = self.rest.split_at_checked(length)?;
        self.rest = after;
        segment.get(2..)
    }

    /// Goes to the marker that ends a scan's data: neither a stuffed byte nor a restart.
    fn skip_scan(&mut self) -> Option<()> {
        let ends = |pair: &[u8]| {
            pair.first() == Some(&0xff)
                && pair.get(1).is_some_and(|next| !matches!(*next, 0x00 | 0xd0..=0xd7 | 0xff))
        };
        let at = self.rest.windows(2).position(ends)?;
        self.rest = self.rest.get(at..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = &[0xff, 0xc0, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0];
    const SCAN: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];

    fn file(parts: &[&[u8]]) -> Vec<u8> {
        [&[&[0xff, 0xd8][..]], parts].concat().concat()
    }

    #[test]
    fn size_and_scans_are_read_from_the_markers() {
        let data = [1, 0xff, 0, 0xff, 0xd3, 2];
        let whole = file(&[FRAME, SCAN, &data, &[0xff], SCAN, &data, &[0xff, 0xd9]]);
        assert_eq!(read(&whole), Some(Outline { width: 3, height: 2, scans: 2 }));
        let followed = [&whole[..], b"whatever the camera adds"].concat();
        assert_eq!(read(&followed), read(&whole));
    }

    #[test]
    fn what_is_not_whole_has_no_outline() {
        let whole = file(&[FRAME, SCAN, &[1, 2, 3], &[0xff, 0xd9]]);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None, "{length}");
        }
        let end = &[0xff, 0xd9][..];
        let empty = &[0xff, 0xc0, 0, 11, 8, 0, 0, 0, 3, 1, 1, 0x11, 0][..];
        for (what, broken) in [
            ("no scan", file(&[FRAME, end])),
            ("no frame", file(&[SCAN, &[1], end])),
            ("no height", file(&[empty, SCAN, &[1], end])),
            ("two frames", file(&[FRAME, FRAME, SCAN, &[1], end])),
            ("a segment shorter than its length", file(&[FRAME, &[0xff, 0xe0, 0, 1], SCAN, end])),
            ("an image in the image", file(&[&[0xff, 0xd8], FRAME, SCAN, &[1], end])),
            ("stray bytes", file(&[FRAME, &[7], SCAN, &[1], end])),
        ] {
            assert_eq!(read(&broken), None, "{what}");
        }
    }
}
