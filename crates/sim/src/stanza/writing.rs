//! Stanzas as bytes, with every text as it is.
//!
//! The codec's own writer takes a text with an `@` for an address: of `7:5@broadcast` it drops the
//! device, and `a@b` becomes an address that no client can read. Clients choose ids and people
//! choose names, and both are said again. So such a text goes out letter by letter, which every
//! client reads, and an address as one only if it comes back whole.

use wacore_binary::{
    Jid, Node, NodeContent, NodeValue, Result, Server,
    encoder::{ByteWriter, Encoder},
};

/// The flag byte of a stanza that is not packed, and the stanza.
pub(super) fn write(node: &Node) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_node(&mut Encoder::new_vec(&mut bytes)?, node)?;
    Ok(bytes)
}

fn write_node<W: ByteWriter>(to: &mut Encoder<'_, W>, node: &Node) -> Result<()> {
    to.write_list_start(1 + 2 * node.attrs.len() + usize::from(node.content.is_some()))?;
    write_text(to, &node.tag)?;
    for (name, value) in &node.attrs {
        write_text(to, name)?;
        match value {
            NodeValue::String(text) => write_text(to, text)?,
            NodeValue::Jid(jid) if comes_back_whole(jid) => to.write_jid_owned(jid)?,
            NodeValue::Jid(jid) => write_text(to, &jid.to_string())?,
        }
    }
    match &node.content {
        None => Ok(()),
        Some(NodeContent::String(text)) => write_text(to, text),
        Some(NodeContent::Bytes(bytes)) => to.write_bytes_with_len(bytes),
        Some(NodeContent::Nodes(children)) => {
            to.write_list_start(children.len())?;
            children.iter().try_for_each(|child| write_node(to, child))
        }
    }
}

fn write_text<W: ByteWriter>(to: &mut Encoder<'_, W>, text: &str) -> Result<()> {
    if text.contains('@') {
        to.write_bytes_with_len(text.as_bytes())
    } else {
        to.write_string(text)
    }
}

/// Whether the codec's form for this address has room for all of it.
fn comes_back_whole(jid: &Jid) -> bool {
    use Server::{Hosted, HostedLid, Lid, Pn};
    let device_max = if matches!(jid.server, Pn | Lid | Hosted | HostedLid) { 255 } else { 0 };
    jid.device <= device_max && jid.integrator == 0 && !jid.user.contains('@')
}

#[cfg(test)]
mod tests {
    use wacore_binary::builder::NodeBuilder;

    use super::super::{attr, decode, encode};
    use super::*;

    fn back(node: &Node) -> Node {
        decode(&encode(node).unwrap()).unwrap()
    }

    #[test]
    fn text_with_an_at_sign_stays_text() {
        for text in ["@", "a@b", "7:5@broadcast", "7_3@s.whatsapp.net", "ann@home", "1@lid"] {
            let node = NodeBuilder::new("iq").attr("id", text).string_content(text).build();
            let back = back(&node);
            assert_eq!(attr(&back, "id").as_deref(), Some(text));
            assert_eq!(super::super::content(&back), Some(text.as_bytes()));
        }
    }

    #[test]
    fn an_address_comes_back_whole() {
        for text in [
            "15550001111@s.whatsapp.net",
            "15550001111:7@s.whatsapp.net",
            "217387403928938:255@lid",
            "120363021033254949@g.us",
            "15550001111:300@s.whatsapp.net",
            "a@b@s.whatsapp.net",
        ] {
            let (user, server) = text.rsplit_once('@').unwrap();
            let (user, device) = user.split_once(':').unwrap_or((user, "0"));
            let mut jid = Jid::new(user, server.try_into().unwrap());
            jid.device = device.parse().unwrap();
            let node = NodeBuilder::new("user").attr("jid", jid).build();
            assert_eq!(attr(&back(&node), "jid").as_deref(), Some(text));
        }
    }
}
