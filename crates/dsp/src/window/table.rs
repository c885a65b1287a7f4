//! The table of windows: names, parameters, SciPy's names.

use super::Window;

/// A window that has a name.
#[derive(Debug, Clone, Copy)]
pub struct WindowEntry {
    /// The canonical name, written by `Display`.
    pub name: &'static str,
    /// Other accepted names; case, `-` and `_` are ignored.
    pub aliases: &'static [&'static str],
    /// The parameter after the colon.
    pub parameter: Option<WindowParameter>,
    /// Name in `scipy.signal.windows`.
    pub scipy: Option<&'static str>,
    /// Description.
    pub about: &'static str,
    make: fn(f64) -> Window,
}

/// The parameter of a window.
#[derive(Debug, Clone, Copy)]
pub struct WindowParameter {
    /// Its name.
    pub name: &'static str,
    /// Default value; without one the parameter is required.
    pub default: Option<f64>,
}

impl WindowEntry {
    /// Returns the window with this parameter, which windows without a parameter ignore.
    #[must_use]
    pub fn window(&self, parameter: f64) -> Window {
        (self.make)(parameter)
    }

    /// Returns its notation: `hann`, `kaiser:BETA`.
    #[must_use]
    pub fn usage(&self) -> String {
        match self.parameter {
            Some(parameter) => format!("{}:{}", self.name, parameter.name.to_uppercase()),
            None => self.name.to_owned(),
        }
    }
}

/// [`WINDOWS`], and the lookup of a window's entry: a window that is missing in the table is a compile error.
macro_rules! windows {
    (@parameter) => { None };
    (@parameter $field:ident $default:expr) => {
        Some(WindowParameter { name: stringify!($field), default: $default })
    };
    (@value) => { None };
    (@value $field:ident) => { Some(*$field) };
    ($($variant:ident $({ $field:ident: $default:expr })? = $name:literal $(| $alias:literal)*, $scipy:expr, $about:literal;)+) => {
        /// Every window that has a name.
        pub const WINDOWS: &[WindowEntry] = &[$(WindowEntry {
            name: $name,
            aliases: &[$($alias),*],
            parameter: windows!(@parameter $($field $default)?),
            scipy: $scipy,
            about: $about,
            make: |_parameter| Window::$variant $({ $field: _parameter })?,
        }),+];

        impl Window {
            /// Returns the name and parameter.
            pub(super) fn parts(&self) -> (&'static str, Option<f64>) {
                match self {
                    $(Self::$variant $({ $field })? => ($name, windows!(@value $($field)?)),)+
                    Self::Custom(_) => ("custom", None),
                }
            }
        }
    };
}

windows! {
    Rectangular = "rectangular" | "boxcar" | "rect" | "ones" | "none", Some("boxcar"), "no window";
    Hann = "hann" | "hanning", Some("hann"), "the usual choice for spectra";
    Hamming = "hamming", Some("hamming"), "lower first side lobe than Hann";
    Blackman = "blackman", Some("blackman"), "side lobes below -58 dB";
    BlackmanHarris = "blackman-harris", Some("blackmanharris"), "side lobes below -92 dB";
    FlatTop = "flat-top", Some("flattop"), "exact heights of tones between bins";
    Kaiser { beta: None } = "kaiser", Some("kaiser"), "side lobes by choice of beta";
    Tukey { alpha: Some(0.5) } = "tukey", Some("tukey"), "flat in the middle";
    Gaussian { std: None } = "gaussian", Some("gaussian"), "no side lobes";
    Povey = "povey", None, "Kaldi's window";
}

impl Window {
    /// Returns the notation of every window, for help texts and errors: `hann, …, kaiser:BETA, …`.
    #[must_use]
    pub fn usage() -> String {
        WINDOWS.iter().map(WindowEntry::usage).collect::<Vec<_>>().join(", ")
    }

    /// Returns the table's entry; `None` for given weights.
    #[must_use]
    pub fn entry(&self) -> Option<&'static WindowEntry> {
        let (name, _) = self.parts();
        WINDOWS.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every window of the table, with a parameter that is valid for all of them.
    pub(in crate::window) fn all() -> impl Iterator<Item = Window> {
        WINDOWS.iter().map(|entry| entry.window(0.75))
    }

    #[test]
    fn every_window_finds_its_entry() {
        for entry in WINDOWS {
            let window = entry.window(0.75);
            let (name, value) = window.parts();
            assert_eq!((name, value.is_some()), (entry.name, entry.parameter.is_some()));
            assert_eq!(window.entry().map(|found| found.name), Some(entry.name));
            assert!(Window::usage().contains(&entry.usage()) && !entry.about.is_empty());
        }
    }
}
