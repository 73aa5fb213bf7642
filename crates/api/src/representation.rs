//! Which of several forms of one answer a client wants: what it names in `format`, else what it
//! accepts most gladly.

/// The weight that an `Accept` header gives to a media type (RFC 9110): that of its most exact range.
fn weight(accept: &str, offer: &str) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let exactness = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*").is_some_and(|kind| offer.split('/').next() == Some(kind)) => 2,
            name if name == offer => 3,
            _ => return None,
        };
        let q = parts.find_map(|part| part.replace(' ', "").strip_prefix("q=")?.parse::<f32>().ok());
        Some((exactness, q.unwrap_or(1.0)))
    });
    ranges.max_by_key(|(exactness, _)| *exactness).map_or(0.0, |(_, q)| q)
}

/// The media type that is accepted most gladly; the first of those that are equally welcome.
pub(crate) fn preferred<'o>(accept: &str, offers: &[&'o str]) -> &'o str {
    let mut best = (0.0, offers.first().copied().unwrap_or_default());
    for offer in offers {
        let weight = weight(accept, offer);
        if weight > best.0 {
            best = (weight, offer);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_form_is_given_to_who_would_rather_have_it() {
        let given = |accept| preferred(accept, &["application/json", "text/csv"]);
        for accept in ["text/csv", "text/*", "application/json;q=0.5, text/csv", "*/*;q=0.1, text/csv"] {
            assert_eq!(given(accept), "text/csv", "{accept}");
        }
        for accept in ["", "*/*", "application/json", "text/csv, application/json", "text/csv;q=0.5, */*"] {
            assert_eq!(given(accept), "application/json", "{accept}");
        }
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(preferred(browser, &["application/json", "text/html", "text/markdown"]), "text/html");
    }
}
