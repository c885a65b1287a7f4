//! Named values: one table per type feeds parsing, display, error texts, help texts and tests.

use crate::error::{Error, Result};

/// One value of a type with its names.
#[derive(Debug, Clone, Copy)]
pub struct Name<T: 'static> {
    /// The value.
    pub value: T,
    /// The canonical name, written by [`Display`](std::fmt::Display).
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Description for help texts.
    pub about: &'static str,
}

/// A type whose values have names.
pub trait Named: Copy + PartialEq + 'static {
    /// Public name of the argument.
    const ARGUMENT: &'static str;
    /// The table of values.
    const NAMES: &'static [Name<Self>];

    /// Returns the value's name.
    #[must_use]
    fn name(self) -> &'static str;

    /// Returns the names of all values, in the order of the table.
    fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|entry| entry.name)
    }

    /// Returns the value of this name or alias, ignoring case.
    ///
    /// # Errors
    /// [`Error::Argument`] with the known names.
    fn from_name(text: &str) -> Result<Self> {
        let same = |name: &&'static str| name.eq_ignore_ascii_case(text.trim());
        let found = Self::NAMES.iter().find(|entry| same(&entry.name) || entry.aliases.iter().any(same));
        found.map(|entry| entry.value).ok_or_else(|| {
            let known: Vec<&str> = Self::names().collect();
            Error::argument(Self::ARGUMENT, format!("{text:?} is none of {}", known.join(", ")))
        })
    }
}

/// Implements [`Named`], `Display` and `FromStr` from one table. A variant that is missing in the table is a compile
/// error.
macro_rules! named {
    ($type:ident, $argument:literal, $($variant:ident = $name:literal $(| $alias:literal)*, $about:literal;)+) => {
        impl $crate::params::Named for $type {
            const ARGUMENT: &'static str = $argument;
            const NAMES: &'static [$crate::params::Name<Self>] = &[$($crate::params::Name {
                value: Self::$variant,
                name: $name,
                aliases: &[$($alias),*],
                about: $about,
            }),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::params::Named::name(*self))
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> $crate::error::Result<Self> {
                $crate::params::Named::from_name(text)
            }
        }
    };
}
pub(crate) use named;

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use super::*;
    use crate::params::{Average, Detrend, Preset, RowLayout, Scaling, Sides, Symmetry};

    fn text_and_back<T: Named + Debug + Display + FromStr<Err = Error>>() {
        for entry in T::NAMES {
            assert_eq!(entry.value.to_string(), entry.name);
            assert!(!entry.about.is_empty(), "{}", entry.name);
            for name in entry.aliases.iter().chain([&entry.name]) {
                assert_eq!(name.to_uppercase().parse::<T>(), Ok(entry.value), "{name}");
                let same =
                    T::NAMES.iter().filter(|other| other.name == *name || other.aliases.contains(name));
                assert_eq!(same.count(), 1, "{name} means one value");
            }
        }
        let message = "no such value".parse::<T>().unwrap_err().to_string();
        assert!(
            message.starts_with(T::ARGUMENT) && T::names().all(|name| message.contains(name)),
            "{message}"
        );
    }

    #[test]
    fn every_table_is_read_back() {
        text_and_back::<Average>();
        text_and_back::<Detrend>();
        text_and_back::<Preset>();
        text_and_back::<RowLayout>();
        text_and_back::<Scaling>();
        text_and_back::<Sides>();
        text_and_back::<Symmetry>();
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let message = "power".parse::<Scaling>().unwrap_err().to_string();
        assert_eq!(message, "scaling: \"power\" is none of density, spectrum, raw");
    }
}
