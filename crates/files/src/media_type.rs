//! What kind of file it is, told from its first bytes and from nothing that anybody says of it.

/// The media type of a file that begins with these bytes; `whole` when there are no others.
pub fn sniff(head: &[u8], whole: bool) -> &'static str {
    if let Some(markup) = markup(head) {
        return markup;
    }
    match infer::get(head).map(|found| found.mime_type()) {
        Some("application/zip") => packed(head).unwrap_or("application/zip"),
        Some(found) => found,
        None if is_text(head, whole) => "text/plain",
        None => "application/octet-stream",
    }
}

/// Texts that a browser would run or draw: they are never shown, so it is better to see one too many.
fn markup(head: &[u8]) -> Option<&'static str> {
    let begin = head.get(..head.len().min(4096)).unwrap_or_default();
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    if !begin.trim_ascii_start().starts_with(b"<") {
        return None;
    }
    let begin = String::from_utf8_lossy(begin).to_ascii_lowercase();
    let has = |tags: &[&str]| tags.iter().any(|tag| begin.contains(tag));
    if has(&["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<style"]) {
        Some("text/html")
    } else if has(&["<svg"]) {
        Some("image/svg+xml")
    } else if begin.trim_start().starts_with("<?xml") {
        Some("text/xml")
    } else {
        None
    }
}

/// Office documents are packed: the names of their parts stand in the clear.
fn packed(head: &[u8]) -> Option<&'static str> {
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    if !has(b"[Content_Types].xml") {
        return None;
    }
    [
        (b"word/".as_slice(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"xl/".as_slice(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"ppt/".as_slice(), "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ]
    .into_iter()
    .find_map(|(part, media_type)| has(part).then_some(media_type))
}

/// Whether it is text in UTF-8. A character that the cut runs through is one nevertheless.
fn is_text(head: &[u8], whole: bool) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if !whole && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or("\0")
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell() {
        for (head, told) in [
            (b"%PDF-1.7\n1 0 obj".as_slice(), "application/pdf"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0", "image/gif"),
            ("Соглашение о побратимстве".as_bytes(), "text/plain"),
            (b"  <!DOCTYPE html><title>x</title>", "text/html"),
            (b"\xef\xbb\xbf<HTML>", "text/html"),
            (b"<p>x</p><script>alert(1)</script>", "text/html"),
            (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
            (b"<svg onload=\"alert(1)\"/>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><a/>", "text/xml"),
            (b"\x01\x02\x03\x04", "application/octet-stream"),
            (b"a\0b", "application/octet-stream"),
            (b"\xd1\xee\xe3\xeb", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head, true), told, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_cut_may_run_through_a_letter() {
        let text = "Хэйхэ".as_bytes();
        assert_eq!(sniff(&text[..3], false), "text/plain");
        assert_eq!(sniff(&text[..3], true), "application/octet-stream");
    }

    #[test]
    fn office_documents_are_told_by_their_parts() {
        let packed = |part: &str| {
            let mut file = b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0".to_vec();
            file.extend_from_slice(&[0; 12]);
            file.extend_from_slice(&[19, 0, 0, 0]);
            file.extend_from_slice(b"[Content_Types].xml");
            file.extend_from_slice(&[7; 40]);
            file.extend_from_slice(part.as_bytes());
            file
        };
        for (part, told) in [
            ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            ("other", "application/zip"),
        ] {
            assert_eq!(sniff(&packed(part), true), told);
        }
    }
}
