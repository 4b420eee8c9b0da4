//! A stanza with one thing changed at random.

use wacore_binary::{Node, NodeContent};

use crate::{dice::Dice, stanza};

/// What a number can be that nobody expects.
const NUMBERS: [&str; 5] = ["", "0", "-1", "4294967296", "18446744073709551616"];

#[derive(Debug, Clone, Copy)]
enum Change {
    RemoveAttr,
    OtherAttr,
    DropChild,
    RenameTag,
    FlipContent,
}

/// A stanza like this one, but for one change somewhere in it.
pub(super) fn mutate(node: &Node, dice: &mut Dice) -> Node {
    let mut changed = node.clone();
    change(&mut changed, dice);
    // What cannot be said at all would end the connection, which is another fault.
    if stanza::encode(&changed).is_some() { changed } else { node.clone() }
}

fn change(node: &mut Node, dice: &mut Dice) {
    if let Some(NodeContent::Nodes(children)) = &mut node.content
        && !children.is_empty()
        && dice.index(2) == 0
    {
        let child = dice.index(children.len());
        if let Some(child) = children.get_mut(child) {
            change(child, dice);
        }
        return;
    }
    let mut possible = vec![Change::RenameTag];
    if !node.attrs.is_empty() {
        possible.extend([Change::RemoveAttr, Change::OtherAttr]);
    }
    match &node.content {
        Some(NodeContent::Nodes(children)) if !children.is_empty() => {
            possible.push(Change::DropChild);
        }
        Some(NodeContent::Bytes(bytes)) if !bytes.is_empty() => possible.push(Change::FlipContent),
        Some(NodeContent::Bytes(_) | NodeContent::String(_) | NodeContent::Nodes(_)) | None => {}
    }
    let drawn = dice.index(possible.len());
    match possible.get(drawn) {
        Some(Change::RemoveAttr) => {
            let attr = dice.index(node.attrs.len());
            node.attrs.0.remove(attr);
        }
        Some(Change::OtherAttr) => change_attr(node, dice),
        Some(Change::DropChild) => {
            if let Some(NodeContent::Nodes(children)) = &mut node.content {
                let child = dice.index(children.len());
                children.remove(child);
            }
        }
        Some(Change::FlipContent) => flip(node, dice),
        Some(Change::RenameTag) | None => node.tag = word(dice).into(),
    }
}

fn change_attr(node: &mut Node, dice: &mut Dice) {
    let attr = dice.index(node.attrs.len());
    let value = match dice.index(3) {
        0 => NUMBERS.get(dice.index(NUMBERS.len())).copied().unwrap_or_default().to_owned(),
        1 => word(dice),
        _ => {
            let old = node.attrs.0.get(attr).map(|(_, value)| value.as_str().into_owned());
            let mut letters: Vec<char> = old.unwrap_or_default().chars().collect();
            let place = dice.index(letters.len().max(1));
            match letters.get_mut(place) {
                Some(letter) => *letter = if *letter == '7' { '8' } else { '7' },
                None => letters.push('7'),
            }
            letters.into_iter().collect()
        }
    };
    if let Some((_, old)) = node.attrs.0.get_mut(attr) {
        *old = value.as_str().into();
    }
}

fn flip(node: &mut Node, dice: &mut Dice) {
    if let Some(NodeContent::Bytes(bytes)) = &mut node.content {
        for _ in 0..=dice.index(3) {
            let place = dice.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << dice.index(8);
            }
        }
    }
}

/// A word that the protocol does not have.
fn word(dice: &mut Dice) -> String {
    format!("x{}", hex::encode(dice.bytes::<3>()))
}

#[cfg(test)]
mod tests {
    use wacore_binary::builder::NodeBuilder;

    use super::*;

    fn message() -> Node {
        let enc = NodeBuilder::new("enc").attr("v", 2).attr("type", "msg").bytes([1, 2, 3]).build();
        NodeBuilder::new("message").attr("id", "3EB0").attr("t", 1).children([enc]).build()
    }

    #[test]
    fn a_mutated_stanza_differs_can_be_sent_and_repeats_with_its_seed() {
        let draw = || {
            let mut dice = Dice::derive(7, "faults", 0);
            (0..500).map(|_| mutate(&message(), &mut dice)).collect::<Vec<_>>()
        };
        let drawn = draw();
        assert_eq!(drawn, draw());
        assert!(drawn.iter().all(|node| stanza::encode(node).is_some()));
        let same = drawn.iter().filter(|node| **node == message()).count();
        // Bits that are flipped twice are what they were, and so is a number that was drawn anew.
        assert!(same < 25, "{same}");
        let seen = |wanted: fn(&Node) -> bool| drawn.iter().any(wanted);
        assert!(seen(|node| node.tag != "message"), "another tag");
        assert!(seen(|node| node.attrs.len() == 1), "an attribute less");
        assert!(seen(|node| node.attrs.len() == 2 && node.attrs != message().attrs), "another one");
        assert!(seen(|node| node.children() == Some(&[])), "a child less");
        let sealed = |node: &Node| node.get_optional_child("enc")?.content.clone();
        let whole = Some(NodeContent::Bytes(vec![1, 2, 3]));
        assert!(drawn.iter().any(|node| sealed(node).is_some_and(|it| Some(it) != whole)), "bits");
    }

    #[test]
    fn a_stanza_with_nothing_in_it_gets_another_tag() {
        let mut dice = Dice::derive(7, "faults", 0);
        let bare = NodeBuilder::new("success").build();
        assert_ne!(mutate(&bare, &mut dice).tag, "success");
    }
}
