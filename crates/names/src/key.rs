//! What a name is looked up by. The build script is compiled from this file too: what is stored and
//! what is asked for must be folded alike.

use crate::fold::fold;

/// The key of a name: folded as all searches are, and without the word for "city" that Chinese,
/// Japanese and Korean put at its end: 黑河市 is 黑河, 당진시 is 당진. Two characters must remain, for 시 and
/// 市 are parts of short names.
pub(crate) fn key(name: &str) -> String {
    let mut folded = fold(name);
    if let Some(rest) =
        folded.strip_suffix(['市', '시']).map(str::trim_end).filter(|rest| rest.chars().nth(1).is_some())
    {
        folded.truncate(rest.len());
    }
    folded
}
