//! Forms with a file (`multipart/form-data`).

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;

use crate::refusal::Refusal;

/// Parts of a form; one above is refused.
const PARTS_MAX: usize = 16;

/// The name that the contract gives the part with the file.
const FILE: &str = "file";

/// The file of a form. Parts come in any order; where none is called `file`, the only one that has a
/// file's name is meant.
pub(crate) async fn file(content_type: Option<&str>, body: Bytes) -> Result<Bytes, Refusal> {
    let missing = || Refusal::invalid(format_args!("'{FILE}' is required"));
    let boundary = content_type.and_then(|it| multer::parse_boundary(it).ok());
    let boundary = boundary.ok_or_else(missing)?;
    let body = stream::once(async move { Ok::<Bytes, Infallible>(body) });
    let mut form = multer::Multipart::new(body, boundary);
    let (mut called_file, mut others) = (None, Vec::new());
    let mut parts = 0;
    // Errors of the form quote it, and are not repeated.
    while let Some(part) = form.next_field().await.map_err(|_quotes| Refusal::BAD_DATA)? {
        parts += 1;
        if parts > PARTS_MAX {
            return Err(Refusal::BAD_DATA);
        }
        let is_file = part.name() == Some(FILE);
        let has_file_name = part.file_name().is_some();
        let content = part.bytes().await.map_err(|_quotes| Refusal::BAD_DATA)?;
        if is_file && called_file.is_none() {
            called_file = Some(content);
        } else if has_file_name {
            others.push(content);
        }
    }
    match (called_file, others.pop()) {
        (Some(file), _) => Ok(file),
        (None, Some(only)) if others.is_empty() => Ok(only),
        (None, _) => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: Option<&str> = Some("multipart/form-data; boundary=X");

    fn form(parts: &[&str]) -> Bytes {
        let mut text = String::new();
        for part in parts {
            text.push_str("--X\r\nContent-Disposition: form-data; ");
            text.push_str(part);
            text.push_str("\r\n");
        }
        text.push_str("--X--\r\n");
        Bytes::from(text)
    }

    async fn found(content_type: Option<&str>, body: Bytes) -> String {
        match file(content_type, body).await {
            Ok(file) => String::from_utf8(file.to_vec()).unwrap(),
            Err(Refusal::Told { message, .. }) => message.into_owned(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_file_is_found_wherever_it_stands() {
        let named = "name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nJPEG";
        let bare = "name=\"file\"\r\n\r\nJPEG";
        let other = "name=\"picture\"; filename=\"a.jpg\"\r\n\r\nJPEG";
        let text = "name=\"chatId\"\r\n\r\n15550001111@c.us";
        for parts in [&[named][..], &[text, named], &[named, text], &[bare], &[text, other]] {
            assert_eq!(found(TYPE, form(parts)).await, "JPEG", "{parts:?}");
        }
        let decoy = "name=\"picture\"; filename=\"b.jpg\"\r\n\r\nother";
        assert_eq!(found(TYPE, form(&[decoy, named])).await, "JPEG", "`file` has precedence");
    }

    #[tokio::test]
    async fn a_form_without_one_file_is_refused() {
        let required = "Validation failed. Details: 'file' is required";
        let text = "name=\"chatId\"\r\n\r\n15550001111@c.us";
        let one = "name=\"a\"; filename=\"a.jpg\"\r\n\r\nJPEG";
        let two = "name=\"b\"; filename=\"b.jpg\"\r\n\r\nJPEG";
        for parts in [&[][..], &[text], &[one, two]] {
            assert_eq!(found(TYPE, form(parts)).await, required, "{parts:?}");
        }
        for content_type in [None, Some("application/json"), Some("multipart/form-data")] {
            assert_eq!(found(content_type, form(&[one])).await, required, "{content_type:?}");
        }
    }

    #[tokio::test]
    async fn a_broken_form_is_bad_data() {
        for body in
            ["", "--X", "--X\r\n", "--X\r\nContent-Disposition: form-data; name=\"file\"", "\0\0"]
        {
            assert_eq!(found(TYPE, Bytes::from(body)).await, "bad request data", "{body:?}");
        }
        let many = vec!["name=\"a\"\r\n\r\nb"; PARTS_MAX + 1];
        assert_eq!(found(TYPE, form(&many)).await, "bad request data");
    }
}
