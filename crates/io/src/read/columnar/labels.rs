//! Names of groups: the values of a column of texts, integers, numbers or booleans.

use super::kinds::{Kind, kind};
use super::values::{append, integers};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;
use std::collections::HashMap;
use std::fmt::Write;

/// Largest number of groups, and of bytes of a name.
const MAX_GROUPS: usize = 1 << 20;
const MAX_NAME: usize = 1 << 16;
/// Characters of a name in results.
const SHOWN: usize = 200;

/// The groups found so far.
#[derive(Default)]
pub(super) struct Labels {
    known: HashMap<String, usize>,
    /// The group of rows without a value.
    null: Option<usize>,
    /// Names in results.
    pub(super) names: Vec<String>,
}

impl Labels {
    /// Calls `work` with the group and the range of each run of equal values. Groups get numbers as they appear.
    ///
    /// Errors: the reason, and the row in the array.
    pub(super) fn runs(
        &mut self,
        array: &dyn Array,
        mut work: impl FnMut(usize, usize, usize) -> Result<(), (usize, String)>,
    ) -> Result<(), (usize, String)> {
        let texts = Texts::of(array)
            .ok_or_else(|| (0, format!("a column of {} does not name groups", array.data_type())))?;
        let (mut buffer, mut last) = (String::new(), String::new());
        let (mut group, mut start, mut last_null) = (None, 0, false);
        for at in 0..array.len() {
            let text = texts.get(at, &mut buffer);
            let same = group.is_some()
                && match text {
                    None => last_null,
                    Some(text) => !last_null && text == last,
                };
            if same {
                continue;
            }
            if let Some(group) = group {
                work(group, start, at)?;
            }
            group = Some(self.group(text).map_err(|reason| (at, reason))?);
            (start, last_null) = (at, text.is_none());
            last.clear();
            last.push_str(text.unwrap_or_default());
        }
        group.map_or(Ok(()), |group| work(group, start, array.len()))
    }

    fn group(&mut self, text: Option<&str>) -> Result<usize, String> {
        let next = self.names.len();
        let known = match text {
            None => self.null,
            Some(text) => self.known.get(text).copied(),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        if next == MAX_GROUPS {
            return Err(format!("more than {MAX_GROUPS} groups: use another column"));
        }
        match text {
            None => self.null = Some(next),
            Some(text) if text.len() > MAX_NAME => {
                return Err(format!(
                    "a group's name of {} bytes; at most {MAX_NAME} are supported",
                    text.len()
                ));
            }
            Some(text) => {
                self.known.insert(text.to_owned(), next);
            }
        }
        self.names.push(shown(text.unwrap_or("null")));
        Ok(next)
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns whether the values of a type name groups.
pub(super) fn is_name(data_type: &DataType) -> bool {
    matches!(kind(data_type), Kind::Text | Kind::Number)
}

/// An array whose values can be read as texts.
enum Texts<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    Integers(Vec<Option<i64>>),
    Unsigned(Vec<Option<u64>>),
    Flags(Vec<f64>),
    Numbers(Vec<f64>),
    Dictionary(Vec<f64>, Box<Texts<'a>>),
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array) -> Option<Self> {
        let numbers = |array: &dyn Array| {
            let mut values = Vec::new();
            append(array, 0, array.len(), &mut values).then_some(values)
        };
        match array.data_type() {
            data_type if !is_name(data_type) => None,
            DataType::Utf8 => array.as_string_opt::<i32>().map(Self::Small),
            DataType::LargeUtf8 => array.as_string_opt::<i64>().map(Self::Large),
            DataType::Utf8View => array.as_string_view_opt().map(Self::View),
            DataType::Boolean => numbers(array).map(Self::Flags),
            DataType::UInt64 => {
                array.as_primitive_opt::<UInt64Type>().map(|all| Self::Unsigned(all.iter().collect()))
            }
            DataType::Dictionary(..) => {
                let any = array.as_any_dictionary_opt()?;
                let values = Self::of(any.values().as_ref())?;
                Some(Self::Dictionary(numbers(any.keys())?, Box::new(values)))
            }
            _ => match integers(array) {
                Some(all) => Some(Self::Integers(all)),
                None => numbers(array).map(Self::Numbers),
            },
        }
    }

    fn get<'b>(&'b self, at: usize, buffer: &'b mut String) -> Option<&'b str> {
        buffer.clear();
        match self {
            Self::Small(all) => return all.is_valid(at).then(|| all.value(at)),
            Self::Large(all) => return all.is_valid(at).then(|| all.value(at)),
            Self::View(all) => return all.is_valid(at).then(|| all.value(at)),
            Self::Dictionary(keys, values) => {
                let key = keys[at];
                // A null key is NaN; others are indices.
                return if key.is_nan() || key as usize >= values.len() {
                    None
                } else {
                    values.get(key as usize, buffer)
                };
            }
            Self::Integers(all) => {
                let _ = write!(buffer, "{}", all[at]?);
            }
            Self::Unsigned(all) => {
                let _ = write!(buffer, "{}", all[at]?);
            }
            Self::Flags(all) if all[at].is_nan() => return None,
            Self::Flags(all) => {
                let _ = write!(buffer, "{}", all[at] == 1.0);
            }
            Self::Numbers(all) if all[at].is_nan() => return None,
            Self::Numbers(all) => {
                let _ = write!(buffer, "{}", all[at]);
            }
        }
        Some(buffer)
    }

    fn len(&self) -> usize {
        match self {
            Self::Small(all) => all.len(),
            Self::Large(all) => all.len(),
            Self::View(all) => all.len(),
            Self::Integers(all) => all.len(),
            Self::Unsigned(all) => all.len(),
            Self::Flags(all) | Self::Numbers(all) => all.len(),
            Self::Dictionary(keys, _) => keys.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int8Type;
    use arrow_array::{BooleanArray, DictionaryArray, Int32Array, ListArray};

    fn groups(array: &dyn Array) -> (Vec<(usize, usize, usize)>, Vec<String>) {
        let mut labels = Labels::default();
        let mut runs = Vec::new();
        let done = labels.runs(array, |group, from, to| {
            runs.push((group, from, to));
            Ok(())
        });
        done.unwrap();
        (runs, labels.names)
    }

    #[test]
    fn runs_of_equal_values_with_nulls() {
        let texts =
            StringArray::from(vec![Some("a"), Some("a"), None, None, Some("null"), Some("a"), Some("")]);
        let (runs, names) = groups(&texts);
        assert_eq!(runs, [(0, 0, 2), (1, 2, 4), (2, 4, 5), (0, 5, 6), (3, 6, 7)]);
        assert_eq!(names, ["a", "null", "null", ""]);
        let (runs, names) = groups(&Int32Array::from(vec![Some(7), Some(7), Some(-1), None]));
        assert_eq!((runs.len(), names), (3, vec!["7".into(), "-1".into(), "null".into()]));
        let (_, names) = groups(&BooleanArray::from(vec![true, false, true]));
        assert_eq!(names, ["true", "false"]);
        let dictionary: DictionaryArray<Int8Type> =
            vec![Some("x"), Some("y"), None, Some("x")].into_iter().collect();
        let (runs, names) = groups(&dictionary);
        assert_eq!((runs.len(), names), (4, vec!["x".into(), "y".into(), "null".into()]));
    }

    #[test]
    fn lists_do_not_name_groups() {
        let lists =
            ListArray::from_iter_primitive::<arrow_array::types::Float32Type, _, _>([Some([Some(1.0)])]);
        assert!(Labels::default().runs(&lists, |_, _, _| Ok(())).is_err());
    }
}
