//! Faults: what is wrong with a text somebody sent, each with the place it stands in.

use std::fmt;

/// One thing wrong with a body: where, what kind, and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the body.
    pub pointer: String,
    /// Stable code, such as `required` or `unknown_reference`.
    pub code: &'static str,
    /// One sentence for the person who wrote it.
    pub detail: String,
}

/// All faults of a body, so that a form with three faults gets three answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(Fault { pointer: pointer.into(), code, detail: detail.into() });
    }

    /// Notes a fault when the rule does not hold.
    pub fn unless(&mut self, holds: bool, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if !holds {
            self.add(pointer, code, detail);
        }
    }

    /// Notes each element of a list that stands in it already.
    pub fn each_once<T: PartialEq>(&mut self, pointer: &str, list: &[T]) {
        for (index, element) in list.iter().enumerate() {
            let first = !list.iter().take(index).any(|earlier| earlier == element);
            self.unless(first, format!("{pointer}/{index}"), "duplicate", "This stands in the list already.");
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this very place has a fault already.
    pub fn has(&self, pointer: &str) -> bool {
        self.0.iter().any(|fault| fault.pointer == pointer)
    }

    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Nothing when no fault was found, else all of them.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "; " };
            write!(out, "{gap}{}: {}", fault.pointer, fault.detail)?;
        }
        Ok(())
    }
}
