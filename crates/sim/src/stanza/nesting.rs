//! How deep the addresses of a stanza are nested, found out before the codec reads it.
//!
//! An address is made of texts, and an address may stand for a text. The codec reads that by
//! recursion and has a limit for nodes only, so a frame that is one address within the other would
//! overflow the stack and end the process. No client nests them at all.

use wacore_binary::token;

/// The deepest nodes that the codec reads; it says so itself of deeper ones.
const NODES_MAX: usize = 128;

/// Why a walk ended before the stanza did.
enum Stop {
    /// An address is part of another.
    Nested,
    /// It is no stanza, and the codec will tell why.
    Broken,
}

type Walked = Result<(), Stop>;

/// Whether an address in it is part of another.
pub(super) fn has_nested_addresses(stanza: &[u8]) -> bool {
    matches!(Walk(stanza).node(0), Err(Stop::Nested))
}

/// What is left of the bytes.
struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    fn node(&mut self, depth: usize) -> Walked {
        if depth >= NODES_MAX {
            return Err(Stop::Broken);
        }
        let tag = self.byte()?;
        let size = self.list_size(tag)?;
        let with_content = size != 0 && size.is_multiple_of(2);
        for _ in 0..size - usize::from(with_content) {
            self.text()?;
        }
        if with_content { self.content(depth) } else { Ok(()) }
    }

    fn content(&mut self, depth: usize) -> Walked {
        let tag = self.byte()?;
        if !matches!(tag, token::LIST_8 | token::LIST_16) {
            return self.text_of(tag);
        }
        (0..self.list_size(tag)?).try_for_each(|_| self.node(depth + 1))
    }

    fn list_size(&mut self, tag: u8) -> Result<usize, Stop> {
        match tag {
            token::LIST_EMPTY => Ok(0),
            token::LIST_8 => self.number(1),
            token::LIST_16 => self.number(2),
            _ => Err(Stop::Broken),
        }
    }

    fn text(&mut self) -> Walked {
        let tag = self.byte()?;
        self.text_of(tag)
    }

    fn text_of(&mut self, tag: u8) -> Walked {
        match tag {
            token::JID_PAIR => self.part().and_then(|()| self.part()),
            // Domain and device stand in front of the user, device and integrator behind it.
            token::AD_JID => self.skip(2).and_then(|()| self.part()),
            token::INTEROP_JID => {
                self.part()?;
                self.skip(4)?;
                self.part()
            }
            token::FB_JID => {
                self.part()?;
                self.skip(2)?;
                self.part()
            }
            _ => self.plain(tag),
        }
    }

    /// A part of an address.
    fn part(&mut self) -> Walked {
        match self.byte()? {
            token::JID_PAIR | token::AD_JID | token::INTEROP_JID | token::FB_JID => {
                Err(Stop::Nested)
            }
            tag => self.plain(tag),
        }
    }

    /// A text that is no address.
    fn plain(&mut self, tag: u8) -> Walked {
        let length = match tag {
            token::BINARY_8 => self.number(1)?,
            token::BINARY_20 => self.number(3)? & 0xf_ffff,
            token::BINARY_32 => self.number(4)?,
            token::HEX_8 | token::NIBBLE_8 => self.number(1)? & 0x7f,
            token::DICTIONARY_0..=token::DICTIONARY_3 => 1,
            _ => 0,
        };
        self.skip(length)
    }

    fn number(&mut self, bytes: usize) -> Result<usize, Stop> {
        (0..bytes).try_fold(0, |number, _| Ok(number << 8 | usize::from(self.byte()?)))
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        let (first, rest) = self.0.split_first().ok_or(Stop::Broken)?;
        self.0 = rest;
        Ok(*first)
    }

    fn skip(&mut self, bytes: usize) -> Walked {
        self.0 = self.0.get(bytes..).ok_or(Stop::Broken)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wacore_binary::{Jid, builder::NodeBuilder};

    use super::*;

    /// `<iq id=` and what stands there.
    fn with_id(value: &[u8]) -> Vec<u8> {
        [&[token::LIST_8, 3, 25, 8], value].concat()
    }

    #[test]
    fn an_address_within_an_address_is_found_in_every_part() {
        for before in [
            &[token::JID_PAIR][..],
            &[token::JID_PAIR, token::LIST_EMPTY],
            &[token::AD_JID, 0, 1],
            &[token::INTEROP_JID],
            &[token::INTEROP_JID, 3, 0, 1, 0, 1],
            &[token::FB_JID],
            &[token::FB_JID, 3, 0, 1],
        ] {
            for inner in [token::JID_PAIR, token::AD_JID, token::INTEROP_JID, token::FB_JID] {
                let nested = [before, &[inner]].concat();
                assert!(has_nested_addresses(&with_id(&nested)), "{nested:?}");
            }
        }
    }

    #[test]
    fn bytes_that_look_like_addresses_are_none() {
        let bytes = vec![token::JID_PAIR; 300];
        let jid = Jid::pn_device("15550001111", 7);
        let child = NodeBuilder::new("enc").attr("jid", jid.clone()).bytes(bytes).build();
        let node = NodeBuilder::new("message")
            .attr("to", jid)
            .attr("id", "3EB0-01.7")
            .children([child.clone(), child])
            .build();
        let encoded = super::super::encode(&node).unwrap();
        assert!(!has_nested_addresses(&encoded[1..]));
    }
}
