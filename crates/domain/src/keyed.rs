//! Elements of lists with a life of their own, such as the parties of a partnership. Each has a key
//! that the server makes, by which it is addressed in actions and kept when the list is replaced.

use uuid::Uuid;

use crate::fault::Faults;
use crate::refusal::Refusal;

/// An element with a key.
pub(crate) trait Keyed: Sized {
    /// Its key; nil for a new one.
    fn key(&self) -> Uuid;

    /// Gives it its key.
    fn set_key(&mut self, key: Uuid);

    /// Takes over what the server manages from what the element was; nothing when it is new.
    fn keep(&mut self, _before: Option<&Self>) {}

    /// Why it cannot be dropped, when it holds what would be lost.
    fn held(&self) -> Option<&'static str> {
        None
    }
}

/// The element with this key.
pub(crate) fn find<'l, E: Keyed>(list: &'l [E], key: &Uuid) -> Option<&'l E> {
    list.iter().find(|element| element.key() == *key)
}

/// Gives keys to new elements, and notes keys that are unknown or stand twice.
pub(crate) fn settle<E: Keyed>(
    pointer: &str,
    list: &mut [E],
    before: &[E],
    new_key: &mut dyn FnMut() -> Uuid,
    faults: &mut Faults,
) {
    let mut seen: Vec<Uuid> = Vec::new();
    for (index, element) in list.iter_mut().enumerate() {
        let key = element.key();
        if key.is_nil() {
            element.set_key(new_key());
            continue;
        }
        let place = || format!("{pointer}/{index}/key");
        faults.unless(
            find(before, &key).is_some(),
            place(),
            "unknown_key",
            "No element has this key; leave it out for a new one.",
        );
        faults.unless(!seen.contains(&key), place(), "duplicate", "Another element has this key.");
        seen.push(key);
    }
}

/// Keeps what the server manages in the elements that stay, and clears it in new ones.
pub(crate) fn keep<E: Keyed>(list: &mut [E], before: &[E]) {
    for element in list {
        let key = element.key();
        element.keep(find(before, &key));
    }
}

/// Refuses a list without an element that holds what would be lost with it.
pub(crate) fn dropped<E: Keyed>(pointer: &str, list: &[E], before: &[E]) -> Result<(), Refusal> {
    let lost = before.iter().filter(|element| find(list, &element.key()).is_none()).find_map(Keyed::held);
    match lost {
        Some(detail) => Err(Refusal::Held { pointer: pointer.to_owned(), detail: detail.to_owned() }),
        None => Ok(()),
    }
}
