//! Objects of JSON whose fields are text already, so that what many are sent is written once and joined from then on.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

/// The fields of an object: the text of each, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Writes the fields of `value`; none if it is no object.
    pub(crate) fn of(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self(fields.into_iter().map(|(name, value)| (name, value.to_string())).collect()),
            _ => Self::default(),
        }
    }

    /// Returns one field, whose `text` is JSON.
    pub(crate) fn one(name: &str, text: String) -> Self {
        Self([(name.to_owned(), text)].into())
    }

    /// Adds the fields of `other`.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the object that has the fields of both, in the order of their names. Of a name that both have, `other`'s
    /// counts.
    pub(crate) fn join(&self, other: &Self) -> String {
        let fields: BTreeMap<&String, &String> = self.0.iter().chain(&other.0).collect();
        let mut text = String::with_capacity(fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
        for (name, value) in fields {
            let before = if text.is_empty() { '{' } else { ',' };
            // Writing to a string cannot fail.
            let _ = write!(text, "{before}{}:{value}", Value::from(name.as_str()));
        }
        text.push_str(if text.is_empty() { "{}" } else { "}" });
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_objects_become_one_as_if_it_had_been_written_at_once() {
        let (one, other) = (json!({ "b": [1, null], "d\"": "\n" }), json!({ "a": { "x": 1.5 }, "c": false }));
        let both = json!({ "a": { "x": 1.5 }, "b": [1, null], "c": false, "d\"": "\n" });
        assert_eq!(Fields::of(one.clone()).join(&Fields::of(other)), both.to_string());
        assert_eq!(Fields::of(one.clone()).join(&Fields::default()), one.to_string());
        assert_eq!(Fields::of(one).join(&Fields::of(json!({ "b": 2 }))), r#"{"b":2,"d\"":"\n"}"#);
        assert_eq!(Fields::of(json!([1])).join(&Fields::default()), "{}");
    }
}
