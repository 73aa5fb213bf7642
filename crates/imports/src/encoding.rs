//! The encoding of a text: told by its mark, or UTF-8 when it is that, else guessed among what registers
//! come in: windows-1251, GBK, Shift_JIS, EUC-KR and their likes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::table::Refused;

/// How much of a text the guess is made from.
const SAMPLE: usize = 1024 * 1024;

/// The text, and the name of its encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<(String, &'static str), Refused> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decoded(&bytes[mark..], encoding);
    }
    if let Some(encoding) = wide(bytes) {
        return decoded(bytes, encoding);
    }
    if bytes.contains(&0) {
        return Err(Refused::new(
            "binary",
            "It is no text: it holds NUL bytes. Registers come as CSV, XLSX, JSON or NDJSON.",
        ));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), UTF_8.name()));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], bytes.len() <= SAMPLE);
    decoded(bytes, detector.guess(None, Utf8Detection::Deny))
}

/// UTF-16 without a mark: every second byte of its first line is zero where letters are Latin.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(200) & !1];
    let zeros = |at: usize| start.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = start.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, odd) if pairs >= 4 && odd * 5 >= pairs => Some(UTF_16LE),
        (even, 0) if pairs >= 4 && even * 5 >= pairs => Some(UTF_16BE),
        _ => None,
    }
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Result<(String, &'static str), Refused> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok((text.into_owned(), encoding.name())),
        None => Err(Refused::new(
            "unknown_encoding",
            format!("Its text looks like {} and is not. Save it as UTF-8.", encoding.name()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251};

    use super::*;

    const RUSSIAN: &str = "Город;Страна;Дата\nБлаговещенск;Россия;17 июля 2003 г.\nХэйхэ;Китай;2011\n";
    const CHINESE: &str = "城市,国家,结好时间\n布拉戈维申斯克,俄罗斯,2011年\n哈尔滨,中国,2007年8月\n";
    const JAPANESE: &str = "都市名,国名,提携年月日\n新潟市,日本,平成19年8月\nハバロフスク,ロシア,昭和40年4月23日\n";
    const KOREAN: &str = "도시,국가,체결일\n인천,대한민국,2007. 8.\n당진시,대한민국,2010. 1. 5.\n";

    #[test]
    fn registers_of_all_offices_are_read() {
        let encodings: [(&str, &Encoding, &[&str]); 4] = [
            (RUSSIAN, WINDOWS_1251, &["windows-1251"]),
            (CHINESE, GBK, &["GBK", "gb18030"]),
            (JAPANESE, SHIFT_JIS, &["Shift_JIS"]),
            (KOREAN, EUC_KR, &["EUC-KR"]),
        ];
        for (text, encoding, names) in encodings {
            let (bytes, _, lossy) = encoding.encode(text);
            assert!(!lossy);
            let (read, name) = decode(&bytes).unwrap();
            assert_eq!(read, text);
            assert!(names.contains(&name), "{name}");
            assert_eq!(decode(text.as_bytes()).unwrap(), (text.to_owned(), "UTF-8"));
            let marked = format!("\u{feff}{text}");
            assert_eq!(decode(marked.as_bytes()).unwrap(), (text.to_owned(), "UTF-8"));
            for (mark, pairs) in [(true, u16::to_le_bytes as fn(u16) -> [u8; 2]), (false, u16::to_be_bytes)] {
                let wide: Vec<u8> = marked.encode_utf16().flat_map(pairs).collect();
                assert_eq!(decode(&wide).unwrap().0, text, "{mark}");
            }
        }
        let bare: Vec<u8> = "city,country\nHeihe,China\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bare).unwrap().1, "UTF-16LE");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(decode(b"city\0\0\0\x01\x02").unwrap_err().code, "binary");
        assert_eq!(decode(&[0xff, 0xfe, 0x00, 0xd8]).unwrap_err().code, "unknown_encoding");
    }
}
