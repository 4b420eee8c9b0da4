//! The schema of messages in `src/message.desc` is that of `waproto`, as far as a `Message` goes.
//!
//! `UPDATE_SCHEMA=1 cargo nextest run -p waygate-sim -E 'test(schema)'` makes it anew, after a change
//! of that crate's version.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use buffa_descriptor::generated::descriptor::{DescriptorProto, FileDescriptorSet};
use serde_json::Value;
use waproto::buffa::{Message as _, MessageField};

const ROOT: &str = ".whatsapp.Message";

/// Where cargo keeps the sources of `waproto`.
fn waproto() -> PathBuf {
    let printed = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let metadata: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|package| package["name"] == "waproto").unwrap();
    Path::new(found["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

/// The types that each type names in its fields, by full names.
fn names(prefix: &str, types: &[DescriptorProto], found: &mut BTreeMap<String, Vec<String>>) {
    for message in types {
        let name = format!("{prefix}.{}", message.name.as_deref().unwrap());
        names(&name, &message.nested_type, found);
        let fields = message.field.iter().filter_map(|field| field.type_name.clone());
        found.insert(name, fields.collect());
    }
}

/// Cuts away what is not needed; whether anything is left.
fn cut(prefix: &str, message: &mut DescriptorProto, needed: &BTreeSet<String>) -> bool {
    let name = format!("{prefix}.{}", message.name.as_deref().unwrap());
    message.nested_type.retain_mut(|nested| cut(&name, nested, needed));
    let enums = &mut message.enum_type;
    enums.retain(|it| needed.contains(&format!("{name}.{}", it.name.as_deref().unwrap())));
    let whole = needed.contains(&name);
    if !whole {
        message.field.clear();
        message.oneof_decl.clear();
    }
    // They follow from the names.
    message.field.iter_mut().for_each(|field| field.json_name = None);
    whole || !message.nested_type.is_empty() || !message.enum_type.is_empty()
}

/// The part of the schema that a `Message` can hold, without comments.
fn schema() -> Vec<u8> {
    let whole = fs::read(waproto().join("src/whatsapp.desc")).unwrap();
    let mut set = FileDescriptorSet::decode_from_slice(&whole).unwrap();
    let [file] = &mut set.file[..] else { panic!("not one file") };
    let mut named = BTreeMap::new();
    names(".whatsapp", &file.message_type, &mut named);
    let (mut needed, mut open) = (BTreeSet::new(), vec![ROOT.to_owned()]);
    while let Some(name) = open.pop() {
        if needed.insert(name.clone()) {
            open.extend(named.get(&name).into_iter().flatten().cloned());
        }
    }
    file.message_type.retain_mut(|message| cut(".whatsapp", message, &needed));
    let enums = &mut file.enum_type;
    enums.retain(|it| needed.contains(&format!(".whatsapp.{}", it.name.as_deref().unwrap())));
    file.source_code_info = MessageField::default();
    set.encode_to_vec()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a person says by it that the schema is to be made anew"
)]
fn the_schema_of_messages_is_that_of_the_library() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/message.desc");
    let wanted = schema();
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&kept, &wanted).unwrap();
    }
    assert!(fs::read(&kept).unwrap() == wanted, "src/message.desc is of another version");
}
