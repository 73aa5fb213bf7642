//! Reading JSON strictly: what RFC 8259 leaves open is refused, all of it in one pass. Repeated
//! members, NUL characters and deep nesting are faults with a pointer; serde_json itself refuses
//! lone surrogates and bad UTF-8. `3.0` is read as 3, as JSON Schema sees it, and a line ends in a
//! line feed, whatever the system it was written on.

use std::cell::RefCell;
use std::fmt;

use pobratim_domain::Faults;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep a body may nest.
const DEPTH: usize = 64;

/// Why a text is not a body.
pub(crate) enum Unreadable {
    /// It is not JSON: where and why.
    Syntax(String),
    /// It is JSON that says something twice, or what cannot be stored.
    Faults(Faults),
}

/// Reads a body.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let faults = RefCell::new(Faults::default());
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict { pointer: String::new(), depth: 0, faults: &faults };
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    let faults = faults.into_inner();
    match value {
        _ if !faults.is_empty() => Err(Unreadable::Faults(faults)),
        Ok(value) => Ok(value),
        Err(error) => Err(Unreadable::Syntax(error.to_string())),
    }
}

struct Strict<'f> {
    pointer: String,
    depth: usize,
    faults: &'f RefCell<Faults>,
}

impl Strict<'_> {
    fn below(&self, member: &str) -> Self
    where
        Self: Sized,
    {
        let escaped = member.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{escaped}", self.pointer), depth: self.depth + 1, faults: self.faults }
    }

    fn fault(&self, code: &'static str, detail: &str) {
        self.faults.borrow_mut().add(&self.pointer, code, detail);
    }

    fn text(&self, text: String) -> String {
        if text.contains('\0') {
            self.fault("nul", "A text has no NUL character.");
        }
        if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEPTH {
            self.fault("too_deep", "A body nests at most 64 deep.");
            return Err(D::Error::custom("too deep"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers that i64 holds exactly are cast")]
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let is_whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
        if is_whole {
            return Ok((value as i64).into());
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(self.text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(&list.len().to_string()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let below = self.below(&name);
            if name.contains('\0') {
                below.fault("nul", "A name has no NUL character.");
            }
            if object.contains_key(&name) {
                below.fault("duplicate_member", "This member stands twice in the same object.");
            }
            let value = members.next_value_seed(below)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(String, &'static str)> {
        match read(text.as_bytes()) {
            Err(Unreadable::Faults(faults)) => faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect(),
            Err(Unreadable::Syntax(_)) => vec![("syntax".to_owned(), "")],
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_fault_at_once() {
        let found = faults(r#"{"a": 1, "b": [{"c": "\u0000", "c": 2}], "a": 3}"#);
        assert_eq!(
            found,
            [
                ("/b/0/c".to_owned(), "nul"),
                ("/b/0/c".to_owned(), "duplicate_member"),
                ("/a".to_owned(), "duplicate_member")
            ]
        );
    }

    #[test]
    fn what_is_not_json() {
        for text in ["", "{", "{}x", r#""\ud800""#, "[1,]", "NaN"] {
            assert_eq!(faults(text), [("syntax".to_owned(), "")], "{text}");
        }
        assert!(read(b"\"\xff\"").is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(read(deep(64).as_bytes()).is_ok());
        assert_eq!(faults(&deep(66)).len(), 1);
    }

    #[test]
    fn lines_end_alike() {
        assert!(matches!(read(br#""a\r\nb\rc\n""#), Ok(Value::String(text)) if text == "a\nb\nc\n"));
    }

    #[test]
    fn a_whole_number_is_whole_however_written() {
        assert!(matches!(read(b"3.0"), Ok(Value::Number(number)) if number.as_i64() == Some(3)));
    }
}
