//! Windows as text: `hann`, `kaiser:14`.

use std::fmt;
use std::str::FromStr;

use super::{WINDOWS, Window};
use crate::error::{Error, Result};

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom(weights) = self {
            f.write_str("custom:")?;
            return weights.iter().enumerate().try_for_each(|(i, weight)| {
                if i > 0 { write!(f, ",{weight}") } else { write!(f, "{weight}") }
            });
        }
        match self.parts() {
            (name, Some(value)) => write!(f, "{name}:{value}"),
            (name, None) => f.write_str(name),
        }
    }
}

impl FromStr for Window {
    type Err = Error;

    /// The names and aliases of [`WINDOWS`]; case, `-` and `_` do not matter.
    fn from_str(text: &str) -> Result<Self> {
        let (name, given) = match text.split_once(':') {
            Some((name, given)) => (name, Some(given)),
            None => (text, None),
        };
        let wanted = plain(name);
        if let ("custom", Some(given)) = (wanted.as_str(), given) {
            let weight = |text: &str| text.trim().parse::<f64>();
            let weights: std::result::Result<Vec<f64>, _> = given.split(',').map(weight).collect();
            let weights =
                weights.map_err(|_| Error::argument("window", format!("{given:?} is no list of weights")))?;
            let window = Self::Custom(weights.into());
            window.validate()?;
            return Ok(window);
        }
        let matches = |name: &str| plain(name) == wanted;
        let entry = WINDOWS
            .iter()
            .find(|entry| matches(entry.name) || entry.aliases.iter().any(|name| matches(name)));
        let Some(entry) = entry else {
            let known = Self::usage();
            return Err(Error::argument("window", format!("unknown window {text:?}; known are {known}")));
        };
        let name = entry.name;
        let value = match (entry.parameter, given) {
            (None, None) => 0.0,
            (None, Some(given)) => {
                return Err(Error::argument("window", format!("{name} takes no parameter, got {given:?}")));
            }
            (Some(parameter), None) => parameter.default.ok_or_else(|| {
                Error::argument("window", format!("{name} needs its {}: write {name}:NUMBER", parameter.name))
            })?,
            (Some(parameter), Some(given)) => given.trim().parse().map_err(|_| {
                let reason = format!("the {} of {name} is not a number: {given:?}", parameter.name);
                Error::argument("window", reason)
            })?,
        };
        let window = entry.window(value);
        window.validate()?;
        Ok(window)
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::table::tests::all;

    #[test]
    fn display_is_read_back() {
        for window in all() {
            assert_eq!(window.to_string().parse::<Window>(), Ok(window));
        }
        let given = Window::Custom([0.1, 1.0, -2.5e-7].into());
        assert_eq!(given.to_string(), "custom:0.1,1,-0.00000025");
        assert_eq!(given.to_string().parse(), Ok(given));
        for entry in WINDOWS {
            for name in entry.aliases {
                let text = entry.parameter.map_or((*name).to_owned(), |_| format!("{name}:0.75"));
                assert_eq!(text.parse(), Ok(entry.window(0.75)), "{text}");
            }
        }
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
            ("custom:1,x", "no list of weights"),
            ("custom:1,inf", "finite"),
            ("custom", "known are rectangular"),
        ] {
            let message = text.parse::<Window>().unwrap_err().to_string();
            assert!(message.starts_with("window: ") && message.contains(part), "{message}");
        }
    }
}
