//! The intro and the length-prefixed frames of one connection (docs/internals/sim.md, "Frames").
//!
//! A client's byte stream is cut at will by its transport: one websocket message may hold many
//! frames or a piece of one. This buffer puts them together and enforces the limits.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::noise::INTRO;

/// The longest frame taken from a client. The format allows 16 MiB; no client comes near.
pub(crate) const FRAME_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The longest edge-routing blob in front of the intro.
const ROUTING_BYTES_MAX: usize = 4 * 1024;

/// Why a byte stream was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The first bytes are not the intro of this protocol.
    Intro,
    /// The intro names another version of the token dictionary.
    Dictionary(u8),
    /// A frame without content.
    Empty,
    /// A frame, or the edge-routing blob, is longer than its limit.
    Oversize(usize),
}

/// Bytes received and not yet cut into frames.
#[derive(Debug)]
pub(crate) struct FrameBuffer {
    bytes: BytesMut,
    greeted: bool,
}

impl FrameBuffer {
    pub(crate) fn new() -> Self {
        Self { bytes: BytesMut::new(), greeted: false }
    }

    /// Adds what the transport delivered.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, without its length prefix.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        if !self.greeted && !self.take_intro()? {
            return Ok(None);
        }
        let Some(length) = length_at(&self.bytes, 0) else {
            return Ok(None);
        };
        if length == 0 {
            return Err(FrameError::Empty);
        }
        if length > FRAME_BYTES_MAX {
            return Err(FrameError::Oversize(length));
        }
        if self.bytes.len() < 3 + length {
            return Ok(None);
        }
        self.bytes.advance(3);
        Ok(Some(self.bytes.split_to(length).freeze()))
    }

    fn take_intro(&mut self) -> Result<bool, FrameError> {
        if self.bytes.len() < 4 {
            return Ok(false);
        }
        if self.bytes.starts_with(b"ED\x00\x01") {
            let Some(length) = length_at(&self.bytes, 4) else {
                return Ok(false);
            };
            if length > ROUTING_BYTES_MAX {
                return Err(FrameError::Oversize(length));
            }
            if self.bytes.len() < 7 + length + 4 {
                return Ok(false);
            }
            self.bytes.advance(7 + length);
        }
        if !self.bytes.starts_with(&INTRO[..3]) {
            return Err(FrameError::Intro);
        }
        if self.bytes[3] != INTRO[3] {
            return Err(FrameError::Dictionary(self.bytes[3]));
        }
        self.bytes.advance(4);
        self.greeted = true;
        Ok(true)
    }
}

fn length_at(bytes: &[u8], offset: usize) -> Option<usize> {
    let prefix = bytes.get(offset..offset + 3)?;
    Some(prefix.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
}

/// A frame around `payload`; `None` when it is too long for the length prefix.
pub(crate) fn frame(payload: &[u8]) -> Option<Bytes> {
    let length = u32::try_from(payload.len()).ok().filter(|length| *length < 1 << 24)?;
    let mut bytes = BytesMut::with_capacity(3 + payload.len());
    bytes.extend_from_slice(&length.to_be_bytes()[1..]);
    bytes.extend_from_slice(payload);
    Some(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut buffer = FrameBuffer::new();
        let mut frames = Vec::new();
        for piece in pieces {
            buffer.push(piece);
            while let Some(frame) = buffer.next_frame()? {
                frames.push(frame.to_vec());
            }
        }
        Ok(frames)
    }

    #[test]
    fn frames_survive_every_way_of_cutting_the_stream() {
        let stream = b"WA\x06\x03\x00\x00\x01a\x00\x00\x02bc";
        let whole = vec![b"a".to_vec(), b"bc".to_vec()];
        assert_eq!(collect(&[stream]).unwrap(), whole);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(collect(&bytes).unwrap(), whole);
    }

    #[test]
    fn edge_routing_may_precede_the_intro() {
        let stream = b"ED\x00\x01\x00\x00\x02xyWA\x06\x03\x00\x00\x01a";
        assert_eq!(collect(&[stream]).unwrap(), vec![b"a".to_vec()]);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(collect(&bytes).unwrap(), vec![b"a".to_vec()]);
    }

    #[test]
    fn a_stream_that_is_not_this_protocol_is_given_up() {
        assert_eq!(collect(&[b"WA\x06\x02"]), Err(FrameError::Dictionary(2)));
        assert_eq!(collect(&[b"WA\x05\x03"]), Err(FrameError::Intro));
        assert_eq!(collect(&[b"GET /"]), Err(FrameError::Intro));
        assert_eq!(collect(&[b"ED\x00\x01\xff\xff\xff"]), Err(FrameError::Oversize(0xff_ffff)));
        assert_eq!(collect(&[b"WA\x06\x03\x00\x00\x00"]), Err(FrameError::Empty));
        assert_eq!(collect(&[b"WA\x06\x03\xff\xff\xff"]), Err(FrameError::Oversize(0xff_ffff)));
    }
}
