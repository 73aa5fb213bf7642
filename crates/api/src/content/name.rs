//! Names of files in headers: read as clients write them, and written so that every browser reads
//! them and nothing else (RFC 6266, RFC 8187).

use actix_web::http::header::{ContentDisposition, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pobratim_domain::DocumentContent;

/// What stands for itself in an extended value: `attr-char` of RFC 8187.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The name in a `Content-Disposition`, as it is kept; nothing when none is told, an error when it
/// cannot be read.
pub(crate) fn told(header: &str) -> Result<Option<String>, ()> {
    let value = HeaderValue::from_str(header).map_err(|_| ())?;
    let disposition = ContentDisposition::from_raw(&value).map_err(|_| ())?;
    Ok(of(&disposition))
}

/// The name in a disposition, as it is kept.
pub(crate) fn of(disposition: &ContentDisposition) -> Option<String> {
    let extended = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
    let name = extended.or_else(|| disposition.get_filename().map(str::to_owned))?;
    DocumentContent::file_name(&name)
}

/// The header that tells a file's name, and whether it is for showing.
pub(crate) fn disposition(shown: bool, name: &str) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    // A percent sign is read as an escape by some browsers.
    let is_plain = |letter: char| (letter.is_ascii_graphic() || letter == ' ') && !"\"\\%".contains(letter);
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    if plain == name {
        return format!("{kind}; filename=\"{plain}\"");
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, EXTENDED))
}

/// A name for a file that came without one.
pub(crate) fn made(reference: &str, media_type: &str) -> String {
    let end = match media_type {
        "application/pdf" => ".pdf",
        "image/gif" => ".gif",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/webp" => ".webp",
        "text/plain" => ".txt",
        "application/zip" => ".zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ".xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => ".pptx",
        _ => "",
    };
    format!("{reference}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_for_old_and_new_browsers() {
        assert_eq!(disposition(true, "scan 1.pdf"), "inline; filename=\"scan 1.pdf\"");
        assert_eq!(
            disposition(false, "Хэйхэ 黑河.pdf"),
            "attachment; filename=\"_____ __.pdf\"; filename*=UTF-8''%D0%A5%D1%8D%D0%B9%D1%85%D1%8D%20%E9%BB%91%E6%B2%B3.pdf"
        );
        assert_eq!(
            disposition(false, "a\"; filename=\"b\\%41.txt"),
            "attachment; filename=\"a_; filename=_b__41.txt\"; filename*=UTF-8''a%22%3B%20filename%3D%22b%5C%2541.txt"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        for name in ["scan.pdf", "Хэйхэ 黑河.pdf", "a\"b'c;d=e,f%20g.txt", "100 %.pdf"] {
            assert_eq!(told(&disposition(false, name)), Ok(Some(name.to_owned())));
        }
        assert_eq!(told("attachment"), Ok(None));
        assert_eq!(told("attachment; filename=\"../../x.pdf\""), Ok(Some("x.pdf".to_owned())));
        for wrong in ["", ";", "attachment; filename*=x"] {
            assert_eq!(told(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_file_without_a_name_is_called_by_its_number() {
        assert_eq!(made("DOC-0001", "image/jpeg"), "DOC-0001.jpg");
        assert_eq!(made("DOC-0001", "application/x-whatever"), "DOC-0001");
    }
}
