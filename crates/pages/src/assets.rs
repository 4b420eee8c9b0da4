//! What the pages load. It is part of the binary, so that there is no folder to forget.
//!
//! All assets stand below one folder whose name follows from the content of all. So a module finds
//! its neighbours by their plain names, in a browser as in Node, and a browser may keep every file for
//! good: another version has another address.

use sha2::{Digest as _, Sha256};

/// One file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) content: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            content: include_bytes!(concat!("../assets/", $name)),
        }
    };
}

/// All there are.
pub(crate) const ASSETS: &[Asset] = &[
    asset!("absence.mjs", SCRIPT),
    asset!("call.mjs", SCRIPT),
    asset!("console-calls.mjs", SCRIPT),
    asset!("console-view.mjs", SCRIPT),
    asset!("console.css", STYLE),
    asset!("console.mjs", SCRIPT),
    asset!("course.mjs", SCRIPT),
    asset!("fit.mjs", SCRIPT),
    asset!("icon.svg", "image/svg+xml"),
    asset!("link.mjs", SCRIPT),
    asset!("page.mjs", SCRIPT),
    asset!("passkey.mjs", SCRIPT),
    asset!("remaining.mjs", SCRIPT),
    asset!("screens.css", STYLE),
    asset!("style.css", STYLE),
    asset!("view.mjs", SCRIPT),
    asset!("words.ar.mjs", SCRIPT),
    asset!("words.de.mjs", SCRIPT),
    asset!("words.en.mjs", SCRIPT),
    asset!("words.es.mjs", SCRIPT),
    asset!("words.fr.mjs", SCRIPT),
    asset!("words.pt.mjs", SCRIPT),
];

/// The name of the folder that all of them stand in.
pub(crate) fn folder() -> String {
    let mut digest = Sha256::new();
    for asset in ASSETS {
        digest.update(asset.name);
        // Ends the name, and says where the content ends.
        digest.update([0]);
        digest.update(asset.content.len().to_be_bytes());
        digest.update(asset.content);
    }
    let mut text = hex::encode(digest.finalize());
    text.truncate(16);
    text
}

/// The asset at `place`, which is a folder and a name.
pub(crate) fn find(folder: &str, place: &str) -> Option<&'static Asset> {
    let name = place.strip_prefix(folder)?.strip_prefix('/')?;
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let served: BTreeSet<String> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(files, served);
    }

    #[test]
    fn an_asset_is_found_in_this_version_s_folder_only() {
        let folder = folder();
        assert_eq!(folder.len(), 16);
        assert!(find(&folder, &format!("{folder}/link.mjs")).is_some());
        for place in [
            "link.mjs".to_owned(),
            "0123456789abcdef/link.mjs".to_owned(),
            format!("{folder}/"),
            format!("{folder}link.mjs"),
            format!("{folder}/../{folder}/link.mjs"),
            format!("{folder}/link.mjs/"),
            format!("{folder}/LINK.MJS"),
        ] {
            assert!(find(&folder, &place).is_none(), "{place}");
        }
    }
}
