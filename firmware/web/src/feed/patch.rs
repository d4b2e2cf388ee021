//! JSON merge patches (RFC 7396): what to send so that whoever has one state gets to another.
//!
//! Own code, because the kept crates apply such patches but make only those of another kind (RFC 6902). A merge patch
//! cannot carry null, so a state has none in its objects ([`without_nulls`]); in arrays, which are replaced whole, it may.

use serde_json::{Map, Value};

/// `value` without the fields of objects that are null.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        other => other,
    }
}

/// What turns `from` into `to`, both objects without nulls; `None` if they are equal.
pub(crate) fn diff(from: &Map<String, Value>, to: &Map<String, Value>) -> Option<Value> {
    let mut patch = Map::new();
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, new) in to {
        let change = match (from.get(key), new) {
            (Some(old), new) if old == new => None,
            (Some(Value::Object(old)), Value::Object(new)) => diff(old, new),
            _ => Some(new.clone()),
        };
        if let Some(change) = change {
            patch.insert(key.clone(), change);
        }
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};
    use serde_json::json;

    use super::*;

    /// The RFC's own pseudo code (section 2).
    fn apply(target: Value, patch: Value) -> Value {
        let Value::Object(patch) = patch else { return patch };
        let mut target = if let Value::Object(target) = target { target } else { Map::new() };
        for (name, value) in patch {
            if value.is_null() {
                target.remove(&name);
            } else {
                let old = target.remove(&name).unwrap_or(Value::Null);
                target.insert(name, apply(old, value));
            }
        }
        Value::Object(target)
    }

    fn random(rng: &mut SmallRng, depth: u32) -> Value {
        match rng.random_range(0..if depth == 0 { 4 } else { 7 }) {
            0 => Value::Null,
            1 => json!(rng.random_range(0..3)),
            2 => json!(["", "a", "b"][rng.random_range(0..3)]),
            3 => json!(rng.random_bool(0.5)),
            4 => (0..rng.random_range(0..3)).map(|_| random(rng, depth - 1)).collect(),
            _ => object(rng, depth - 1),
        }
    }

    fn object(rng: &mut SmallRng, depth: u32) -> Value {
        let fields = (0..rng.random_range(0..5)).map(|_| ["a", "b", "c", "d", "7"][rng.random_range(0..5)].to_owned());
        let fields: Vec<String> = fields.collect();
        Value::Object(fields.into_iter().map(|key| (key, random(rng, depth))).collect())
    }

    #[test]
    fn whoever_applies_the_difference_has_the_new_state() {
        for seed in 0..20_000 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let (from, to) = (without_nulls(object(&mut rng, 3)), without_nulls(object(&mut rng, 3)));
            let (Value::Object(a), Value::Object(b)) = (&from, &to) else { unreachable!() };
            let patched = match diff(a, b) {
                Some(patch) => apply(from.clone(), patch),
                None => from.clone(),
            };
            assert_eq!(patched, to, "seed {seed}: from {from}");
            assert_eq!(diff(a, b).is_none(), from == to, "seed {seed}");
        }
    }

    #[test]
    fn a_difference_is_no_larger_than_it_must_be() {
        let (from, to) = (json!({"a": {"b": 1, "c": [1]}, "d": 2}), json!({"a": {"b": 1, "c": [1, 2]}, "e": {}}));
        let (Value::Object(a), Value::Object(b)) = (&from, &to) else { unreachable!() };
        assert_eq!(diff(a, b), Some(json!({"a": {"c": [1, 2]}, "d": null, "e": {}})));
    }

    #[test]
    fn nulls_go_from_objects_and_stay_in_arrays() {
        let value = json!({"a": null, "b": {"c": null, "d": [null, {"e": null}]}});
        assert_eq!(without_nulls(value), json!({"b": {"d": [null, {"e": null}]}}));
    }
}
