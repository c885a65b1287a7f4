//! Windows as text: `hann`, `kaiser:14`.

use std::fmt;
use std::str::FromStr;

use super::{Symmetry, Window};
use crate::error::{Error, Result};
use crate::scaling::{choose, label};

/// Tukey's alpha where none is given, as in SciPy.
const DEFAULT_TUKEY_ALPHA: f64 = 0.5;

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rectangular => f.write_str("rectangular"),
            Self::Hann => f.write_str("hann"),
            Self::Hamming => f.write_str("hamming"),
            Self::Blackman => f.write_str("blackman"),
            Self::BlackmanHarris => f.write_str("blackman-harris"),
            Self::FlatTop => f.write_str("flat-top"),
            Self::Kaiser { beta } => write!(f, "kaiser:{beta}"),
            Self::Tukey { alpha } => write!(f, "tukey:{alpha}"),
            Self::Gaussian { std } => write!(f, "gaussian:{std}"),
            Self::Povey => f.write_str("povey"),
        }
    }
}

impl FromStr for Window {
    type Err = Error;

    /// Case, `-` and `_` do not matter; SciPy's names and `hanning`, `rect`, `none` are known too.
    fn from_str(text: &str) -> Result<Self> {
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (text, None),
        };
        let plain: String =
            name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect();
        let number = |what: &str| -> Result<f64> {
            let given = parameter.ok_or_else(|| {
                Error::argument("window", format!("{plain} needs its {what}: write {plain}:NUMBER"))
            })?;
            given.trim().parse().map_err(|_| {
                Error::argument("window", format!("the {what} of {plain} is not a number: {given:?}"))
            })
        };
        let window = match plain.as_str() {
            "kaiser" => Self::Kaiser { beta: number("beta")? },
            "gaussian" => Self::Gaussian { std: number("std")? },
            "tukey" if parameter.is_none() => Self::Tukey { alpha: DEFAULT_TUKEY_ALPHA },
            "tukey" => Self::Tukey { alpha: number("alpha")? },
            other => {
                let window = without_parameter(other).ok_or_else(|| unknown(text))?;
                if let Some(parameter) = parameter {
                    let reason = format!("{window} takes no parameter, got {parameter:?}");
                    return Err(Error::argument("window", reason));
                }
                window
            }
        };
        window.check()?;
        Ok(window)
    }
}

fn without_parameter(plain: &str) -> Option<Window> {
    Some(match plain {
        "rectangular" | "boxcar" | "rect" | "ones" | "none" => Window::Rectangular,
        "hann" | "hanning" => Window::Hann,
        "hamming" => Window::Hamming,
        "blackman" => Window::Blackman,
        "blackmanharris" => Window::BlackmanHarris,
        "flattop" => Window::FlatTop,
        "povey" => Window::Povey,
        _ => return None,
    })
}

fn unknown(text: &str) -> Error {
    let known = "rectangular, hann, hamming, blackman, blackman-harris, flat-top, kaiser:BETA, tukey:ALPHA, \
                 gaussian:STD, povey";
    Error::argument("window", format!("unknown window {text:?}; known are {known}"))
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl TryFrom<String> for Window {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

const SYMMETRIES: [(&str, Symmetry); 2] =
    [("periodic", Symmetry::Periodic), ("symmetric", Symmetry::Symmetric)];

impl fmt::Display for Symmetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(label(&SYMMETRIES, *self))
    }
}

impl FromStr for Symmetry {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        choose("symmetry", &SYMMETRIES, text)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every window once.
    pub(in crate::window) fn all() -> [Window; 10] {
        [
            Window::Rectangular,
            Window::Hann,
            Window::Hamming,
            Window::Blackman,
            Window::BlackmanHarris,
            Window::FlatTop,
            Window::Kaiser { beta: 14.0 },
            Window::Tukey { alpha: 0.3 },
            Window::Gaussian { std: 9.5 },
            Window::Povey,
        ]
    }

    #[test]
    fn display_is_read_back() {
        for window in all() {
            assert_eq!(window.to_string().parse::<Window>(), Ok(window));
        }
    }

    #[test]
    fn symmetry_is_read_back() {
        for (name, symmetry) in SYMMETRIES {
            assert_eq!((name.parse(), symmetry.to_string().as_str()), (Ok(symmetry), name));
        }
        assert!("even".parse::<Symmetry>().is_err());
    }

    #[test]
    fn other_spellings() {
        for (text, window) in [
            ("boxcar", Window::Rectangular),
            ("Hanning", Window::Hann),
            ("BlackmanHarris", Window::BlackmanHarris),
            ("flat_top", Window::FlatTop),
            ("tukey", Window::Tukey { alpha: 0.5 }),
            ("Kaiser: 8.5", Window::Kaiser { beta: 8.5 }),
        ] {
            assert_eq!(text.parse::<Window>(), Ok(window), "{text}");
        }
    }

    #[test]
    fn refusals_say_what_to_write() {
        for (text, part) in [
            ("hamm", "known are rectangular"),
            ("", "known are rectangular"),
            ("kaiser", "kaiser:NUMBER"),
            ("kaiser:x", "\"x\""),
            ("kaiser:NaN", "NaN"),
            ("hann:3", "no parameter"),
            ("tukey:2", "from 0 to 1"),
        ] {
            let message = text.parse::<Window>().unwrap_err().to_string();
            assert!(message.starts_with("window: ") && message.contains(part), "{message}");
        }
    }
}
