//! Which part of a file is asked for (RFC 9110, section 14): one range of bytes. Several at once,
//! and what is no range, are passed over, and the whole is answered.

use std::ops::Range;

/// What a `Range` header asks of a file of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Beyond,
}

impl Wanted {
    pub(crate) fn of(header: &str, size: u64) -> Self {
        let Some(set) = header.trim().get(..6).filter(|unit| unit.eq_ignore_ascii_case("bytes=")) else {
            return Self::Whole;
        };
        let range = header.trim().get(set.len()..).unwrap_or_default().trim();
        let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else { return Self::Whole };
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // More digits than fit are beyond any file.
            is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        let (first, last) = (first.trim(), last.trim());
        let wanted = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
            (Some(first), None) if last.is_empty() => first..size,
            (None, Some(length)) if first.is_empty() => {
                if length == 0 {
                    return Self::Beyond;
                }
                size.saturating_sub(length)..size
            }
            _ => return Self::Whole,
        };
        if wanted.start < size { Self::Part(wanted) } else { Self::Beyond }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, wanted) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-4", Wanted::Part(2..5)),
            ("Bytes= 2-4 ", Wanted::Part(2..5)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..10)),
            ("bytes=9-9", Wanted::Part(9..10)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=10-12", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=99999999999999999999999-", Wanted::Beyond),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
            ("хлеб", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(Wanted::of(header, 10), wanted, "{header}");
        }
    }
}
