//! The client's address, by which it is counted when it has no key.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// The client's address. What proxies say is believed only of those we trust, walked from the
/// right; an IPv6 client is its /64.
pub(crate) fn client_address(request: &HttpRequest, trusted: &[IpAddr]) -> String {
    let peer = request.peer_addr().map(|address| address.ip());
    let mut client = peer;
    if peer.is_some_and(|peer| trusted.contains(&peer)) {
        let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let hops: Vec<IpAddr> = match said("Forwarded") {
            Some(forwarded) => forwarded.split(',').filter_map(forwarded_for).collect(),
            None => said("X-Forwarded-For")
                .unwrap_or_default()
                .split(',')
                .filter_map(|hop| hop.trim().parse().ok())
                .collect(),
        };
        client = hops.iter().rev().find(|hop| !trusted.contains(hop)).copied().or(client);
    }
    match client {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    let node = element.split(';').map(str::trim).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })?;
    let node = node.trim_matches('"');
    let bare = node.strip_prefix('[').and_then(|rest| rest.split(']').next());
    bare.unwrap_or_else(|| if node.matches(':').count() == 1 { node.split(':').next().unwrap_or(node) } else { node })
        .parse()
        .ok()
}
